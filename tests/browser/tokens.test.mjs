// What a browser hands to its person's scripts, in a real browser, with scripts off and on (contracts/credentials.md rows
// AS09, AS10, AA23; contracts/pages.md 26 to 28).

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after as afterAll, before, test } from "node:test";
import { look as lookAt } from "./look.mjs";
import { launchBrowser, newPage, openAs, PERSON, Site, submit, text } from "./support.mjs";

const PROFILE = `[[profile]]
name = "example"
error_dialect = "detail"
[profile.agent_sessions]
billing_url = "https://example.com/billing"
[profile.jwt]
[[profile.credential]]
prefix = "ex_"
manage = "human-jwt"
default_scopes = ["demo:read"]
routes = { create = "POST /api/keys", list = "GET /api/keys" }
`;

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

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
  const get = async (page) => {
    await submit(page, page.getByRole("button", { name: "Get a token" }));
    return (await page.locator("output").innerText()).trim();
  };

  // AS10: what is copied makes keys until it ends, or its browser is signed out.
  test(`a token is shown, works, and ends with the sign-in, ${mode}`, async (t) => {
    const { site, page } = await open(t, "/account/tokens");
    await look(page, "tokens");
    const token = await get(page);
    await look(page, "tokens-shown");
    const ask = (method) => fetch(`${site.origin}/api/keys`, { method, headers: { Authorization: `Bearer ${token}` } });
    const made = await ask("POST");
    assert.equal(made.status, 201);
    assert.match((await made.json()).key, /^ex_[0-9A-Za-z]+$/);
    await page.goto(`${site.origin}/account/keys`);
    assert.ok((await text(page)).includes("example"), "people see what their scripts made");
    await submit(page, page.getByRole("button", { name: "Sign out" }));
    assert.equal((await ask("GET")).status, 401);
  });

  // AA23: what the agent told is told, on the page of the account that it named.
  test(`an agent's link leads its owner to billing, ${mode}`, async (t) => {
    const { site, page } = await open(t, "/account/tokens");
    const account = claims(await get(page)).sub;
    const query = "mode=detached&reason=%3Cb%3Emore%3C%2Fb%3E%20reads&command=analyze";
    const answer = await page.goto(`${site.origin}/account/billing/agent-upgrade?account=${account}&${query}`);
    assert.equal(answer.status(), 200);
    assert.ok((await text(page)).includes("<b>more</b> reads"), "as text");
    assert.equal(await page.locator("main a[href^='https://example.com/billing']").count(), 1);
    await look(page, "upgrade");
  });
}

// AS09: a page that stays open goes on by itself, and says so by what it shows.
test("an open page shows a new token before the old one ends", async (t) => {
  const site = await Site.open(t, {}, ({ folder }) => writeFile(`${folder}/countersign.toml`, PROFILE));
  await site.addPerson(PERSON);
  const page = await newPage(t, browser, site.origin, { scripts: true });
  await page.clock.install();
  await openAs(page, "/account/tokens", PERSON);
  await submit(page, page.getByRole("button", { name: "Get a token" }));
  const shown = page.locator("output");
  const first = (await shown.innerText()).trim();
  await page.clock.fastForward("50:00");
  assert.equal((await shown.innerText()).trim(), first, "not before it is time");
  await page.clock.fastForward("05:00");
  await page.waitForFunction((old) => document.querySelector("output").textContent.trim() !== old, first, { polling: 50 });
  const second = (await shown.innerText()).trim();
  assert.notEqual(claims(second).jti, claims(first).jti);
  assert.equal(claims(second).sub, claims(first).sub);
});
