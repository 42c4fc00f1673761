// A person's own history, in a real browser, with scripts off and on (issue 5, "History"; contracts/pages.md 26 to 28).

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt } from "./look.mjs";
import { launchBrowser, newPage, openAs, PERSON, Site, submit, text } from "./support.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";

  // What happened is there in plain words, can be narrowed, and can be taken along.
  test(`a person reads her history and takes it with her, ${mode}`, async (t) => {
    const site = await Site.open(t);
    await site.addPerson(PERSON);
    const page = await newPage(t, browser, site.origin, { scripts });
    await openAs(page, "/account/sessions", PERSON);
    await page.getByText("More", { exact: true }).click();
    await submit(page, page.getByRole("link", { name: "History", exact: true }));
    assert.ok((await text(page)).includes("Signed in"));
    assert.ok((await text(page)).includes("The account was created"));
    await lookAt(page, "history", { scripts });
    await submit(page, page.getByRole("link", { name: "Keys and who holds them" }));
    assert.ok((await text(page)).includes("Nothing of that kind has happened."));
    await lookAt(page, "history-empty", { scripts, picture: false });
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Table (CSV)" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "history.csv");
  });
}
