// What a person can answer, and what nobody can answer for them (contracts/pages.md 9, 11, 16 to 18, 20, 22).

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after as afterAll, before, test } from "node:test";
import { Agent } from "./agent.mjs";
import { look as lookAt } from "./look.mjs";
import {
  after,
  approve,
  ask,
  begin,
  beginAsking,
  BOTH,
  decide,
  launchBrowser,
  newPage,
  openAs,
  PERSON,
  submit,
  text,
  tick,
} from "./support.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

const press = (page, name) => submit(page, page.getByRole("button", { name, exact: true }));
const answers = (page) => page.locator('button[name="decision"]').count();

async function assertUndecided(page, agent) {
  assert.equal((await agent.poll()).body.error, "authorization_pending");
  await page.goto(agent.link);
  assert.equal(await answers(page), 3, "the question still stands");
}

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name) => lookAt(page, name, { scripts });

  // contracts/pages.md 17: the agent reads the reason, the note and the set that would be accepted.
  test(`a denial says why, and what would be accepted, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t, browser, { scripts });
    await openAs(page, agent.link, PERSON);
    await tick(page, ["demo:read"]);
    await page.getByText("Tell the agent why you deny").click();
    await page.getByRole("radio", { name: /too much/ }).check();
    await page.locator('[name="note"]').fill("Reading is enough");
    await decide(page, "deny");
    assert.match(await text(page), /too much[^]*Reading is enough/);
    await look(page, "denied-with-reason");
    const told = (await agent.poll()).body;
    assert.equal(told.error, "access_denied");
    assert.equal(told.denial_reason, "too_much");
    assert.equal(told.acceptable_scope, "demo:read");
  });

  // contracts/pages.md 9: "No" denies and offers to report.
  test(`"No, I did not" denies and offers to report, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t, browser, { scripts });
    await openAs(page, agent.link, PERSON);
    await press(page, "No, I did not");
    assert.match(await text(page), /Denied[^]*I did not start this/);
    await look(page, "denied-not-me");
    assert.equal((await agent.poll()).body.denial_reason, "not_me");
    assert.equal((await press(page, "Report")).status(), 200);
    assert.match(await text(page), /Reported/);
    assert.equal(await answers(page), 0, "nothing is left to decide");
    assert.ok((await agent.poll()).status >= 400);
  });

  // contracts/pages.md 18.
  test(`a report freezes the request and ends what the same place holds, ${mode}`, async (t) => {
    const { site, page, agent } = await beginAsking(t, browser, { scripts });
    await approve(page, agent);
    const token = (await agent.collect()).body.access_token;
    const second = await Agent.discover(site.origin, "Stranger");
    await ask(second);
    await openAs(page, second.link, PERSON);
    await page.locator('[name="end_sessions"]').check();
    await decide(page, "report");
    await look(page, "reported");
    assert.equal((await agent.readNotes(token)).status, 401, "its session from the same address has ended");
    assert.ok((await second.poll()).status >= 400);
    await page.goto(second.link);
    assert.match(await text(page), /Reported/);
  });

  // contracts/pages.md 11.
  test(`"Read only" unticks what goes beyond reading, keeps the code, and decides nothing, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t, browser, { scripts });
    await openAs(page, agent.link, PERSON);
    const box = (scope) => page.locator(`input[type="checkbox"][value="${scope}"]`);
    assert.equal(await box("demo:write").isChecked(), false, "optional ones beyond reading start off");
    await tick(page, BOTH);
    await page.locator('[name="user_code"]').fill(agent.code);
    await press(page, "Read only");
    assert.equal(await box("demo:write").isChecked(), false);
    assert.equal(await box("demo:read").isChecked(), true);
    assert.equal(await page.locator('[name="user_code"]').inputValue(), agent.code, "nothing is typed twice");
    await look(page, "nothing-decided");
    assert.equal((await agent.poll()).body.error, "authorization_pending");
    await submit(page, page.locator('button[value="approve"]'));
    assert.equal((await agent.collect()).body.scope, "demo:read");
  });

  test(`approving nothing is said at the boxes and keeps the request, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t, browser, { scripts });
    await openAs(page, agent.link, PERSON);
    const response = await decide(page, "approve", { code: agent.code, scopes: [] });
    assert.equal(response.status(), 422);
    assert.match(await page.getByRole("alert").innerText(), /Tick at least one/);
    await look(page, "nothing-ticked");
    await assertUndecided(page, agent);
  });

  // contracts/pages.md 14: the end that was chosen is the end on the receipt and of the session.
  test(`the person chooses how long, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t, browser, { scripts });
    await openAs(page, agent.link, PERSON);
    await page.locator('[name="lifetime"][value="custom"]').check();
    await page.locator('[name="custom_days"]').fill("3");
    await decide(page, "approve", { code: agent.code, scopes: BOTH });
    const ends = await page.locator("dt", { hasText: "Ends" }).locator("xpath=..").locator("time").getAttribute("datetime");
    const days = (Date.parse(ends) - Date.now()) / 86_400_000;
    assert.ok(days > 2.9 && days <= 3, ends);
    assert.match(await text(page), /in (2|3) days/);
  });

  // contracts/pages.md 20: one decision, one session, however often it is sent.
  test(`pressing Approve twice opens one session, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t, browser, { scripts });
    await openAs(page, agent.link, PERSON);
    await page.locator('[name="user_code"]').fill(agent.code);
    await tick(page, BOTH);
    const loaded = page.waitForEvent("load");
    await page.locator('button[value="approve"]').dblclick({ noWaitAfter: true });
    await loaded;
    await page.waitForLoadState("networkidle");
    assert.match(await text(page), /approved/i);
    assert.equal((await agent.collect()).status, 200);
    await page.goto("/account/sessions");
    assert.equal(await page.getByRole("button", { name: "Disconnect" }).count(), 1);
  });

  test(`a second window shows the decision that the first one took, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t, browser, { scripts });
    await openAs(page, agent.link, PERSON);
    const second = await page.context().newPage();
    await second.goto(agent.link);
    await decide(page, "deny");
    const late = await decide(second, "approve", { code: agent.code, scopes: BOTH });
    assert.equal(late.status(), 409);
    assert.match(await text(second), /denied/i);
    assert.equal((await agent.poll()).body.error, "access_denied");
  });
}

/** The fields of the approval form as the page has them, ready to approve. */
async function fields(page, agent) {
  const csrf = await page.locator('form.ask [name="csrf"]').getAttribute("value");
  return { csrf, decision: "approve", user_code: agent.code, scope: "demo:read", lifetime: "1h" };
}

// Promise P5, RFC 9700 section 4.7: a form counts only from the browser it was shown to.
test("a form from nowhere, with another's token or from another browser changes nothing", async (t) => {
  const { site, page, agent } = await beginAsking(t, browser);
  await openAs(page, agent.link, PERSON);
  const form = await fields(page, agent);
  const other = await newPage(t, browser, site.origin);
  const stranger = await other.request.post(agent.link, { form, maxRedirects: 0 });
  assert.equal(stranger.status(), 403, "no cookie");
  await openAs(other, agent.link, PERSON);
  const elsewhere = await other.request.post(agent.link, { form, maxRedirects: 0 });
  assert.equal(elsewhere.status(), 403, "the same person in another browser");
  const { csrf, ...without } = form;
  assert.equal((await page.request.post(agent.link, { form: without, maxRedirects: 0 })).status(), 403, "no token");
  const headers = { origin: "https://evil.example" };
  const foreign = await page.request.post(agent.link, { form, headers, maxRedirects: 0 });
  assert.equal(foreign.status(), 403, "another origin");
  await assertUndecided(page, agent);
  const own = await page.request.post(agent.link, { form: await fields(page, agent), maxRedirects: 0 });
  assert.equal(own.status(), 303, "the very same form from the right browser decides");
});

// The same in a browser that is lured: the attacker's page is on another site and sends the form by itself.
test("a page of another site cannot answer for the person", async (t) => {
  const { page, agent } = await beginAsking(t, browser);
  await openAs(page, agent.link, PERSON);
  const form = await fields(page, agent);
  const inputs = Object.entries(form).map(([name, value]) => `<input name="${name}" value="${value}">`);
  const html = `<form method="post" action="${agent.link}">${inputs.join("")}<button>Win a prize</button></form>`;
  const evil = createServer((_, response) => response.setHeader("content-type", "text/html").end(html));
  await new Promise((listening) => evil.listen(0, "127.0.0.1", listening));
  t.after(() => evil.close());
  const lured = await page.context().newPage();
  await lured.goto(`http://localhost:${evil.address().port}/`);
  assert.equal((await submit(lured, lured.locator("button"))).status(), 403);
  assert.match(await text(lured), /not allowed/i);
  await lookAt(lured, "forbidden");
  await assertUndecided(page, agent);
});

