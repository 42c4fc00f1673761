// @modelcontextprotocol/conformance: MCP's own suite, the part of it that tests authorization servers.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { READ } from "./typescript.mjs";
import { World } from "./world.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const SUITE = join(HERE, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
const PORT = 53684;
const REVISIONS = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

const world = await World.open({ after });

async function register() {
  const body = JSON.stringify({
    client_name: "Conformance suite",
    redirect_uris: [`http://127.0.0.1:${PORT}/callback`],
    token_endpoint_auth_method: "none",
  });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${world.origin}/register`, { method: "POST", headers, body });
  assert.equal(answer.status, 201);
  return (await answer.json()).client_id;
}

/** Runs every authorization scenario; a person opens each link that the suite prints. */
async function run(settings, folder) {
  const command = ["--import", "./globSync.mjs", SUITE, "authorization", "--url", world.origin, "--output-dir", folder];
  const child = spawn(process.execPath, [...command, ...settings], { cwd: HERE, stdio: ["ignore", "pipe", "inherit"] });
  const exit = new Promise((exited) => child.once("exit", exited));
  const said = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (!line.startsWith(`${world.origin}/authorize?`)) continue;
    const { location } = await world.person.answer(line, { scopes: READ });
    await fetch(location);
  }
  return { code: await exit, said: said.join("\n") };
}

/** What the suite wrote down of each check. */
async function results(folder) {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith("checks.json"));
  return (await Promise.all(files.map(async (name) => JSON.parse(await readFile(join(folder, name)))))).flat();
}

for (const revision of REVISIONS) {
  /** Contracts/oauth section 0: metadata and code grant, as each revision of MCP asks for them. */
  test(`the suite finds nothing to say against the server as of ${revision}`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "countersign-conformance-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const about = ["--client-id", await register(), "--resource", `${world.origin}/demo`, "--port", String(PORT)];
    const { code, said } = await run([...about, "--spec-version", revision], folder);
    assert.equal(code, 0, said);
    const checks = await results(folder);
    const ids = checks.map((check) => check.id);
    for (const id of ["authorization-server-metadata", "authorization-code-grant"]) assert.ok(ids.includes(id), said);
    for (const check of checks) assert.equal(check.status, "SUCCESS", `${check.id}: ${check.errorMessage}`);
  });
}
