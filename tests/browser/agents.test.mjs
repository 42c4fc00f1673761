// What a person calls the programs that keys are given to, in a real browser, with scripts off and on
// (contracts/credentials.md rows AG05, AG11; contracts/pages.md 26 to 28).

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt } from "./look.mjs";
import { launchBrowser, newPage, openAs, PERSON, Site, submit, text } from "./support.mjs";

const PROFILE = `[[profile]]
name = "example"
[[profile.credential]]
type = "agent-key"
prefix = "exa_"
`;

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name) => lookAt(page, name, { scripts });

  // AG05, AG11: made, given a key, and removed with it, without leaving the pages.
  test(`an agent is made, given a key, and removed with it, ${mode}`, async (t) => {
    const site = await Site.open(t, {}, ({ folder }) => writeFile(`${folder}/countersign.toml`, PROFILE));
    await site.addPerson(PERSON);
    const page = await newPage(t, browser, site.origin, { scripts });
    await openAs(page, "/account/agents", PERSON);
    await look(page, "agents-empty");
    await page.getByLabel("Name").fill("billing-agent");
    await submit(page, page.getByRole("button", { name: "Create" }));
    await submit(page, page.getByRole("link", { name: "Create an agent key" }));
    assert.ok(await page.getByRole("radio", { name: "billing-agent" }).isChecked(), "the agent is chosen already");
    await look(page, "api-key-for-agent");
    await page.getByLabel("Name").fill("Nightly");
    await page.getByRole("checkbox").first().check();
    await submit(page, page.getByRole("button", { name: "Create the key" }));
    assert.match((await page.locator("output").innerText()).trim(), /^exa_[0-9A-Za-z]+$/);
    await page.goto(`${site.origin}/account/agents`);
    assert.ok((await text(page)).includes("Nightly"), "the key stands with its agent");
    await look(page, "agents");
    await page.getByText("Remove", { exact: true }).first().click();
    await submit(page, page.getByRole("button", { name: "Remove" }));
    assert.ok((await text(page)).includes("You have no agents"));
    await page.goto(`${site.origin}/account/keys`);
    assert.ok((await text(page)).includes("Ended: its agent was removed"), "and its key went with it");
  });
}
