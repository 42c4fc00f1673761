// Coming in, and everything under /account: with scripts off and on.

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { Agent } from "./agent.mjs";
import { look as lookAt } from "./look.mjs";
import {
  after,
  approve,
  ask,
  begin,
  beginAsking,
  fillSignIn,
  launchBrowser,
  newPage,
  openAs,
  PASSWORD,
  PERSON,
  Site,
  submit,
  text,
} from "./support.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

const path = (page) => new URL(page.url()).pathname;
const press = (page, name) => submit(page, page.getByRole("button", { name, exact: true }));
const follow = (page, name) => submit(page, page.getByRole("link", { name, exact: true }).first());
const items = (page) => page.locator("main li").filter({ has: page.getByRole("button", { name: "Disconnect" }) });

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name) => lookAt(page, name, { scripts });

  // contracts/operator.md, "With no configuration at all": the printed link makes the first account, once.
  test(`the printed link makes the first account, once, ${mode}`, async (t) => {
    const site = await Site.open(t);
    const link = await site.firstAccountLink();
    const page = await newPage(t, browser, site.origin, { scripts });
    await page.goto(link);
    await look(page, "first-account");
    await page.locator('[name="name"]').fill("Ada Example");
    await fillSignIn(page, PERSON);
    await press(page, "Create account");
    assert.equal(path(page), "/account/sessions");
    await look(page, "sessions-empty");
    assert.equal((await page.goto(link)).status(), 410);
    await look(page, "link-used");
    await press(page, "Sign out");
    assert.equal(path(page), "/sign-in");
    await openAs(page, "/account/sessions", PERSON);
    assert.equal(path(page), "/account/sessions");
  });

  test(`an invited person chooses a password, ${mode}`, async (t) => {
    const site = await Site.open(t);
    const link = await site.invite(PERSON);
    const page = await newPage(t, browser, site.origin, { scripts });
    await page.goto(link);
    assert.match(await page.locator('[autocomplete="username"]').inputValue(), new RegExp(PERSON));
    await look(page, "set-password");
    await page.locator('[name="password"]').fill("short");
    assert.equal((await press(page, "Save password")).status(), 422);
    await look(page, "set-password-refused");
    await page.locator('[name="password"]').fill(PASSWORD);
    await press(page, "Save password");
    assert.equal(path(page), "/account/sessions");
  });

  // WCAG 3.3.1, 3.3.3, 3.3.7: what is wrong stands at its field, and nothing is typed twice.
  test(`a stranger signs up, is told what is wrong, and goes on where they wanted to, ${mode}`, async (t) => {
    const { page, agent } = await begin(t, browser, { scripts });
    await agent.register({ type: "anonymous", requested_scopes: ["demo:read"] });
    await page.goto("/");
    await look(page, "home");
    await agent.startClaim("grace@example.com");
    await page.goto(agent.link);
    await follow(page, "Create an account");
    await look(page, "sign-up");
    await page.locator('[name="name"]').fill("Grace Example");
    await page.locator('[name="email"]').fill("grace@example.com");
    await page.locator('[name="password"]').fill("short");
    assert.equal((await press(page, "Create account")).status(), 422);
    const box = page.locator('[name="password"]');
    assert.equal(await box.getAttribute("aria-invalid"), "true");
    const described = (await box.getAttribute("aria-describedby")).trim().split(/\s+/);
    for (const id of described) assert.equal(await page.locator(`#${id}`).count(), 1, id);
    assert.equal(await page.locator('[name="email"]').inputValue(), "grace@example.com");
    await look(page, "sign-up-refused");
    await page.locator('[name="password"]').fill(PASSWORD);
    await press(page, "Create account");
    assert.equal(page.url().split("?")[0], agent.link, "back at the request");
  });

  test(`a wrong password is one sentence that keeps the address, ${mode}`, async (t) => {
    const { page } = await begin(t, browser, { scripts });
    await page.goto("/sign-in");
    for (const [email, password] of [[PERSON, "not the password"], ["nobody@example.com", PASSWORD]]) {
      await page.locator('[name="email"]').fill(email);
      await page.locator('[name="password"]').fill(password);
      assert.equal((await press(page, "Sign in")).status(), 401);
      assert.match(await page.getByRole("alert").innerText(), /do not match/);
      assert.equal(await page.locator('[name="email"]').inputValue(), email);
      assert.equal(await page.locator('[name="password"]').inputValue(), "", "never the password");
    }
    await look(page, "sign-in-refused");
  });

  test(`sessions are listed, renamed, read and disconnected one by one, ${mode}`, async (t) => {
    const { site, page, agent } = await beginAsking(t, browser, { scripts });
    await approve(page, agent);
    await press(page, "Rename");
    const token = (await agent.collect()).body.access_token;
    await after(1_000);
    const second = await Agent.discover(site.origin, "Release bot");
    await ask(second, ["demo:read"]);
    await approve(page, second, ["demo:read"]);
    const kept = (await second.collect()).body.access_token;
    assert.equal((await agent.readNotes(token)).status, 200);

    await page.goto("/account/sessions");
    assert.equal(await items(page).count(), 2);
    assert.match(await items(page).first().innerText(), /Release bot/, "newest first");
    await follow(page, agent.name);
    await page.locator('[name="label"]').fill("Notes on my laptop");
    await press(page, "Rename");
    assert.match(await page.locator("h1").innerText(), /Notes on my laptop/);
    assert.match(await page.getByRole("status").first().innerText(), /Renamed/);
    for (const line of ["You approved", "picked up its session", "You renamed"]) {
      assert.match(await page.locator("table").innerText(), new RegExp(line));
    }
    await look(page, "session");
    const address = page.url();

    await page.goto("/account/sessions");
    await look(page, "sessions-two");
    const item = items(page).filter({ hasText: "Notes on my laptop" });
    await submit(page, item.getByRole("button", { name: "Disconnect" }));
    assert.equal(await items(page).count(), 1);
    await look(page, "sessions-disconnected");
    assert.equal((await agent.readNotes(token)).status, 401, "dead on the next request");
    assert.equal((await second.readNotes(kept)).status, 200, "the other one lives");

    await page.goto(address);
    assert.match(await text(page), /has ended[^]*You disconnected/);
    assert.equal(await page.getByRole("button", { name: "Disconnect" }).count(), 0);
    await look(page, "session-ended");
  });

  // contracts/pages.md, "errors": a status that says so, a sentence, a way on.
  test(`what is not there, not allowed or too much says so in words and leads on, ${mode}`, async (t) => {
    const { page } = await begin(t, browser, { scripts });
    const assertError = async (response, status) => {
      assert.equal(response.status(), status);
      assert.match(response.headers()["content-type"], /text\/html/);
      assert.equal(await page.locator("h1").count(), 1);
      assert.ok((await page.locator("main a").count()) > 0, `${status} leads on`);
    };
    await assertError(await page.goto("/nothing-here"), 404);
    await look(page, "not-found");
    await assertError(await page.goto("/sign-out"), 405);
    await assertError(await page.goto("/welcome/otl_000000000000000000000000000000000000000"), 410);
    await openAs(page, "/account/sessions", PERSON);
    await assertError(await page.goto("/approve/apr_unknown"), 404);
    await assertError(await page.goto("/account/sessions/ses_unknown"), 404);
    await page.goto("/");
    await look(page, "home-signed-in");
  });

  test(`too many wrong passwords are paused, and the page says how long, ${mode}`, async (t) => {
    const { page } = await begin(t, browser, { scripts });
    await page.goto("/sign-in");
    let response;
    for (let tries = 0; tries < 11; tries += 1) {
      await page.locator('[name="email"]').fill(PERSON);
      await page.locator('[name="password"]').fill("not the password");
      response = await press(page, "Sign in");
    }
    assert.equal(response.status(), 429);
    assert.ok(Number(response.headers()["retry-after"]) > 0);
    assert.match(await page.getByRole("alert").innerText(), /Too many/);
    await look(page, "sign-in-paused");
  });
}

// Promise P5: a form that another account was shown does not count for this one.
test("a page left open by one account does nothing for the next", async (t) => {
  const { site, page, agent } = await beginAsking(t, browser);
  await site.addPerson("grace@example.com");
  await approve(page, agent);
  await page.goto("/account/sessions");
  const second = await page.context().newPage();
  await second.goto("/account/sessions");
  await press(second, "Sign out");
  await openAs(second, "/account/sessions", "grace@example.com");
  assert.equal(await items(second).count(), 0, "nobody sees another's sessions");
  assert.equal((await press(page, "Disconnect")).status(), 403);
  assert.equal((await agent.collect()).status, 200, "the session lives on");
});
