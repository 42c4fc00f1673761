// The real server, a real Chromium and an agent that speaks HTTP: what every browser test starts from.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { after, PASSWORD, PERSON, ROOT, Site } from "../support/site.mjs";
import { Agent } from "./agent.mjs";

export { after, PASSWORD, PERSON, ROOT, Site };
export const BOTH = ["demo:read", "demo:write"];

// --- the browser ------------------------------------------------------------------------------------------------------

const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function chromiumPath() {
  const folders = ["/usr/bin", ...(process.env.PATH ?? "").split(":")];
  const found = folders.map((folder) => join(folder, "chromium")).find(existsSync);
  assert.ok(found, "Chromium is missing: install the package chromium");
  return found;
}

export function launchBrowser() {
  return chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS });
}

/**
 * A page of its own browser profile: no cookie is shared with any other. It is closed when the test `t` ends.
 *
 * What no page of ours may do fails the test: ask another origin than its own and those in `also`, miss a file, break its
 * own content security policy, throw.
 */
export async function newPage(t, browser, origin, { scripts = true, also = [], ...options } = {}) {
  const viewport = { width: 1280, height: 800 };
  const context = await browser.newContext({ baseURL: origin, javaScriptEnabled: scripts, viewport, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const faults = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && ![origin, ...also].includes(url.origin)) faults.push(`asks ${url.origin}`);
  });
  page.on("response", (response) => {
    if (response.request().resourceType() !== "document" && !response.ok()) faults.push(`misses ${response.url()}`);
  });
  page.on("console", (message) => {
    if (/content security policy/i.test(message.text())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(`throws ${error.message}`));
  t.after(() => assert.deepEqual(faults, [], "faults of the page"));
  return page;
}

/** A server with one person, a page of theirs, and an agent that has found its way. */
export async function begin(t, browser, { settings, ...options } = {}) {
  const site = await Site.open(t, settings);
  await site.addPerson(PERSON);
  const page = await newPage(t, browser, site.origin, options);
  const agent = await Agent.discover(site.origin);
  return { site, page, agent };
}

/** The same, with an agent that waits for the person's answer. */
export async function beginAsking(t, browser, options) {
  const begun = await begin(t, browser, options);
  await ask(begun.agent);
  return begun;
}

export function ask(agent, scopes = BOTH) {
  return agent.register({ type: "service_auth", login_hint: PERSON, requested_scopes: scopes });
}

export const text = (page) => page.locator("body").innerText();

// --- the person -------------------------------------------------------------------------------------------------------

/** Opens `url` and signs in on the way if the server asks; returns the response of the page behind. */
export async function openAs(page, url, email) {
  const first = await page.goto(url);
  if (new URL(page.url()).pathname !== "/sign-in") return first;
  await fillSignIn(page, email);
  return submit(page, page.locator('form:has([name="password"]) [type="submit"]').first());
}

export async function fillSignIn(page, email) {
  await page.locator('[name="email"]').fill(email);
  await page.locator('[name="password"]').fill(PASSWORD);
}

/** Presses a button or link that loads a page, and returns the last response of that load. */
export async function submit(page, button) {
  const loaded = page.waitForNavigation({ waitUntil: "load" });
  await button.click();
  return loaded;
}

/** Says yes to "Did you start this just now?" where the page asks (contracts, pages 9). */
async function sayItWasMe(page) {
  const yes = page.getByRole("radio", { name: /^yes/i });
  if ((await yes.count()) > 0) await yes.first().check();
}

/** Leaves exactly `scopes` ticked, but for those that the page has locked. */
export async function tick(page, scopes) {
  for (const box of await page.locator('input[type="checkbox"][name="scope"]').all()) {
    if (await box.isEnabled()) await box.setChecked(scopes.includes(await box.getAttribute("value")));
  }
}

/** Decides on the approval page: types the code where one is given, ticks, presses. */
export async function decide(page, decision, { code, scopes } = {}) {
  await sayItWasMe(page);
  if (code !== undefined) await page.locator('[name="user_code"]').fill(code);
  if (scopes !== undefined) await tick(page, scopes);
  return submit(page, page.locator(`button[name="decision"][value="${decision}"]`));
}

/** The agent's request, open before the signed-in person. */
export async function approve(page, agent, scopes = BOTH) {
  await openAs(page, agent.link, PERSON);
  return decide(page, "approve", { code: agent.code, scopes });
}

/** Another code of the same form. */
export function wrongCode(code) {
  const alphabet = "BCDFGHJKLMNPQRSTVWXZ";
  const next = alphabet[(alphabet.indexOf(code.at(-1)) + 1) % alphabet.length];
  return code.slice(0, -1) + next;
}
