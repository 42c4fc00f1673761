// People who look after keys together, in a real browser, with scripts off and on (contracts/credentials.md row AV16;
// contracts/pages.md 26 to 28).

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt } from "./look.mjs";
import { launchBrowser, newPage, openAs, PERSON, Site, submit, text } from "./support.mjs";

const OTHER = "ben@example.com";
const PROFILE = `[[profile]]
name = "example"
[[profile.credential]]
prefix = "ex_"
organizations = "accept"
`;

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name) => lookAt(page, name, { scripts });

  // AV16: founded, joined by a link, given a key, left, and dissolved, without leaving the pages.
  test(`two people look after the keys of an organization, ${mode}`, async (t) => {
    const site = await Site.open(t, {}, ({ folder }) => writeFile(`${folder}/countersign.toml`, PROFILE));
    await site.addPerson(PERSON);
    await site.addPerson(OTHER);
    const ada = await newPage(t, browser, site.origin, { scripts });
    await openAs(ada, "/account/organizations", PERSON);
    await look(ada, "organizations-empty");
    await ada.getByLabel("Name", { exact: true }).fill("Example Labs");
    await submit(ada, ada.getByRole("button", { name: "Create the organization" }));
    await ada.getByLabel("E-mail address").fill(OTHER);
    await ada.getByRole("radio", { name: /Administrator/ }).check();
    await submit(ada, ada.getByRole("button", { name: "Create the invitation" }));
    const link = (await ada.locator("output").innerText()).trim();
    assert.match(link, /\/account\/join\/otl_[0-9A-Za-z]+$/);
    await look(ada, "organization-invited");

    const ben = await newPage(t, browser, site.origin, { scripts });
    await openAs(ben, new URL(link).pathname, OTHER);
    await look(ben, "join");
    await submit(ben, ben.getByRole("button", { name: "Join" }));
    assert.ok((await text(ben)).includes("Example Labs"));
    await submit(ben, ben.getByRole("link", { name: "Its API keys" }));
    await submit(ben, ben.getByRole("link", { name: /Create a key/ }));
    assert.ok(await ben.getByRole("radio", { name: /Example Labs/ }).isChecked(), "whose it is to be is chosen already");
    await ben.getByLabel("Name", { exact: true }).fill("Nightly");
    await ben.getByRole("checkbox").first().check();
    await submit(ben, ben.getByRole("button", { name: "Create the key" }));

    await ada.goto(`${site.origin}/account/keys?organization=example-labs`);
    assert.ok((await text(ada)).includes("Nightly"));
    await look(ada, "api-keys-of-organization");
    await ada.goto(`${site.origin}/account/organizations/example-labs`);
    await look(ada, "organization");
    await ada.locator("summary", { hasText: "Dissolve the organization" }).click();
    await submit(ada, ada.getByRole("button", { name: "Dissolve the organization" }));
    assert.ok((await text(ada)).includes("You belong to no organization"));
    const gone = await ben.goto(`${site.origin}/account/organizations/example-labs`);
    assert.equal(gone.status(), 404, "and to nobody else is there one");
  });
}
