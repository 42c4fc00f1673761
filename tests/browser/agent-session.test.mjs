// Agents that ask for a session themselves, in a real browser (contracts/credentials.md 1.4), with scripts off and on:
// finish codes that are carried by hand or by the browser, popups that are told how it went.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { after as afterAll, before, test } from "node:test";
import { Listener } from "./client.mjs";
import { look as lookAt } from "./look.mjs";
import { BOTH, decide, launchBrowser, newPage, openAs, PERSON, Site, submit, text } from "./support.mjs";

const PROFILE = '[[profile]]\nname = "agent-analytics"\n[profile.agent_sessions]\n';
// A dashboard that exists in the browser alone: Chromium is answered for it.
const DASHBOARD = "https://dashboard.example.net";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

/** A client of the kind that such sessions are for, as its requests were documented. */
class Asking {
  static async start(origin, more = {}) {
    const asking = new Asking();
    Object.assign(asking, { origin, verifier: randomBytes(32).toString("hex") });
    const challenge = createHash("sha256").update(asking.verifier).digest("hex");
    asking.told = await asking.post("/agent-sessions/start", 201, {
      mode: more.callback_url === undefined ? "detached" : "interactive",
      client_type: "cli",
      client_name: "Agent Analytics CLI",
      client_instance_id: "pid:4711",
      scopes: BOTH,
      code_challenge: challenge,
      ...more,
    });
    return asking;
  }

