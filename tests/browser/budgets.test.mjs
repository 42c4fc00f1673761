// So many calls and no more, in a real browser, with scripts off and on (contracts/pages.md 15).

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt } from "./look.mjs";
import { beginAsking, decide, launchBrowser, openAs, PERSON, text } from "./support.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name) => lookAt(page, name, { scripts });

  // What is no number is said beside the field, with everything that was entered; then it counts.
  test(`a person lets an agent make so many calls, ${mode}`, async (t) => {
    const { site, page, agent } = await beginAsking(t, browser, { scripts });
    await openAs(page, agent.link, PERSON);
    await page.getByText("Limit it further").click();
    await page.getByLabel("Calls at most").fill("many");
    await page.getByLabel("Ends when unused for").selectOption("1d");
    const refused = await decide(page, "approve", { code: agent.code, scopes: ["demo:read"] });
    assert.equal(refused.status(), 422);
    assert.equal(await page.getByLabel("Calls at most").inputValue(), "many");
    assert.equal(await page.getByLabel("Ends when unused for").inputValue(), "1d");
    await look(page, "approval-bad-calls");
    await page.getByLabel("Calls at most").fill("1000");
    await decide(page, "approve", { code: agent.code, scopes: ["demo:read"] });
    assert.ok((await text(page)).includes("1000 calls at most"), "the receipt says so");
    await page.goto(`${site.origin}/account/sessions`);
    assert.ok((await text(page)).includes("1000 of 1000"));
    await look(page, "sessions-with-calls");
  });
}