// contracts/pages.md 20: link scanners and previews read, and reading decides nothing.
test("reading the page, by whatever method, decides nothing", async (t) => {
  const { page, agent } = await beginAsking(t, browser);
  await openAs(page, agent.link, PERSON);
  const query = new URLSearchParams(await fields(page, agent));
  await page.goto(`${agent.link}?${query}`);
  await page.request.head(agent.link);
  await assertUndecided(page, agent);
});

// contracts/pages.md 22: the right person can take over without asking the agent again.
test("whoever is refused can switch accounts and lands on the same request", async (t) => {
  const { site, page, agent } = await beginAsking(t, browser);
  await site.addPerson("grace@example.com");
  await openAs(page, agent.link, "grace@example.com");
  await press(page, "Sign out and use another account");
  await openAs(page, page.url(), PERSON);
  assert.equal(page.url(), agent.link);
  assert.equal(await answers(page), 3);
});

// contracts/pages.md 21 and 26: what has run out says so, on the open page too.
test("a request that nobody answers expires before the person's eyes", async (t) => {
  const settings = { COUNTERSIGN_AGENTS__ATTEMPT_TTL: "4s" };
  const { page, agent } = await beginAsking(t, browser, { settings });
  await openAs(page, agent.link, PERSON);
  await page.getByRole("status").filter({ hasText: "Expired" }).waitFor();
  await after(1_000);
  const late = await decide(page, "approve", { code: agent.code, scopes: BOTH });
  assert.equal(late.status(), 410);
  assert.match(await text(page), /expired/i);
  await lookAt(page, "expired");
});

test("an older link leads to the newer one's agent, and says so", async (t) => {
  const { page, agent } = await begin(t, browser);
  await agent.register({ type: "anonymous", requested_scopes: BOTH });
  await agent.startClaim(PERSON);
  const older = agent.link;
  await agent.startClaim(PERSON);
  const response = await openAs(page, older, PERSON);
  assert.equal(response.status(), 410);
  assert.match(await text(page), /newer link/i);
  await lookAt(page, "superseded");
});
