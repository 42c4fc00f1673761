// What waits for a person, in a real browser, with scripts off and on: found without the link that the agent showed
// (decision 33).

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt } from "./look.mjs";
import { beginAsking, decide, launchBrowser, newPage, openAs, PERSON, submit, text } from "./support.mjs";

const STRANGER = "grace@example.com";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name) => lookAt(page, name, { scripts });

  test(`a request is answered on another device, without its link, ${mode}`, async (t) => {
    const { site, page, agent } = await beginAsking(t, browser, { scripts });
    await openAs(page, "/account/inbox", PERSON);
    assert.match(await text(page), /Notes helper/);
    await look(page, "inbox");
    await submit(page, page.getByRole("link", { name: "Look at it" }));
    assert.equal(new URL(page.url()).pathname, new URL(agent.link).pathname);
    await decide(page, "approve", { code: agent.code, scopes: ["demo:read"] });
    assert.equal((await agent.poll()).status, 200);
    await page.goto("/account/inbox");
    assert.match(await text(page), /Nothing waits for you/);
    await look(page, "inbox-empty");

    await site.addPerson(STRANGER, "Grace Example");
    const hers = await newPage(t, browser, site.origin, { scripts });
    await openAs(hers, "/account/inbox", STRANGER);
    assert.match(await text(hers), /Nothing waits for you/);
  });
}
