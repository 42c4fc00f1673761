// mcp-remote: how hosts that speak only stdio reach a remote MCP server. Run as they run it, in a process of its own.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { BOTH, READ } from "./typescript.mjs";
import { MACHINE, World } from "./world.mjs";

const PROXY = fileURLToPath(new URL("node_modules/mcp-remote/dist/proxy.js", import.meta.url));

const world = await World.open({ after });

/** One installation of mcp-remote: what it keeps, and the runs of it. */
class Host {
  static async open(t) {
    const host = new Host();
    host.folder = await mkdtemp(join(tmpdir(), "countersign-mcp-remote-"));
    t.after(() => rm(host.folder, { recursive: true, force: true }));
    host.t = t;
    return host;
  }

  /** Starts it and connects; `visit` is given every line that it says to the person. */
  async connect(options, visit = async () => {}, timeout = 60_000) {
    const { PATH, HOME } = process.env;
    // "true" is a browser that opens nothing: the person reads the link.
    const env = { PATH, HOME, BROWSER: "true", MCP_REMOTE_CONFIG_DIR: this.folder };
    const args = [PROXY, world.mcp, ...options];
    const transport = new StdioClientTransport({ command: process.execPath, args, env, stderr: "pipe" });
    this.said = [];
    const faults = [];
    createInterface({ input: transport.stderr }).on("line", (line) => {
      this.said.push(line);
      visit(line).catch((error) => faults.push(error));
    });
    const client = new Client({ name: "stdio-host", version: "1.0.0" });
    this.t.after(() => client.close());
    await client.connect(transport, { timeout }).catch(async (error) => {
      await client.close();
      throw new AggregateError([error, ...faults], this.said.join("\n"));
    });
    return client;
  }

  /** One of the files it keeps for the server. */
  async kept(name) {
    const names = await readdir(this.folder, { recursive: true });
    const found = names.find((one) => one.endsWith(`_${name}`));
    assert.ok(found, `${name} among ${names.join()}`);
    return join(this.folder, found);
  }

  async tokens() {
    return JSON.parse(await readFile(await this.kept("tokens.json")));
  }
}

/** The person follows the link and their browser delivers the answer to mcp-remote. */
async function authorize(line) {
  if (!line.startsWith(`${world.origin}/authorize?`)) return;
  const scopes = new URL(line).searchParams.get("scope").split(" ");
  const { location } = await world.person.answer(line, { scopes });
  const delivered = await fetch(location);
  assert.equal(delivered.status, 200);
}

async function readNotes(client) {
  const result = await client.callTool({ name: "read_notes", arguments: {} });
  return JSON.parse(result.content[0].text);
}

/** RFC 7591, OAuth 2.1 4.1: rows 12, 13, 29. */
test("a host behind mcp-remote is let in, and stays so in the next run", async (t) => {
  const host = await Host.open(t);
  const client = await host.connect([], authorize);
  assert.ok(Array.isArray(await readNotes(client)));
  await client.close();
  assert.ok(Array.isArray(await readNotes(await host.connect([]))));
  assert.ok(!host.said.some((line) => line.includes("/authorize?")), "nobody was asked again");
});

/** OAuth 2.1 4.3.1: row 20. */
test("mcp-remote refreshes an access token that ran out between two runs", async (t) => {
  const host = await Host.open(t);
  await (await host.connect([], authorize)).close();
  const before = await host.tokens();
  const stale = { ...before, access_token: `aas_${"0".repeat(38)}`, expires_at: Date.now() - 1000 };
  await writeFile(await host.kept("tokens.json"), JSON.stringify(stale));
  assert.ok(Array.isArray(await readNotes(await host.connect([]))));
  assert.ok(!host.said.some((line) => line.includes("/authorize?")), "nobody was asked again");
  assert.notEqual((await host.tokens()).refresh_token, before.refresh_token);
});

/** Client id metadata documents: row 14. */
test("mcp-remote is let in by a metadata document", async (t) => {
  const host = await Host.open(t);
  const document = world.documents.of("mcp-remote");
  assert.ok(Array.isArray(await readNotes(await host.connect(["--client-metadata-url", document], authorize))));
  assert.equal((await world.introspect((await host.tokens()).access_token)).client_id, document);
});

/** RFC 8628: row 22. */
test("mcp-remote is let in by a device code, without a browser on its machine", async (t) => {
  const host = await Host.open(t);
  const visit = async (line) => {
    const link = line.trim().split(" ").at(-1);
    if (!link.startsWith(`${world.origin}/device`)) return;
    const code = new URL(link).searchParams.get("user_code");
    await world.person.answer(link, { code, scopes: READ });
  };
  assert.ok(Array.isArray(await readNotes(await host.connect(["--device-code"], visit))));
});

/** Row 29: it cannot ask for more later (it prints the link and listens no longer), so it is told what to ask for. */
test("mcp-remote asks for the scopes that it was given", async (t) => {
  const host = await Host.open(t);
  const scope = JSON.stringify({ scope: BOTH.join(" ") });
  const client = await host.connect(["--static-oauth-client-metadata", scope], authorize);
  const call = { name: "add_note", arguments: { text: "written through mcp-remote" } };
  assert.equal((await client.callTool(call)).content[0].text, "written through mcp-remote");
});

/** RFC 6749 4.4: row 31. */
test("mcp-remote acts for a machine that the operator knows", async (t) => {
  const host = await Host.open(t);
  const about = JSON.stringify({ client_id: MACHINE.id, client_secret: MACHINE.secret });
  const client = await host.connect(["--client-credentials", "--static-oauth-client-info", about]);
  assert.ok(Array.isArray(await readNotes(client)));
});

/**
 * Trap 15: a client id that was kept and is gone. mcp-remote looks at the answer to its link before it opens it, and
 * registers again; having begun one sign-in, it begins no other until it is started again.
 */
test("mcp-remote drops a client id that the server has forgotten, and the next run is let in", async (t) => {
  const host = await Host.open(t);
  await (await host.connect([], authorize)).close();
  const kept = await host.kept("client_info.json");
  await writeFile(kept, JSON.stringify({ ...JSON.parse(await readFile(kept)), client_id: "nobody" }));
  await rm(await host.kept("tokens.json"));
  await assert.rejects(host.connect([], undefined, 5_000));
  assert.notEqual(JSON.parse(await readFile(kept)).client_id, "nobody");
  assert.ok(Array.isArray(await readNotes(await host.connect([], authorize))));
});
