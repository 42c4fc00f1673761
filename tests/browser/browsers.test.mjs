// Where a person is signed in, in a real browser, with scripts off and on: another one is signed out from this one.

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt } from "./look.mjs";
import { begin, launchBrowser, newPage, openAs, PERSON, submit, text } from "./support.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";

  test(`another browser is signed out with one press, ${mode}`, async (t) => {
    const { site, page } = await begin(t, browser, { scripts });
    await openAs(page, "/account/sessions", PERSON);
    const phone = await newPage(t, browser, site.origin, { scripts });
    await openAs(phone, "/account/sessions", PERSON);
    await page.getByText("More", { exact: true }).click();
    await submit(page, page.getByRole("link", { name: "Your browsers" }));
    await lookAt(page, "browsers", { scripts });
    await submit(page, page.getByRole("button", { name: "Sign it out" }));
    assert.match(await text(page), /Signed out\./);
    await phone.goto("/account/sessions");
    assert.equal(new URL(phone.url()).pathname, "/sign-in");
    assert.equal(await page.getByRole("button", { name: "Sign it out" }).count(), 0);
  });
}
