// The whole journey of contracts/auth-md.md in a real browser, with scripts off and on.

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import {
  begin as beginWith,
  beginAsking as beginAskingWith,
  BOTH,
  decide,
  fillSignIn,
  launchBrowser,
  newPage,
  openAs,
  PERSON,
  submit,
  text,
  tick,
  wrongCode,
} from "./support.mjs";
import { look as lookAt } from "./look.mjs";

const STRANGER = "grace@example.com";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

async function disconnect(page, agent, look) {
  await page.goto("/account/sessions");
  await look(page, "sessions");
  const item = page.locator("li").filter({ hasText: agent.name });
  assert.equal(await item.count(), 1, "one item for the one session");
  await submit(page, item.getByRole("button", { name: "Disconnect" }));
}

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const begin = (t) => beginWith(t, browser, { scripts });
  const beginAsking = (t) => beginAskingWith(t, browser, { scripts });
  const look = (page, name) => lookAt(page, name, { scripts });

  // contracts/auth-md.md 2.2, 2.3, 2.6: anonymous first, claimed later, the code typed on the page.
  test(`an anonymous agent is claimed by a typed code and disconnected, ${mode}`, async (t) => {
    const { page, agent } = await begin(t);
    await agent.register({ type: "anonymous", requested_scopes: BOTH });

    const early = (await agent.exchange(agent.assertion)).body.access_token;
    assert.equal((await agent.readNotes(early)).status, 200, "demo:read needs no human");
    const refused = await agent.addNote(early, "too early");
    assert.equal(refused.status, 403);
    assert.match(refused.headers.get("www-authenticate"), /error="insufficient_scope"/);

    await agent.startClaim(PERSON);
    assert.match(agent.code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    assert.equal((await agent.poll()).body.error, "authorization_pending");

    await page.goto(agent.link);
    assert.equal(new URL(page.url()).pathname, "/sign-in");
    await look(page, "sign-in");
    await fillSignIn(page, PERSON);
    await submit(page, page.locator('form:has([name="password"]) [type="submit"]').first());
    assert.match(new URL(page.url()).pathname, /^\/approve\/[^/]+$/);
    assert.ok(!(await page.content()).includes(agent.code), "the page does not know the code it asks for");
    assert.match(await text(page), new RegExp(agent.name));
    await look(page, "approval");

    // Read back without regard to case and separators (design, decision 2).
    await decide(page, "approve", { code: agent.code.toLowerCase().replace("-", " "), scopes: BOTH });
    await look(page, "receipt");

    const collected = await agent.collect();
    assert.equal(collected.status, 200, JSON.stringify(collected.body));
    const token = collected.body.access_token;
    assert.match(token, /^aas_[0-9A-Za-z]{38}$/);
    assert.equal(collected.body.scope.split(" ").sort().join(" "), BOTH.join(" "));

    assert.equal((await agent.readNotes(token)).status, 200);
    assert.equal((await agent.addNote(token, "written by an agent")).status, 201);
    assert.equal((await agent.readNotes(early)).status, 401, "a claim ends what was issued before it");

    const seen = (await agent.introspect(token)).body;
    assert.equal(seen.active, true);
    assert.equal(seen.aud, agent.resource.resource);
    for (const member of ["sub", "session_id", "agent", "approved_at"]) assert.ok(seen[member], member);

    await disconnect(page, agent, look);
    assert.equal((await agent.readNotes(token)).status, 401);
    assert.deepEqual((await agent.introspect(token)).body, { active: false });
  });

  // contracts/auth-md.md 2.4 and contracts/pages.md 25: the code goes from the human to the agent.
  test(`an agent that shows no code is approved by a relayed one, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t);
    assert.equal((await agent.complete("BCDF-GHJK")).body.error, "claim_not_confirmed");

    await openAs(page, agent.link, PERSON);
    const noCode = page.getByText("My agent shows no code");
    await submit(page, noCode);
    await look(page, "approval-relayed");
    await decide(page, "approve", { scopes: ["demo:read"] });
    await look(page, "relayed-code");
    const code = (await page.locator("output").first().innerText()).trim();
    assert.match(code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    assert.notEqual(code, agent.code, "two codes, one for each direction");

    const wrong = await agent.complete(wrongCode(code));
    assert.equal(wrong.status, 401);
    assert.equal(wrong.body.error, "invalid_user_code");
    const completed = await agent.complete(code);
    assert.equal(completed.status, 200, JSON.stringify(completed.body));
    const issued = await agent.exchange(completed.body.identity.assertion);
    assert.equal(issued.status, 200, JSON.stringify(issued.body));
    assert.equal(issued.body.scope, "demo:read", "what was not ticked was not granted");
    const token = issued.body.access_token;
    assert.equal((await agent.readNotes(token)).status, 200);
    assert.equal((await agent.addNote(token, "not allowed")).status, 403);

    await disconnect(page, agent, look);
    assert.equal((await agent.readNotes(token)).status, 401);
  });

  // contracts/pages.md 16 and 20.
  test(`a denial reaches the agent and stays when the page is loaded again, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t);
    await openAs(page, agent.link, PERSON);
    await decide(page, "deny");
    await look(page, "denied");
    assert.match(await text(page), /denied/i);

    const loaded = await page.goto(agent.link);
    assert.ok(loaded.status() < 500);
    assert.match(await text(page), /denied/i);
    assert.equal(await page.locator('button[name="decision"]').count(), 0, "nothing is left to decide");
    assert.equal((await agent.poll()).body.error, "access_denied");
  });

  // contracts/pages.md 20: reloading after the decision shows the decision, not an error and not the question.
  test(`an approval stays an approval when the page is loaded again, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t);
    await openAs(page, agent.link, PERSON);
    await decide(page, "approve", { code: agent.code, scopes: BOTH });
    const address = page.url();
    for (const again of [address, agent.link]) {
      assert.equal((await page.goto(again)).status(), 200);
      assert.match(await text(page), /approved/i);
      assert.equal(await page.locator('button[name="decision"]').count(), 0, "nothing is left to decide");
    }
    assert.equal((await agent.poll()).status, 200);
  });

  // contracts/pages.md 21.
  test(`five wrong codes end the request for both sides, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t);
    await openAs(page, agent.link, PERSON);
    for (let tries = 1; tries <= 5; tries += 1) {
      await decide(page, "approve", { code: wrongCode(agent.code), scopes: BOTH });
      if (tries > 1) continue;
      await look(page, "wrong-code");
      const box = page.locator('[name="user_code"]');
      assert.equal(await box.getAttribute("aria-invalid"), "true");
      assert.ok(await box.getAttribute("aria-describedby"), "the error is tied to the field (WCAG 3.3.1)");
    }
    await look(page, "too-many-tries");
    assert.equal(await page.locator('[name="user_code"]').count(), 0, "there is no sixth try");
    await page.goto(agent.link);
    assert.equal(await page.locator('[name="user_code"]').count(), 0, "nor by loading the page again");
    const told = await agent.poll();
    assert.equal(told.status, 400);
    assert.ok(["access_denied", "expired_token"].includes(told.body.error), told.body.error);
  });

  // contracts/pages.md 22: refused before anything is shown, and the request lives on.
  test(`another account sees nothing of the request, ${mode}`, async (t) => {
    const { site, page, agent } = await beginAsking(t);
    await site.addPerson(STRANGER);
    const other = await newPage(t, browser, site.origin, { scripts });
    await openAs(other, agent.link, STRANGER);
    assert.equal((await other.goto(agent.link)).status(), 403);
    await look(other, "wrong-account");
    const shown = await other.content();
    for (const detail of [agent.name, PERSON, agent.code, "Keep your notes", "demo:write"]) {
      assert.ok(!shown.includes(detail), `the page gives away ${detail}`);
    }
    await openAs(page, agent.link, PERSON);
    await decide(page, "approve", { code: agent.code, scopes: BOTH });
    assert.equal((await agent.poll()).status, 200);
  });

  // contracts/pages.md 16.
  test(`Enter in the code box never approves, ${mode}`, async (t) => {
    const { page, agent } = await beginAsking(t);
    await openAs(page, agent.link, PERSON);
    await tick(page, BOTH);
    const box = page.locator('[name="user_code"]');
    await box.fill(agent.code);
    await box.press("Enter");
    await page.waitForTimeout(1_000);
    assert.equal((await agent.poll()).body.error, "authorization_pending");
    await page.goto(agent.link);
    assert.equal(await page.locator('button[name="decision"]').count() > 0, true, "the question still stands");
  });
}

