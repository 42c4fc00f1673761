// Keys that a person hands to programs, in a real browser, with scripts off and on (contracts/credentials.md section 3,
// contracts/pages.md 26 to 28): made, shown once, found, rotated, revoked.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt, tabTo } from "./look.mjs";
import { launchBrowser, newPage, openAs, PERSON, Site, submit, text, tick } from "./support.mjs";

const PROFILE = `[[profile]]
name = "example"
[[profile.credential]]
prefix = "ex_"
sandbox_prefix = "exs_"
via = ["bearer", "header:X-API-Key"]
rotate = "overlapping"
resource_param = "site"
`;

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

/** What the demo's API learns about a key. */
async function introspect(origin, token) {
  const authorization = `Basic ${Buffer.from("demo:demo-secret").toString("base64")}`;
  const body = new URLSearchParams({ token });
  const reply = await fetch(`${origin}/introspect`, { method: "POST", headers: { authorization }, body });
  return reply.json();
}

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name) => lookAt(page, name, { scripts });
  const open = async (t) => {
    const site = await Site.open(t, {}, ({ folder }) => writeFile(`${folder}/countersign.toml`, PROFILE));
    await site.addPerson(PERSON);
    const permissions = ["clipboard-read", "clipboard-write"];
    const page = await newPage(t, browser, site.origin, { scripts, permissions });
    await openAs(page, "/account/keys", PERSON);
    return { site, page };
  };
  const shown = async (page) => (await page.locator("output#key").innerText()).trim();

  // AS04, AS05, AV05, AV08: from no key at all to one that was found by its beginning and revoked.
  test(`a key is made, shown once, found by its beginning and revoked, ${mode}`, async (t) => {
    const { site, page } = await open(t);
    assert.ok((await text(page)).includes("You have no API keys"));
    await look(page, "api-keys-empty");
    await submit(page, page.getByRole("link", { name: "Create a key for example" }));
    await look(page, "api-key-new");

    await page.getByLabel("Name").fill("Nightly report");
    await page.getByLabel("Environment").fill("production");
    await page.getByLabel("Only for these").fill("site/1");
    const create = page.getByRole("button", { name: "Create the key" });
    assert.equal((await submit(page, create)).status(), 422, "nothing was ticked");
    assert.equal(await page.getByLabel("Name").inputValue(), "Nightly report", "nothing is typed twice");
    await tick(page, ["demo:read"]);
    assert.equal((await submit(page, create)).status(), 422, "no id is like that");
    await page.getByLabel("Only for these").fill("site_1 site_2");
    await submit(page, create);

    const key = await shown(page);
    assert.match(key, /^ex_[0-9A-Za-z]{39}$/);
    const known = await introspect(site.origin, key);
    assert.deepEqual([known.active, known.profile, known.scope], [true, "example", "demo:read"]);
    assert.deepEqual(known.limited_to, ["site_1", "site_2"]);
    await look(page, "api-key-shown");
    const copy = page.locator("button.copy");
    assert.equal(await copy.count(), scripts ? 1 : 0);
    if (scripts) {
      await copy.click();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key);
    }

    await submit(page, page.getByRole("link", { name: "I have it" }));
    assert.ok(!(await page.content()).includes(key), "shown once");
    await look(page, "api-key");
    await submit(page, page.getByRole("link", { name: "All API keys" }));
    await look(page, "api-keys");
    const search = page.getByLabel("Find a key by how it begins");
    await search.fill(key.slice(0, 7));
    await page.getByLabel("Environment").selectOption("production");
    await submit(page, page.getByRole("button", { name: "Find" }));
    assert.ok((await text(page)).includes("Nightly report"));
    await submit(page, page.getByRole("link", { name: "Nightly report" }));
    await submit(page, page.getByRole("link", { name: "Revoke" }));
    await look(page, "api-key-revoke");
    assert.equal((await introspect(site.origin, key)).active, true, "a link revokes nothing");
    await submit(page, page.getByRole("button", { name: "Revoke" }));
    assert.ok((await text(page)).includes("Revoked. No program can use this key any more."));
    assert.deepEqual(await introspect(site.origin, key), { active: false });
  });

  // AS14: the person reads until when the old key goes on.
  test(`a key is rotated, and the old one goes on for a day, ${mode}`, async (t) => {
    const { site, page } = await open(t);
    await submit(page, page.getByRole("link", { name: "Create a key for example" }));
    await page.getByLabel("Name").fill("Nightly report");
    await page.getByLabel("Sandbox").check();
    await tick(page, ["demo:read"]);
    await submit(page, page.getByRole("button", { name: "Create the key" }));
    const old = await shown(page);
    assert.match(old, /^exs_/);
    await submit(page, page.getByRole("link", { name: "I have it" }));
    await tabTo(page, 'form[action$="/rotate"] button');
    const loaded = page.waitForNavigation({ waitUntil: "load" });
    await page.keyboard.press("Enter");
    await loaded;
    const key = await shown(page);
    assert.ok(key !== old && key.startsWith("exs_"));
    assert.match(await text(page), /The old key goes on until .+ UTC/);
    await look(page, "api-key-rotated");
    for (const one of [old, key]) {
      const known = await introspect(site.origin, one);
      assert.deepEqual([known.active, known.mode], [true, "sandbox"]);
    }
  });
}
