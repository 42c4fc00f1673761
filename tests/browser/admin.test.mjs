// The pages of administrators, in a real browser, with scripts off and on (contracts/operator.md).

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt } from "./look.mjs";
import { approve, ask, beginAsking, launchBrowser, newPage, openAs, PERSON, submit, text } from "./support.mjs";

const ADMIN = "root@example.com";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name) => lookAt(page, name, { scripts });

  // The figures count what happened; an account is found, ended, closed and opened again, and its person sees nothing of it.
  test(`an administrator reads the figures and closes an account, ${mode}`, async (t) => {
    const { site, page: hers, agent } = await beginAsking(t, browser, { scripts });
    await approve(hers, agent);
    const { access_token } = (await agent.poll()).body;
    const whoami = () => fetch(`${site.origin}/demo/whoami`, { headers: { authorization: `Bearer ${access_token}` } });
    assert.equal((await whoami()).status, 200);
    await ask(agent);
    assert.equal((await hers.goto(`${site.origin}/admin`)).status(), 404, "a person finds nothing there");

    await site.addPerson(ADMIN, "Root", ["--admin"]);
    const page = await newPage(t, browser, site.origin, { scripts });
    await openAs(page, "/admin", ADMIN);
    assert.match(await text(page), /Live agent sessions\s+1/);
    await look(page, "admin");
    await submit(page, page.getByRole("link", { name: "Accounts" }));
    await page.getByLabel("Find an account").fill(PERSON);
    await submit(page, page.getByRole("button", { name: "Find" }));
    await look(page, "admin-accounts");
    await submit(page, page.getByRole("link", { name: PERSON }));
    await look(page, "admin-account");
    await submit(page, page.getByRole("button", { name: "End all agent sessions" }));
    assert.equal((await whoami()).status, 401);
    await page.locator("main summary").click();
    await submit(page, page.getByRole("button", { name: "Close the account" }));
    assert.match(await text(page), /Done\.[^]*Closed/);
    await look(page, "admin-account-closed");
    await hers.goto(`${site.origin}/account/sessions`);
    assert.match(hers.url(), /\/sign-in/, "her browser is signed out");
    await submit(page, page.getByRole("button", { name: "Open the account again" }));
    await openAs(hers, `${site.origin}/account/sessions`, PERSON);
    assert.match(hers.url(), /\/account\/sessions$/);
  });
}
