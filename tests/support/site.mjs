// The real server in a process of its own: what the tests in a browser and the tests with other people's clients start from.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const BINARY = resolve(ROOT, process.env.COUNTERSIGN_BIN ?? "target/debug/countersign");

// What is set for the tests is no setting of the server, which refuses names it does not know.
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("COUNTERSIGN_")));

export const PERSON = "ada@example.com";
export const PASSWORD = "correct horse battery staple";

async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/**
 * A server of its own in an empty folder; stopped, and its folder removed, when the test `t` ends. `prepare` may write
 * into the folder before the server starts, and choose another `origin`.
 */
export class Site {
  static async open(t, settings = {}, prepare = async () => {}) {
    assert.ok(existsSync(BINARY), `${BINARY} is missing: cargo build, or set COUNTERSIGN_BIN`);
    const site = new Site();
    site.environment = { ...ENVIRONMENT, ...settings };
    site.folder = await mkdtemp(join(tmpdir(), "countersign-tests-"));
    site.origin = `http://127.0.0.1:${await freePort()}`;
    site.errors = "";
    site.said = [];
    t.after(() => site.close());
    await prepare(site);
    await site.start();
    return site;
  }

  async start() {
    const listen = `127.0.0.1:${new URL(this.origin).port}`;
    this.process = spawn(BINARY, ["serve", "--listen", listen, "--issuer", this.origin], {
      cwd: this.folder,
      env: this.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stderr.on("data", (text) => (this.errors += text));
    this.exit = new Promise((exited) => this.process.once("exit", (code, signal) => exited(code ?? signal)));
    const said = await Promise.race([this.firstListening(), this.exit, after(20_000, "nothing in 20 s")]);
    assert.equal(said, `listening on ${new URL(this.origin).protocol}//${listen}`, `the server did not start:\n${this.errors}`);
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
    const exit = await Promise.race([this.exit ?? 0, after(15_000, "still running after 15 s")]);
    this.process?.kill("SIGKILL");
    await rm(this.folder, { recursive: true, force: true });
    assert.equal(exit, 0, `SIGTERM ends the server with 0:\n${this.errors}`);
  }

  /** Adds a person, as an operator does. */
  addPerson(email, name = "Ada Example", more = []) {
    return this.run(["account", "add", email, "--name", name, ...more, "--password-stdin"], `${PASSWORD}\n`);
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