// contracts/pages.md 16: nothing is focused by default, deny comes first and is as large as approve.
test("deny is as prominent as approve and comes first", async (t) => {
  const { page, agent } = await beginAskingWith(t, browser);
  await openAs(page, agent.link, PERSON);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY");
  const values = await page.locator('button[name="decision"]').evaluateAll((all) => all.map((one) => one.value));
  assert.ok(values.indexOf("deny") < values.indexOf("approve"), values.join(", "));
  const [deny, approve] = await Promise.all(
    ["deny", "approve"].map((value) => page.locator(`button[name="decision"][value="${value}"]`).boundingBox()),
  );
  assert.ok(Math.abs(deny.height - approve.height) <= 1 && Math.abs(deny.width - approve.width) <= 1);
  assert.ok(deny.height >= 44, "a target of 44 px");
});

// contracts/pages.md 29 and 30.
test("every page is small, framed by nobody and kept by no cache", async (t) => {
  const { page, agent } = await beginAskingWith(t, browser, { scripts: false });
  const open = async (url) => {
    const response = await page.goto(url);
    return [response, url, (await response.body()).length];
  };
  const pages = [await open(agent.link)];
  await openAs(page, agent.link, PERSON);
  for (const url of [agent.link, "/account/sessions"]) pages.push(await open(url));
  for (const [response, url, length] of pages) {
    const headers = response.headers();
    assert.match(headers["content-security-policy"], /frame-ancestors 'none'/, url);
    assert.match(headers["content-security-policy"], /form-action 'self'/, url);
    assert.doesNotMatch(headers["content-security-policy"], /unsafe-inline/, url);
    assert.equal(headers["referrer-policy"], "same-origin", url);
    assert.match(headers["cache-control"], /no-store/, url);
    assert.ok(length < 30_000, `${url} is under 30 KB`);
  }
});
