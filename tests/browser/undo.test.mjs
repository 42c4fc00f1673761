// "Undo", in a real browser, with scripts off and on (contracts/pages.md 24).

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt } from "./look.mjs";
import { approve, beginAsking, launchBrowser, openAs, PERSON, submit, text } from "./support.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";

  // One press, and what the agent holds already is worth nothing; the page has no second one.
  test(`a yes is taken back with one press, ${mode}`, async (t) => {
    const { site, page, agent } = await beginAsking(t, browser, { scripts });
    await openAs(page, agent.link, PERSON);
    await approve(page, agent);
    const { access_token } = (await agent.poll()).body;
    const whoami = () => fetch(`${site.origin}/demo/whoami`, { headers: { authorization: `Bearer ${access_token}` } });
    assert.equal((await whoami()).status, 200);
    await page.reload();
    await submit(page, page.getByRole("button", { name: "Undo" }));
    assert.match(await text(page), /Taken back/);
    await lookAt(page, "taken-back", { scripts });
    assert.equal((await whoami()).status, 401);
    await page.reload();
    assert.match(await text(page), /Taken back/);
    assert.equal(await page.getByRole("button", { name: "Undo" }).count(), 0);
    await page.goto(`${site.origin}/account/sessions`);
    assert.equal(await page.getByRole("button", { name: "Disconnect" }).count(), 0);
  });
}
