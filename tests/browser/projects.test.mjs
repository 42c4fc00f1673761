// What a web site sends with, how much an account may use, and the way to billing, in a real browser, with scripts off and
// on (contracts/credentials.md rows AA12, AA23, AV13; contracts/pages.md 26 to 28).

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt } from "./look.mjs";
import { launchBrowser, newPage, openAs, PERSON, Site, submit, text } from "./support.mjs";

const PROFILE = `[[profile]]
name = "example"
rate_headers = true
events_scope = "demo:write"
[[profile.plan]]
name = "free"
rate = "10/min"
events = 500
[profile.agent_sessions]
billing_url = "https://example.com/billing"
[[profile.credential]]
prefix = "ex_"
[[profile.credential]]
type = "public"
prefix = "ext_"
via = ["body:token"]
allow = ["POST /track"]
snippet = '<script src="https://cdn.example.com/track.js" data-token="{token}"></script>'
`;

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name) => lookAt(page, name, { scripts });
  const open = async (t, path) => {
    const site = await Site.open(t, {}, ({ folder }) => writeFile(`${folder}/countersign.toml`, PROFILE));
    await site.addPerson(PERSON);
    const page = await newPage(t, browser, site.origin, { scripts });
    await openAs(page, path, PERSON);
    return { site, page };
  };

  // AA12: the token is public, so it may be read at any time, with what to put into a page.
  test(`a project is made, its snippet read, and its token revoked, ${mode}`, async (t) => {
    const { page } = await open(t, "/account/projects");
    await look(page, "projects-empty");
    await page.getByLabel("Name").fill("Example Shop");
    await submit(page, page.getByRole("button", { name: "Create" }));
    const token = (await page.locator("dd code").first().innerText()).trim();
    assert.match(token, /^ext_[0-9A-Za-z]+$/);
    assert.ok((await text(page)).includes(`data-token="${token}"`), "the snippet names the token");
    await look(page, "projects");
    await page.getByText("Revoke", { exact: false }).first().click();
    await submit(page, page.getByRole("button", { name: "Revoke" }));
    assert.ok(!(await text(page)).includes(`data-token="${token}"`), "nobody copies a token that is over");
  });

  // AV13: what is used of a plan.
  test(`usage is read beside its limits, ${mode}`, async (t) => {
    const { page } = await open(t, "/account/usage");
    assert.ok((await text(page)).includes("500"));
    await look(page, "usage");
  });

  // AA23: what the agent told is told, and another person's link leads nowhere.
  test(`an agent's link leads its owner to billing and nobody else, ${mode}`, async (t) => {
    const { site, page } = await open(t, "/account/sessions");
    const query = "mode=detached&reason=%3Cb%3Emore%3C%2Fb%3E&command=analyze";
    const strange = await page.goto(`${site.origin}/account/billing/agent-upgrade?account=acc_of_somebody&${query}`);
    assert.ok(strange.status() >= 400, `${strange.status()}`);
    assert.equal(await page.locator("a[href^='https://example.com/billing']").count(), 0);
  });
}