  async post(path, status, body) {
    const headers = { "content-type": "application/json", "user-agent": "node" };
    const reply = await fetch(`${this.origin}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    const said = await reply.text();
    assert.equal(reply.status, status, said);
    return JSON.parse(said);
  }

  poll() {
    const { auth_request_id, poll_token } = this.told;
    return this.post("/agent-sessions/poll", 200, { auth_request_id, poll_token });
  }

  exchange(code) {
    const { auth_request_id } = this.told;
    return this.post("/agent-sessions/exchange", 200, {
      auth_request_id,
      exchange_code: code,
      code_verifier: this.verifier,
    });
  }
}

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name, options) => lookAt(page, name, { scripts, ...options });
  const open = async (t, options = {}) => {
    const site = await Site.open(t, {}, ({ folder }) => writeFile(`${folder}/countersign.toml`, PROFILE));
    await site.addPerson(PERSON);
    const page = await newPage(t, browser, site.origin, { scripts, ...options });
    return { site, page };
  };

  // AA21, contracts/pages.md 25 and 26: without scripts both are there as text; scripts add a button to each.
  test(`a finish code is carried by hand, ${mode}`, async (t) => {
    const { site, page } = await open(t, { permissions: ["clipboard-read", "clipboard-write"] });
    const asking = await Asking.start(site.origin);
    await openAs(page, asking.told.authorize_url, PERSON);
    assert.match(new URL(page.url()).pathname, /^\/approve\//);
    const shown = await text(page);
    assert.equal(await page.locator(".compared .code").innerText(), asking.told.approval_code);
    for (const word of ["Agent Analytics CLI", "pid:4711", "Did you start this just now?"]) assert.ok(shown.includes(word), word);
    await look(page, "approval-finish");
    await decide(page, "approve", { scopes: BOTH });

    const code = (await page.locator("output#code").innerText()).trim();
    assert.match(code, /^aae_[0-9A-Za-z]{38}$/);
    const message = await page.locator("pre[data-copy-this]").innerText();
    assert.equal(message, `Finish code for Countersign demo:\n\n${code}`);
    await look(page, "finish-code");
    const buttons = page.locator("button.copy");
    assert.equal(await buttons.count(), scripts ? 2 : 0);
    if (scripts) {
      const copied = () => page.evaluate(() => navigator.clipboard.readText());
      await buttons.nth(0).click();
      assert.equal(await copied(), code);
      assert.match(await buttons.nth(1).innerText(), /copy the message/i);
      await buttons.nth(1).click();
      assert.equal(await copied(), message);
    }
    const { agent_session: session } = await asking.exchange(await page.locator("pre[data-copy-this]").innerText());
    const notes = await fetch(`${site.origin}/demo/notes`, { headers: { authorization: `Bearer ${session.access_token}` } });
    assert.equal(notes.status, 200);
    await page.reload();
    assert.equal(await page.locator("output#code").count(), 0, "the code has done its work");
    assert.match(await text(page), /has picked up its session/);
  });

  // AA02, AA20: the command line listens on its own machine.
  test(`a command line hears its finish code, ${mode}`, async (t) => {
    const listener = await Listener.open(t);
    const { site, page } = await open(t, { also: [listener.origin] });
    const asking = await Asking.start(site.origin, { callback_url: listener.redirect });
    await openAs(page, asking.told.authorize_url, PERSON);
    assert.equal(await page.locator(".place").innerText(), new URL(listener.origin).host);
    await look(page, "approval-finish-here", { picture: false });
    await page.locator('button[name="decision"][value="approve"]').click();
    await page.waitForURL(`${listener.redirect}?**`);
    const sent = new URL(listener.arrived.url, listener.origin).searchParams;
    assert.equal(sent.get("request_id"), asking.told.auth_request_id);
    assert.equal(listener.arrived.headers.referer, undefined);
    assert.ok((await asking.exchange(sent.get("exchange_code"))).ok);
  });

  // AA34: nobody makes an account on the way, and every page of that way says why.
  test(`where an account must exist none can be made, ${mode}`, async (t) => {
    const { site, page } = await open(t, { also: [DASHBOARD] });
    const asking = await Asking.start(site.origin, {
      callback_url: `${DASHBOARD}/callback?tenant=7`,
      label: "Company X",
      metadata: { requires_existing_account: true },
    });
    await page.goto(asking.told.authorize_url);
    assert.equal(new URL(page.url()).pathname, "/sign-in");
    assert.match(await text(page), /Only somebody who has an account already/);
    assert.equal(await page.locator('a[href^="/sign-up"]').count(), 0);
    await look(page, "sign-in-existing-account");
    const refused = await page.goto(page.url().replace("/sign-in", "/sign-up"));
    assert.equal(refused.status(), 403);
    await look(page, "no-sign-up");
    await submit(page, page.locator("main a.button"));
    await openAs(page, page.url(), PERSON);
    const shown = await text(page);
    assert.ok(shown.includes(`${DASHBOARD}/callback?tenant=7`), "the whole address");
    await look(page, "approval-finish-site");
  });
}

/** A dashboard with a button that opens a popup, and what it hears from there. */
async function dashboard(page, told) {
  await page.context().route(`${DASHBOARD}/**`, (route) => route.fulfill({ body: "<title>x</title>", contentType: "text/html" }));
  await page.goto(`${DASHBOARD}/plugins`);
  await page.evaluate(() => {
    globalThis.heard = [];
    addEventListener("message", ({ origin, data }) => globalThis.heard.push({ origin, data }));
  });
  const [popup] = await Promise.all([
    page.context().waitForEvent("page"),
    page.evaluate((url) => void globalThis.open(url, "auth", "popup"), told.authorize_url),
  ]);
  const heard = async (count) => {
    await page.waitForFunction((count) => globalThis.heard.length >= count, count);
    return page.evaluate(() => globalThis.heard);
  };
  return { popup, heard };
}

const callback = { callback_url: `${DASHBOARD}/callback?tenant=7` };

// 1.4: the popup's own origin is what its opener checks; the answer comes by the callback as well.
test("a popup tells the window that opened it, and then leads on to the callback", async (t) => {
  const site = await Site.open(t, {}, ({ folder }) => writeFile(`${folder}/countersign.toml`, PROFILE));
  await site.addPerson(PERSON);
  const page = await newPage(t, browser, site.origin, { also: [DASHBOARD] });
  const asking = await Asking.start(site.origin, callback);
  const { popup, heard } = await dashboard(page, asking.told);
  await popup.waitForURL("**/sign-in?**");
  await openAs(popup, popup.url(), PERSON);
  await popup.locator('button[name="decision"][value="approve"]').click();
  await popup.waitForURL(`${DASHBOARD}/callback?tenant=7&**`);
  const sent = new URL(popup.url()).searchParams;
  const { exchange_code: code } = await asking.poll();
  assert.equal(sent.get("exchange_code"), code);
  assert.deepEqual(await heard(1), [
    {
      origin: site.origin,
      data: { type: "agent-analytics-auth-callback", requestId: asking.told.auth_request_id, exchangeCode: code },
    },
  ]);
});

test("a popup in which no account can be made says so to the window that opened it", async (t) => {
  const site = await Site.open(t, {}, ({ folder }) => writeFile(`${folder}/countersign.toml`, PROFILE));
  const page = await newPage(t, browser, site.origin, { also: [DASHBOARD] });
  const asking = await Asking.start(site.origin, { ...callback, metadata: { requires_existing_account: true } });
  const { popup, heard } = await dashboard(page, asking.told);
  await popup.waitForURL("**/sign-in?**");
  await popup.goto(popup.url().replace("/sign-in", "/sign-up"));
  const [{ origin, data }] = await heard(1);
  assert.equal(origin, site.origin);
  assert.deepEqual([data.type, data.code], ["agent-analytics-auth-error", "ACCOUNT_SETUP_REQUIRED"]);
});

test("a window of another origin hears nothing, whoever opened the popup", async (t) => {
  const site = await Site.open(t, {}, ({ folder }) => writeFile(`${folder}/countersign.toml`, PROFILE));
  await site.addPerson(PERSON);
  const page = await newPage(t, browser, site.origin, { also: [DASHBOARD, "https://plugin.example.com"] });
  const asking = await Asking.start(site.origin, { callback_url: "https://plugin.example.com/callback" });
  await page.context().route("https://plugin.example.com/**", (route) => route.fulfill({ body: "done" }));
  const { popup } = await dashboard(page, asking.told);
  await popup.waitForURL("**/sign-in?**");
  await openAs(popup, popup.url(), PERSON);
  await popup.locator('button[name="decision"][value="approve"]').click();
  await popup.waitForURL("https://plugin.example.com/callback?**");
  assert.deepEqual(await page.evaluate(() => globalThis.heard), []);
});
