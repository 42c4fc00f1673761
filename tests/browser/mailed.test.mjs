// What goes over a mailbox, in a real browser, with scripts off and on: the letters are files in a folder.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt } from "./look.mjs";
import { begin, fillSignIn, launchBrowser, PASSWORD, submit, text } from "./support.mjs";

const NEW = "a new password of mine";
const LONG = 20_000;

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

/** A folder for letters, the settings that name it, and the link of the newest letter to somebody once it is there. */
async function mailbox(t) {
  const folder = await mkdtemp(join(tmpdir(), "countersign-letters-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const settings = { COUNTERSIGN_MAIL__FOLDER: folder, COUNTERSIGN_MAIL__FROM: "no-reply@example.com" };
  const link = async (subject) => {
    for (const began = Date.now(); Date.now() - began < LONG; ) {
      for (const name of (await readdir(folder)).filter((name) => name.startsWith("mail_")).sort().reverse()) {
        const letter = (await readFile(join(folder, name), "utf8")).replaceAll("=\r\n", "").replaceAll("=3D", "=");
        if (letter.includes(subject)) return letter.match(/^http:\/\/\S+$/m)[0];
      }
      await new Promise((later) => setTimeout(later, 100));
    }
    throw new Error(`no letter about "${subject}" came`);
  };
  return { settings, link };
}

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name) => lookAt(page, name, { scripts });

  test(`an account is made, and its password forgotten, over the mailbox, ${mode}`, async (t) => {
    const { settings, link } = await mailbox(t);
    const { site, page } = await begin(t, browser, { settings, scripts });
    await page.goto(`${site.origin}/sign-up`);
    assert.equal(await page.locator('input[type="password"]').count(), 0, "the address comes first");
    await page.getByLabel("E-mail").fill("grace@example.com");
    await submit(page, page.getByRole("button", { name: "Send me a link" }));
    await look(page, "letter-sent");
    await page.goto(await link("make your account"));
    await page.getByLabel("Name").fill("Grace");
    await page.locator('input[type="password"]').fill(PASSWORD);
    await look(page, "welcome-by-mail");
    await submit(page, page.getByRole("button", { name: "Create" }));
    assert.match(page.url(), /\/account\/sessions$/);

    await submit(page, page.getByRole("button", { name: "Sign out" }));
    await page.goto(`${site.origin}/sign-in`);
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await page.getByLabel("E-mail").fill("grace@example.com");
    await look(page, "forgot-password");
    await submit(page, page.getByRole("button", { name: "Send me a link" }));
    await page.goto(await link("choose a new password"));
    await page.locator('input[type="password"]').fill(NEW);
    await submit(page, page.getByRole("button", { name: "Save" }));
    assert.match(page.url(), /\/account\/sessions$/);
    await page.goto(`${site.origin}/account/address`);
    assert.match(await text(page), /This address is verified/);
    await look(page, "address");
    await submit(page, page.getByRole("button", { name: "Sign out" }));
    await page.goto(`${site.origin}/sign-in`);
    await fillSignIn(page, "grace@example.com");
    await submit(page, page.getByRole("button", { name: "Sign in" }));
    assert.match(await text(page), /do not match/, "the old password is no good");
  });
}
