// The device grant in a real browser (RFC 8628, contracts/oauth.md row 22), with scripts off and on: a code goes from a
// screen to a page and never skips being compared.

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { Device } from "./client.mjs";
import { look as lookAt } from "./look.mjs";
import { BOTH, launchBrowser, newPage, openAs, PERSON, Site, submit, text, tick, wrongCode } from "./support.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name, options) => lookAt(page, name, { scripts, ...options });
  const open = async (t, options = {}) => {
    const site = await Site.open(t);
    await site.addPerson(PERSON);
    const device = await Device.begin(site.origin, BOTH.join(" "));
    const page = await newPage(t, browser, site.origin, { scripts, ...options });
    return { site, device, page };
  };
  const press = (page, value) => submit(page, page.locator(`button[name="decision"][value="${value}"]`));
  const goOn = (page) => submit(page, page.locator("main button[type=submit]"));

  // RFC 8628 §3.3: typed on a phone, read back without regard to case and separators; a wrong one is said at its field.
  test(`a code is typed, compared and approved, ${mode}`, async (t) => {
    const { device, page } = await open(t);
    await openAs(page, device.page, PERSON);
    assert.equal(new URL(page.url()).pathname, "/device");
    await look(page, "device");

    const box = page.locator('[name="user_code"]');
    await box.fill(wrongCode(device.code));
    assert.equal((await goOn(page)).status(), 422);
    assert.equal(await box.getAttribute("aria-invalid"), "true");
    assert.match(await box.getAttribute("aria-describedby"), /user_code-error/);
    assert.match(await text(page), /No device is waiting with this code/);
    await look(page, "device-wrong-code");

    await box.fill(device.code.toLowerCase().replace("-", " "));
    await goOn(page);
    assert.match(new URL(page.url()).pathname, /^\/approve\//);
    assert.equal(await page.locator(".compared .code").innerText(), device.code);
    assert.match(await text(page), /Did you start this just now\?/);
    assert.equal((await device.poll()).body.error, "authorization_pending", "typing a code decides nothing");
    await look(page, "approval-device");
    await tick(page, ["demo:read"]);
    await press(page, "approve");
    assert.match(await text(page), /may now act for you/);
    let issued = await device.poll();
    for (let tries = 0; tries < 4 && issued.body.error === "slow_down"; tries += 1) {
      await page.waitForTimeout(11_000);
      issued = await device.poll();
    }
    assert.equal(issued.status, 200, JSON.stringify(issued.body));
    assert.equal(issued.body.scope, "demo:read");
  });

  // RFC 8628 §3.3.1: a link that brings the code along is compared twice, and "No" forgets it.
  test(`a link with a code in it never skips the comparison, ${mode}`, async (t) => {
    const { device, page } = await open(t);
    await openAs(page, device.told.verification_uri_complete, PERSON);
    assert.match(await text(page), /Is this the code on your device\?/);
    assert.equal(await page.locator(".compared .code").innerText(), device.code);
    await look(page, "device-compare");
    await submit(page, page.getByRole("link", { name: "No", exact: true }));
    assert.equal(await page.locator('[name="user_code"]').inputValue(), "");

    await page.goto(device.told.verification_uri_complete);
    await submit(page, page.getByRole("button", { name: "Yes", exact: true }));
    assert.equal(await page.locator(".compared .code").innerText(), device.code, "once more, beside what it asks");
    await press(page, "deny");
    assert.match(await text(page), /Denied/);
    assert.equal((await device.poll()).body.error, "access_denied");
  });
}

// RFC 8628 §5.4: a link that somebody else sent asks the question, and says whose it is.
test("whoever follows a stranger's link is asked whether they started it", async (t) => {
  const site = await Site.open(t);
  await site.addPerson(PERSON);
  const device = await Device.begin(site.origin, BOTH.join(" "));
  const page = await newPage(t, browser, site.origin);
  await openAs(page, device.told.verification_uri_complete, PERSON);
  assert.match(await text(page), /Anybody can send a link/);
  await submit(page, page.getByRole("button", { name: "Yes", exact: true }));
  await submit(page, page.getByRole("button", { name: "No, I did not" }));
  assert.equal(await page.locator('button[value="report"]').count(), 1);
  assert.equal((await device.poll()).body.error, "access_denied");
});
