// What a person does with the sessions of their agents, in a real browser, with scripts off and on: finds them, leaves
// them less, lets them rest, ends them together (contracts/pages.md 15; decision 32).

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { Agent } from "./agent.mjs";
import { look as lookAt } from "./look.mjs";
import { approve, ask, beginAsking, launchBrowser, submit, text } from "./support.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name) => lookAt(page, name, { scripts });
  const press = (page, name) => submit(page, page.getByRole("button", { name, exact: true }));

  test(`a session is left with less, paused and let go on, ${mode}`, async (t) => {
    const { site, page, agent } = await beginAsking(t, browser, { scripts });
    await approve(page, agent);
    const { access_token } = (await agent.poll()).body;
    const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
    const read = () => fetch(`${site.origin}/demo/notes`, { headers });
    const write = () => fetch(`${site.origin}/demo/notes`, { method: "POST", headers, body: '{"text":"a note"}' });
    assert.equal((await write()).status, 201);

    await page.goto(`${site.origin}/account/sessions`);
    await submit(page, page.locator("main h2 a").first());
    await page.getByText("Allow less", { exact: true }).first().click();
    for (const box of await page.locator('form[action$="/lower"] input[name="scope"]').all()) await box.uncheck();
    await press(page, "Allow less");
    assert.match(await text(page), /Nothing would be left/);
    await look(page, "session-nothing-left");
    await page.locator('input[name="scope"][value="demo:read"]').check();
    await page.getByLabel("Calls from now on, at most").fill("100");
    await press(page, "Allow less");
    assert.match(await text(page), /may do no more than this/);
    await look(page, "session-less");
    assert.equal((await write()).status, 403);
    assert.equal((await read()).status, 200);

    await press(page, "Pause");
    await look(page, "session-paused");
    assert.equal((await read()).status, 401);
    await press(page, "Let it go on");
    assert.equal((await read()).status, 200);
  });

  test(`sessions are found, and ended together, ${mode}`, async (t) => {
    const { site, page, agent } = await beginAsking(t, browser, { scripts });
    await approve(page, agent);
    const tokens = [(await agent.poll()).body.access_token];
    for (let more = 0; more < 2; more += 1) {
      const next = await Agent.discover(site.origin);
      await ask(next);
      await approve(page, next);
      tokens.push((await next.poll()).body.access_token);
    }
    const whoami = (token) => fetch(`${site.origin}/demo/whoami`, { headers: { authorization: `Bearer ${token}` } });
    await page.goto(`${site.origin}/account/sessions`);
    const items = page.getByRole("button", { name: "Disconnect", exact: true });
    assert.equal(await items.count(), 3);
    await look(page, "sessions-by-agent");
    await page.getByLabel("Find a session").fill("nothing of the kind");
    await press(page, "Find");
    assert.match(await text(page), /No session has these words/);
    await submit(page, page.getByRole("link", { name: "Show all" }));
    await page.getByText("End everything", { exact: true }).click();
    await press(page, "End all sessions now");
    assert.match(await text(page), /No agent acts for you/);
    for (const token of tokens) assert.equal((await whoami(token)).status, 401);
  });
}
