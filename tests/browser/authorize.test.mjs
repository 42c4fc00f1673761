// The authorization code flow in a real browser (contracts/oauth.md rows 9, 10, 13 and 15, traps 18 to 23), with scripts
// off and on: where the answer goes, who may answer, and what is never skipped.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after as afterAll, before, test } from "node:test";
import { Client, Listener } from "./client.mjs";
import { assertFocusIsSeen, look as lookAt } from "./look.mjs";
import { BOTH, decide, fillSignIn, launchBrowser, newPage, openAs, PERSON, Site, submit, text } from "./support.mjs";

const SCOPE = BOTH.join(" ");
// A site of the client's that exists in the browser alone: Chromium is answered for it.
const ELSEWHERE = "https://agent.example.net";
const PROGRAM = "com.example.notes:/callback";
// Long enough for a browser that would move on to have moved on.
const A_WHILE = 1_000;

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

async function siteWithPerson(t) {
  const site = await Site.open(t);
  await site.addPerson(PERSON);
  return site;
}

/** Answers for {@link ELSEWHERE}, and remembers what it was asked. */
async function stage(page) {
  const arrived = [];
  await page.context().route(`${ELSEWHERE}/**`, (route) => {
    arrived.push(route.request().url());
    return route.fulfill({ body: "You may close this page.", contentType: "text/plain" });
  });
  return arrived;
}

/** The addresses that Chromium hands to the system, which opens programs with them (RFC 8252 §7.1). */
async function programs(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.enable");
  const asked = [];
  devtools.on("Page.frameRequestedNavigation", ({ url }) => url.startsWith("http") || asked.push(url));
  return asked;
}

const press = (page, value) => page.locator(`button[name="decision"][value="${value}"]`).click();

