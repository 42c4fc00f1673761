// The real server, a real Chromium and an agent that speaks HTTP: what every browser test starts from.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Agent } from "./agent.mjs";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const BINARY = resolve(ROOT, process.env.COUNTERSIGN_BIN ?? "target/debug/countersign");

// What is set for the tests is no setting of the server, which refuses names it does not know.
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("COUNTERSIGN_")));

export const PERSON = "ada@example.com";
export const BOTH = ["demo:read", "demo:write"];
export const PASSWORD = "correct horse battery staple";

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

// --- the server -------------------------------------------------------------------------------------------------------

async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** A server of its own in an empty folder; stopped, and its folder removed, when the test `t` ends. */
export class Site {
  static async open(t, settings = {}) {
    assert.ok(existsSync(BINARY), `${BINARY} is missing: cargo build, or set COUNTERSIGN_BIN`);
    const site = new Site();
    site.environment = { ...ENVIRONMENT, ...settings };
    site.folder = await mkdtemp(join(tmpdir(), "countersign-browser-"));
    site.origin = `http://127.0.0.1:${await freePort()}`;
    site.errors = "";
    site.said = [];
    t.after(() => site.close());
    await site.start();
    return site;
  }

  async start() {
    const listen = new URL(this.origin).host;
    this.process = spawn(BINARY, ["serve", "--listen", listen, "--issuer", this.origin], {
      cwd: this.folder,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stderr.on("data", (text) => (this.errors += text));
    this.exit = new Promise((exited) => this.process.once("exit", (code, signal) => exited(code ?? signal)));
    const said = await Promise.race([this.firstListening(), this.exit, after(20_000, "nothing in 20 s")]);
    assert.equal(said, `listening on ${this.origin}`, `the server did not start:\n${this.errors}`);
  }

  firstListening() {
    const lines = createInterface({ input: this.process.stdout });
    lines.on("line", (line) => this.said.push(line));
    return new Promise((found) => lines.on("line", (line) => line.startsWith("listening on ") && found(line)));
  }

  /** The path of the link that a server without accounts prints. */
  async firstAccountLink() {
    for (let tries = 0; tries < 100; tries += 1) {
      const line = this.said.find((said) => said.includes("/welcome/"));
      if (line !== undefined) return new URL(line.split(" ").at(-1)).pathname;
      await after(50);
    }
    throw new Error(`no link was printed: ${this.said.join("\n")}`);
  }

  async close() {
    this.process?.kill("SIGTERM");
    const exit = await Promise.race([this.exit, after(15_000, "still running after 15 s")]);
    this.process?.kill("SIGKILL");
    await rm(this.folder, { recursive: true, force: true });
    assert.equal(exit, 0, `SIGTERM ends the server with 0:\n${this.errors}`);
  }

  /** Adds a person, as an operator does. */
  addPerson(email, name = "Ada Example") {
    return this.run(["account", "add", email, "--name", name, "--password-stdin"], `${PASSWORD}\n`);
  }

  /** Adds a person without a password; the path of the link to choose one. */
  async invite(email) {
    const said = await this.run(["account", "add", email], "");
    return new URL(said.trim().split(/\s/).at(-1)).pathname;
  }

  run(command, input) {
    return new Promise((done, failed) => {
      const settings = { cwd: this.folder, env: this.environment };
      const running = execFile(BINARY, command, settings, (error, said, errors) =>
        error ? failed(new Error(`${command.join(" ")}: ${errors}`)) : done(said),
      );
      running.stdin.end(input);
    });
  }
}

export function after(milliseconds, value) {
  return new Promise((done) => setTimeout(done, milliseconds, value).unref());
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
