// Every page in every variant, as tests of the pages themselves render them (src/web/pages/gallery.rs): what no journey
// reaches is looked at here, under the headers of the real server.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { after as afterAll, before, test } from "node:test";
import { promisify } from "node:util";
import { assertFocusIsSeen, assertNoSidewaysScroll, look } from "./look.mjs";
import { launchBrowser, newPage, ROOT, Site, submit, text } from "./support.mjs";

const RENDERS = ["test", "--locked", "--quiet", "--lib", "every_page_is_written_under_a_name_of_its_own"];
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
// Long enough for a browser that would move on to have moved on.
const A_WHILE = 1_000;

let browser;
let folder;
let headers;
let names;

before(async () => {
  browser = await launchBrowser();
  folder = await mkdtemp(join(tmpdir(), "countersign-gallery-"));
  const env = { ...process.env, COUNTERSIGN_GALLERY: folder };
  await promisify(execFile)("cargo", RENDERS, { cwd: ROOT, env });
  names = (await readdir(folder)).filter((name) => name.endsWith(".html")).map((name) => name.slice(0, -5));
  assert.ok(names.length > 60, `the gallery holds ${names.length} pages`);
});
afterAll(async () => {
  await browser?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** The headers that the real server sends with every page. */
async function pageHeaders(t) {
  if (headers === undefined) {
    const site = await Site.open(t);
    const all = (await fetch(site.origin)).headers;
    const sent = ["content-security-policy", "referrer-policy", "cross-origin-opener-policy", "cache-control"];
    headers = Object.fromEntries(sent.map((name) => [name, all.get(name)]));
    assert.match(headers["content-security-policy"], /form-action 'self'/);
  }
  return headers;
}

/** Serves the gallery; `answers` says which page follows when a form is posted to an address. */
async function serve(t, answers = {}) {
  const sent = await pageHeaders(t);
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://gallery");
    const file = request.method === "POST" ? answers[pathname] : pathname;
    try {
      const body = await readFile(join(folder, file));
      response.writeHead(200, { ...sent, "content-type": TYPES[extname(file)] });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

const leadsOn = (name) => name.startsWith("moving-on");

const isHostile = (name) => name.endsWith("-hostile");

// contracts/pages.md 26 to 28: nothing scrolls sideways at 320 px, axe finds nothing against WCAG 2.2 AA, in both themes.
test("every page of the gallery is accessible at every width and theme", async (t) => {
  const origin = await serve(t);
  const page = await newPage(t, browser, origin);
  const shown = names.filter((name) => !leadsOn(name) && !isHostile(name));
  assert.ok(shown.length > 40, `${shown.length} pages`);
  for (const name of shown) {
    await page.goto(`/${name}.html`);
    await look(page, name, { picture: false });
  }
});

// contracts/pages.md 4: whatever a stranger calls himself, the page keeps its shape and runs nothing of it.
test("no page of the gallery is bent by hostile words", async (t) => {
  const origin = await serve(t);
  const page = await newPage(t, browser, origin, { viewport: { width: 320, height: 640 } });
  page.on("dialog", (dialog) => assert.fail(`a stranger's words ran: ${dialog.message()}`));
  const shown = names.filter((name) => !leadsOn(name) && isHostile(name));
  assert.ok(shown.length > 40, `${shown.length} pages`);
  for (const name of shown) {
    await page.goto(`/${name}.html`);
    await assertNoSidewaysScroll(page, name);
  }
});

// The same for pages that would leave before they are looked at: what they lead to is held back.
test("every page that moves on is accessible while it is there", async (t) => {
  const origin = await serve(t);
  const page = await newPage(t, browser, origin);
  const shown = names.filter((name) => leadsOn(name) && !isHostile(name));
  assert.ok(shown.length > 0, `no page among ${names.join()}`);
  for (const name of shown) {
    const html = await readFile(join(folder, `${name}.html`), "utf8");
    await page.route(`**/${name}.html`, (route) =>
      route.fulfill({ body: html.replace(/<meta http-equiv="refresh"[^>]*>/, ""), contentType: "text/html" }),
    );
    await page.goto(`/${name}.html`);
    await look(page, name, { picture: false });
  }
});

// WCAG 2.4.7, 2.4.11.
test("the focus is always seen on the pages of the standard doors", async (t) => {
  const origin = await serve(t);
  const page = await newPage(t, browser, origin, { viewport: { width: 320, height: 640 } });
  const shown = ["redirect-unconfirmed", "step-up", "device", "device-brought", "sessions-standard"];
  for (const name of shown) {
    await page.goto(`/${name}.html`);
    const stops = await assertFocusIsSeen(page, name);
    assert.ok(stops.length >= 4, `${name}: ${stops.length} stops`);
  }
});

// contracts/pages.md 2 and 29: on a phone the place is read before anything is decided, and both buttons are there.
test("a phone shows where the answer goes, large, and both buttons", async (t) => {
  const origin = await serve(t);
  const page = await newPage(t, browser, origin, { viewport: { width: 360, height: 640 } });
  await page.goto("/redirect-loopback.html");
  const size = await page.locator(".place").evaluate((one) => Number.parseFloat(getComputedStyle(one).fontSize));
  assert.ok(size >= 20, `${size} px`);
  const place = await page.locator(".place").boundingBox();
  for (const value of ["deny", "approve"]) {
    const box = await page.locator(`button[name="decision"][value="${value}"]`).boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= 640, `${value} lies at ${box.y}`);
  }
  const scopes = await page.locator('[name="scope"]').first().boundingBox();
  assert.ok(place.y < scopes.y, "the place comes before the scopes");
});

for (const scripts of [false, true]) {
  const mode = scripts ? "with scripts" : "without scripts";

  // contracts/pages.md 3: the default button does nothing until the box is ticked; denying asks for nothing.
  test(`a borrowed name blocks Approve and nothing else, ${mode}`, async (t) => {
    const origin = await serve(t, { "/redirect-borrowed.html": "device.html" });
    const page = await newPage(t, browser, origin, { scripts });
    const press = (value) => page.locator(`button[name="decision"][value="${value}"]`);
    await page.goto("/redirect-borrowed.html");
    await press("approve").click();
    await page.waitForTimeout(A_WHILE);
    assert.match(await text(page), /which we do not know as theirs/, "still here");
    await page.locator('[name="confirm_brand"]').check();
    await submit(page, press("approve"));
    assert.match(await text(page), /Connect a device/);
    await page.goto("/redirect-borrowed.html");
    await submit(page, press("deny"));
    assert.match(await text(page), /Connect a device/);
  });

  // design.md decision 16, oauth.md trap 18: Chromium goes on from the answer to a form under `form-action 'self'`.
  for (const [name, target] of [
    ["moving-on-site", "https://agent.example.net/callback"],
    ["moving-on-loopback", "http://127.0.0.1:33418/callback"],
    ["moving-on-denied", "https://agent.example.net/callback"],
  ]) {
    test(`${name} is followed from the answer to a form, ${mode}`, async (t) => {
      const origin = await serve(t, { "/redirect-site.html": `${name}.html` });
      const context = await browser.newContext({ javaScriptEnabled: scripts });
      t.after(() => context.close());
      const arrived = [];
      await context.route(
        (url) => url.origin !== origin,
        (route) => {
          arrived.push(route.request().url());
          return route.fulfill({ body: "arrived", contentType: "text/plain" });
        },
      );
      const page = await context.newPage();
      await page.goto(`${origin}/redirect-site.html`);
      await page.locator('button[name="decision"][value="deny"]').click();
      await page.waitForURL((url) => url.href.startsWith(target));
      const [url] = arrived;
      assert.ok(url.startsWith(target), url);
      if (name === "moving-on-site") {
        assert.equal(new URL(url).searchParams.get("from"), '"><script>alert(1)</script>', "what was asked for, unchanged");
      }
    });
  }

  // RFC 8252 §7.1: a private-use scheme is handed to the system; the page stays, with its button.
  test(`a private-use scheme is asked for and the page stays, ${mode}`, async (t) => {
    const origin = await serve(t, { "/redirect-site.html": "moving-on-program.html" });
    const page = await newPage(t, browser, origin, { scripts });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Page.enable");
    const asked = [];
    devtools.on("Page.frameRequestedNavigation", ({ url, reason }) => asked.push([reason, url]));
    await page.goto("/redirect-site.html");
    await submit(page, page.locator('button[name="decision"][value="deny"]'));
    await page.waitForTimeout(A_WHILE);
    const target = "cursor://anysphere.cursor-mcp/oauth/callback?code=aac_1";
    assert.deepEqual(asked.filter(([, url]) => url.startsWith("cursor:")), [["metaTagRefresh", target]]);
    assert.match(await text(page), /may now act for you/);
    assert.equal(await page.getByRole("link", { name: /^Open the program for cursor: links/ }).getAttribute("href"), target);
  });
}

// WCAG 3.3.8: a code may be pasted with whatever stands around it.
test("a device code is pasted", async (t) => {
  const origin = await serve(t);
  const page = await newPage(t, browser, origin, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.goto("/device.html");
  await page.evaluate(() => navigator.clipboard.writeText(" bcdf - ghjk "));
  await page.locator('[name="user_code"]').focus();
  await page.keyboard.press("Control+V");
  assert.equal(await page.locator('[name="user_code"]').inputValue(), " bcdf - ghjk ");
});

// contracts/pages.md 28: colours of the reader's own, paper, and another direction of reading take nothing away.
test("forced colours, a printed receipt and right-to-left lose nothing", async (t) => {
  const origin = await serve(t);
  const page = await newPage(t, browser, origin, { viewport: { width: 320, height: 640 } });
  await page.emulateMedia({ forcedColors: "active" });
  await page.goto("/approval.html");
  for (const value of ["deny", "approve"]) {
    const edge = await page
      .locator(`button[name="decision"][value="${value}"]`)
      .evaluate((one) => [getComputedStyle(one).borderTopStyle, Number.parseFloat(getComputedStyle(one).borderTopWidth)]);
    assert.ok(edge[0] !== "none" && edge[1] >= 1, `${value} has no edge of its own: ${edge}`);
  }
  await page.emulateMedia({ forcedColors: "none", media: "print" });
  await page.goto("/decision-approved.html");
  assert.ok(await page.locator(".receipt").isVisible(), "the receipt is printed");
  for (const gone of [".top .person", ".after"]) {
    assert.equal(await page.locator(gone).first().isVisible(), false, `${gone} is of no use on paper`);
  }
  await page.emulateMedia({ media: "screen" });
  const shown = names.filter((name) => !leadsOn(name) && !isHostile(name));
  for (const name of shown) {
    await page.goto(`/${name}.html`);
    await page.evaluate(() => (document.documentElement.dir = "rtl"));
    await assertNoSidewaysScroll(page, `${name}, right to left`);
  }
});