const readNotes = (site, token) => fetch(`${site.origin}/demo/notes`, { headers: { authorization: `Bearer ${token}` } });

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";
  const look = (page, name, options) => lookAt(page, name, { scripts, ...options });
  const open = async (t, { also = [], ...options } = {}) => {
    const site = await siteWithPerson(t);
    const page = await newPage(t, browser, site.origin, { scripts, also, ...options });
    return { site, page };
  };

  // RFC 8252 §7.3: registered without a port, asked for with one; oauth.md trap 20.
  test(`a program on this computer gets its code, and the page then stays, ${mode}`, async (t) => {
    const listener = await Listener.open(t);
    const { site, page } = await open(t, { also: [listener.origin] });
    const client = await Client.register(site.origin, ["http://127.0.0.1/callback"]);
    await openAs(page, client.begin(listener.redirect, SCOPE), PERSON);
    const approval = page.url();
    assert.match(new URL(approval).pathname, /^\/approve\/[^/]+$/);

    const shown = await text(page);
    assert.equal(await page.locator(".place").innerText(), new URL(listener.origin).host);
    assert.match(shown, /Any program on this computer could be the one asking/);
    assert.match(shown, /told by the agent/);
    assert.equal(await page.locator('[name="user_code"]').count(), 0, "there is no code to type");
    await look(page, "approval-loopback");
    await decide(page, "approve", { scopes: ["demo:read"] });
    await page.waitForURL(`${listener.redirect}?**`);

    const { url, headers } = listener.arrived;
    assert.equal(headers.referer, undefined, "the program learns no address of ours");
    const { code, error } = client.read(url);
    assert.equal(error, null);

    // Until the code is redeemed, the page leads on again; afterwards it is a receipt (contracts/pages.md 20).
    const onward = await page.context().newPage();
    await onward.route(`${listener.origin}/**`, (route) => route.fulfill({ body: "again" }));
    // It may move on before it has loaded, which `goto` calls a failure.
    await onward.goto(approval).catch(() => {});
    await onward.waitForURL(url);

    const issued = await client.redeem(code);
    assert.equal(issued.status, 200, JSON.stringify(issued.body));
    assert.equal(issued.body.scope, "demo:read", "what was not ticked was not granted");
    assert.equal((await readNotes(site, issued.body.access_token)).status, 200);

    await page.goto(approval);
    await page.waitForTimeout(A_WHILE);
    assert.equal(page.url(), approval);
    assert.match(await text(page), /The agent has picked up its session/);
    assert.equal(await page.locator(".onward").count(), 0);
    await page.goto("/account/sessions");
    assert.match(await text(page), new RegExp(client.name));
  });

  test(`a site gets its code, ${mode}`, async (t) => {
    const { site, page } = await open(t, { also: [ELSEWHERE] });
    const arrived = await stage(page);
    const redirect = `${ELSEWHERE}/callback?tenant=7`;
    const client = await Client.register(site.origin, [redirect]);
    await openAs(page, client.begin(redirect, SCOPE), PERSON);
    assert.equal(await page.locator(".place").innerText(), "agent.example.net");
    await look(page, "approval-site");
    await press(page, "approve");
    await page.waitForURL(`${redirect}&**`);
    assert.equal(new URL(arrived[0]).searchParams.get("tenant"), "7", "its own parameters are kept");
    const { code } = client.read(arrived[0]);
    assert.equal((await client.redeem(code)).status, 200);
    assert.equal((await client.redeem(code)).body.error, "invalid_grant", "once (RFC 6749 §4.1.2)");
  });

  // RFC 8252 §7.1, oauth.md trap 18.
  test(`a program with links of its own gets its code, and the page keeps a way there, ${mode}`, async (t) => {
    const { site, page } = await open(t);
    const asked = await programs(page);
    const client = await Client.register(site.origin, [PROGRAM]);
    await openAs(page, client.begin(PROGRAM, SCOPE), PERSON);
    assert.equal(await page.locator(".place").innerText(), "com.example.notes:");
    await submit(page, page.locator('button[name="decision"][value="approve"]'));
    await page.waitForTimeout(A_WHILE);
    assert.match(await text(page), /may now act for you/);
    assert.ok(asked.length > 0, "Chromium hands the address on");
    const link = page.getByRole("link", { name: /^Open the program for/ });
    assert.equal(await link.getAttribute("href"), asked[0]);
    await look(page, "moving-on");
    assert.equal((await client.redeem(client.read(asked[0]).code)).status, 200);
  });

  // RFC 6750 §3.1: the page shows the difference, and the same session gains it for as long as was chosen.
  test(`a session that asks for more is asked about the new part alone, ${mode}`, async (t) => {
    const listener = await Listener.open(t);
    const { site, page } = await open(t, { also: [listener.origin] });
    const client = await Client.register(site.origin, [listener.redirect]);
    const answer = async () => {
      await press(page, "approve");
      await page.waitForURL(`${listener.redirect}?**`);
      return client.redeem(client.read(page.url()).code);
    };
    await openAs(page, client.begin(listener.redirect, "demo:read"), PERSON);
    await page.locator('[name="lifetime"][value="8h"]').check();
    assert.equal((await answer()).body.scope, "demo:read");

    await page.goto(client.begin(listener.redirect, "demo:write"));
    assert.match(await page.locator("h1").innerText(), /asks for more/);
    const asked = await page.locator('[name="scope"]').evaluateAll((all) => all.map((one) => one.value));
    assert.deepEqual(asked, ["demo:write"]);
    const held = page.locator("details.held");
    assert.equal(await held.getByText("demo:read").isVisible(), false, "what it has is folded away");
    await look(page, "approval-step-up");
    await held.locator("summary").click();
    assert.equal(await held.getByText("demo:read").isVisible(), true);
    await page.locator('[name="scope"]').check();
    await page.locator('[name="extra_lifetime"][value="15m"]').check();
    const widened = await answer();
    assert.equal(widened.body.scope, SCOPE);
    assert.ok(widened.body.expires_in <= 900, "no longer than the new part");
    await page.goto("/account/sessions");
    assert.equal(await page.locator("ul.sessions > li").count(), 1, "one session still");
    assert.match(await text(page), /For a while/);
    await look(page, "sessions-for-a-while");
  });

  // RFC 6749 §4.1.2.1, RFC 9207 §2: the client hears of a denial, with state and issuer.
  test(`a denial is told to the client, ${mode}`, async (t) => {
    const listener = await Listener.open(t);
    const { site, page } = await open(t, { also: [listener.origin] });
    const client = await Client.register(site.origin, [listener.redirect]);
    await openAs(page, client.begin(listener.redirect, SCOPE), PERSON);
    await press(page, "deny");
    await page.waitForURL(`${listener.redirect}?**`);
    const { code, error } = client.read(listener.arrived.url);
    assert.deepEqual([code, error], [null, "access_denied"]);
  });

  // contracts/pages.md 9 and 18: "No, I did not" denies and offers to report; nobody is sent after a stranger.
  test(`whoever did not start it stays here and may report it, ${mode}`, async (t) => {
    const listener = await Listener.open(t);
    const { site, page } = await open(t);
    const client = await Client.register(site.origin, [listener.redirect]);
    await openAs(page, client.begin(listener.redirect, SCOPE), PERSON);
    await submit(page, page.getByRole("button", { name: "No, I did not" }));
    await page.waitForTimeout(A_WHILE);
    assert.match(await text(page), /your browser stays here/);
    const back = await page.getByRole("link", { name: /^Go back to/ }).getAttribute("href");
    assert.deepEqual(client.read(back), { code: null, error: "access_denied" });
    await look(page, "denied-not-started");
    await submit(page, page.locator('button[value="report"]'));
    await page.waitForTimeout(A_WHILE);
    assert.match(await text(page), /Reported/);
    assert.equal(await page.locator(`a[href^="${listener.origin}"]`).count(), 0);
    assert.deepEqual(listener.requests, []);
    await page.goto("/account/sessions");
    assert.match(await text(page), /No agent acts for you/);
  });

  // oauth.md trap 19: a page, never a redirect, never JSON.
  test(`an unknown client or a foreign address gets a page, ${mode}`, async (t) => {
    const { site, page } = await open(t);
    const client = await Client.register(site.origin, [`${ELSEWHERE}/callback`]);
    const foreign = await page.goto(client.begin("https://evil.example/steal", SCOPE));
    assert.equal(foreign.status(), 400);
    assert.match(await text(page), /This leads to an unknown place/);
    assert.match(await text(page), /https:\/\/evil\.example\/steal/);
    assert.match(await text(page), /agent\.example\.net/);
    assert.equal(await page.locator('a[href*="evil"]').count(), 0);
    await look(page, "redirect-not-registered");

    client.id = "nobody";
    const unknown = await page.goto(client.begin(`${ELSEWHERE}/callback`, SCOPE));
    assert.equal(unknown.status(), 400);
    assert.match(unknown.headers()["content-type"], /^text\/html/);
    await look(page, "unknown-client");
  });

  // contracts/pages.md 3: checked by the server too, for a browser that does not ask for the tick.
  test(`a borrowed name is approved only with its own tick, ${mode}`, async (t) => {
    const { site, page } = await open(t, { also: [ELSEWHERE] });
    const arrived = await stage(page);
    const client = await Client.register(site.origin, [`${ELSEWHERE}/callback`], "Claude");
    await openAs(page, client.begin(`${ELSEWHERE}/callback`, SCOPE), PERSON);
    await look(page, "approval-borrowed");
    const approve = page.locator('button[name="decision"][value="approve"]');
    await page.route("**/approve/*", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      const form = new URLSearchParams(route.request().postData());
      form.delete("confirm_brand");
      return route.continue({ postData: form.toString() });
    });
    await page.locator('[name="confirm_brand"]').check();
    const refused = await submit(page, approve);
    assert.equal(refused.status(), 422);
    assert.match(await text(page), /Confirm that you know where this leads/);
    assert.equal(await page.locator('[name="confirm_brand"]').getAttribute("aria-invalid"), "true");
    assert.deepEqual(arrived, []);

    await page.unroute("**/approve/*");
    await page.locator('[name="confirm_brand"]').check();
    await approve.click();
    await page.waitForURL(`${ELSEWHERE}/**`);
    assert.ok(client.read(arrived[0]).code);
  });
}

// oauth.md section 2, attacks: the question is put to the browser that began (promise P5).
test("a consent is answered by the browser that began and by no other", async (t) => {
  const listener = await Listener.open(t);
  const site = await siteWithPerson(t);
  const client = await Client.register(site.origin, [listener.redirect]);
  const attacker = await newPage(t, browser, site.origin);
  await attacker.goto(client.begin(listener.redirect, SCOPE));
  const link = await attacker.evaluate(() => new URL(location.href).searchParams.get("return_to"));
  assert.match(link, /^\/approve\//);

  const victim = await newPage(t, browser, site.origin);
  await openAs(victim, "/account/sessions", PERSON);
  const answer = await victim.goto(link);
  assert.equal(answer.status(), 403);
  assert.match(await text(victim), /Open this where you started/);
  assert.equal(await victim.locator('button[name="decision"]').count(), 0);
  for (const detail of [client.name, "demo:write", new URL(listener.origin).host]) {
    assert.ok(!(await victim.content()).includes(detail), `the page gives away ${detail}`);
  }
  await lookAt(victim, "another-browser");

  // Nor by a form of the victim's own, filled in by hand.
  const csrf = await victim.locator('[name="csrf"]').first().inputValue();
  const form = { csrf, decision: "approve", scope: "demo:read", lifetime: "1h" };
  const headers = { origin: site.origin };
  const forged = await victim.request.post(link, { form, headers, maxRedirects: 0 });
  assert.equal(forged.status(), 403);
  assert.match(await forged.text(), /Open this where you started/);
  assert.deepEqual(listener.requests, []);
});

// RFC 9700 §4.7, oauth.md section 2, attacks: the browser that began is the one that is attacked.
test("a consent posted by another site decides nothing", async (t) => {
  const listener = await Listener.open(t);
  const site = await siteWithPerson(t);
  const evil = createServer((request, response) => {
    const fields = { decision: "approve", scope: "demo:write", lifetime: "30d", csrf: "x", confirm_brand: "yes" };
    const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
    const action = new URL(request.url, "http://evil").searchParams.get("at");
    response.setHeader("content-type", "text/html");
    response.end(`<form method="post" action="${action}">${inputs.join("")}<button>Win a prize</button></form>`);
  });
  await new Promise((listening) => evil.listen(0, "127.0.0.1", listening));
  t.after(() => (evil.close(), evil.closeAllConnections()));
  const elsewhere = `http://localhost:${evil.address().port}`;

  const page = await newPage(t, browser, site.origin, { also: [elsewhere, listener.origin] });
  const client = await Client.register(site.origin, [listener.redirect]);
  await openAs(page, client.begin(listener.redirect, SCOPE), PERSON);
  const approval = page.url();
  await page.goto(`${elsewhere}/?at=${encodeURIComponent(approval)}`);
  const answer = await submit(page, page.getByRole("button", { name: "Win a prize" }));
  assert.ok([401, 403].includes(answer.status()) || new URL(page.url()).pathname === "/sign-in", `${answer.status()}`);
  await page.waitForTimeout(A_WHILE);
  assert.deepEqual(listener.requests, []);

  // The question stands, and its own form still answers it.
  await page.goto(approval);
  await press(page, "approve");
  await page.waitForURL(`${listener.redirect}?**`);
  assert.ok(client.read(listener.arrived.url).code);
});

// security.md 103, oauth.md row 15: no cookie skips the question, for another client or the same.
test("the question is put again, to a second client and to the same one", async (t) => {
  const listener = await Listener.open(t);
  const site = await siteWithPerson(t);
  const page = await newPage(t, browser, site.origin, { also: [listener.origin] });
  const first = await Client.register(site.origin, [listener.redirect], "First program");
  const second = await Client.register(site.origin, [listener.redirect], "Second program");
  for (const [client, arrivals] of [[first, 0], [second, 1], [first, 2]]) {
    await openAs(page, client.begin(listener.redirect, SCOPE), PERSON);
    assert.match(new URL(page.url()).pathname, /^\/approve\//, "the question, not an answer");
    assert.equal(listener.requests.length, arrivals);
    assert.match(await page.locator("h1").innerText(), new RegExp(`^${client.name} asks`));
    await press(page, "approve");
    await page.waitForURL(`${listener.redirect}?**`);
    const [{ url }] = listener.requests.slice(-1);
    assert.ok(client.read(new URL(url, listener.origin).href).code);
  }
});

// security.md 267: a site that asks in a popup hears the answer from its own callback there.
test("a popup keeps its opener until the answer is there", async (t) => {
  const opener = `<button onclick="window.open(document.location.hash.slice(1))">Connect</button>
    <script>onmessage = ({ data }) => (document.title = data)</script>`;
  const callback = `<script>opener?.postMessage(location.href, "*")</script>`;
  const server = createServer((request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(request.url.startsWith("/callback") ? callback : opener);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => (server.close(), server.closeAllConnections()));
  const elsewhere = `http://localhost:${server.address().port}`;

  const site = await siteWithPerson(t);
  const client = await Client.register(site.origin, [`${elsewhere}/callback`]);
  const page = await newPage(t, browser, site.origin, { also: [elsewhere] });
  await page.goto(`${elsewhere}/#${client.begin(`${elsewhere}/callback`, SCOPE)}`);
  const opens = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Connect" }).click();
  const popup = await opens;
  await popup.waitForURL("**/sign-in?**");
  await fillSignIn(popup, PERSON);
  await submit(popup, popup.locator('form:has([name="password"]) [type="submit"]').first());
  await press(popup, "approve");
  await page.waitForFunction(() => document.title.includes("code="));
  assert.ok(client.read(await page.title()).code);
});

// oauth.md trap 23: sign-in, then the question; nothing else stands between a client and its answer.
test("the path to Approve is two pages long", async (t) => {
  const listener = await Listener.open(t);
  const site = await siteWithPerson(t);
  const page = await newPage(t, browser, site.origin, { also: [listener.origin] });
  const pages = [];
  page.on("response", (response) => {
    const isPage = response.request().isNavigationRequest() && response.status() === 200;
    if (isPage) pages.push(new URL(response.url()).pathname.replace(/[^/]+$/, "…"));
  });
  const client = await Client.register(site.origin, [listener.redirect]);
  await openAs(page, client.begin(listener.redirect, SCOPE), PERSON);
  assert.deepEqual(pages, ["/…", "/approve/…"]);
});

// WCAG 2.1.1, 2.4.7: the whole question by keyboard.
test("a redirect door is answered by keyboard alone", async (t) => {
  const listener = await Listener.open(t);
  const site = await siteWithPerson(t);
  const page = await newPage(t, browser, site.origin, { also: [listener.origin] });
  const client = await Client.register(site.origin, [listener.redirect]);
  await openAs(page, client.begin(listener.redirect, SCOPE), PERSON);
  await assertFocusIsSeen(page, "approval");
  await page.reload();
  for (let steps = 0; steps < 60; steps += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.value === "approve")) break;
  }
  await page.keyboard.press("Enter");
  await page.waitForURL(`${listener.redirect}?**`);
  assert.ok(client.read(listener.arrived.url).code);
});
