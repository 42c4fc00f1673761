// What both TypeScript SDKs must be able to do; they differ in where things are imported from and in how much of it they
// do by themselves.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Provider } from "./provider.mjs";
import { KEYED_MACHINE, MACHINE } from "./world.mjs";

export const READ = ["demo:read"];
export const BOTH = ["demo:read", "demo:write"];

/** A machine, whose `provider` is one of the SDK's own, calls a tool; nobody is asked. What its token is good for. */
async function useAsMachine(sdk, world, t, provider) {
  const client = new sdk.Client({ name: "nightly", version: "1.0.0" });
  t.after(() => client.close());
  await client.connect(new sdk.StreamableHTTPClientTransport(new URL(world.mcp), { authProvider: provider }));
  const result = await client.callTool({ name: "read_notes", arguments: {} });
  assert.ok(Array.isArray(JSON.parse(result.content[0].text)));
  const tokens = provider.tokens();
  assert.equal(tokens.refresh_token, undefined, "the secret is what lasts (RFC 6749 4.4.3)");
  return world.introspect(tokens.access_token);
}

/**
 * A program that uses the demo's MCP server through `sdk`: its name, its classes and how to finish signing in with it.
 */
export class Agent {
  constructor(sdk, world, options) {
    this.sdk = sdk;
    this.world = world;
    this.provider = new Provider(options);
  }

  transport() {
    return new this.sdk.StreamableHTTPClientTransport(new URL(this.world.mcp), { authProvider: this.provider });
  }

  /** Connects; the first time, a person is asked. */
  async connect(t, answer) {
    const first = this.transport();
    const client = new this.sdk.Client({ name: "notes-helper", version: "1.0.0" });
    try {
      await client.connect(first);
    } catch (error) {
      assert.ok(error instanceof this.sdk.UnauthorizedError, error.stack);
      await this.finish(first, answer);
      await client.connect(this.transport());
    }
    t.after(() => client.close());
    this.client = client;
  }

  async finish(transport, answer) {
    const callback = await this.provider.callback(this.world.person, answer);
    assert.equal(callback.get("iss"), this.world.origin, "RFC 9207: the answer says who answers");
    await this.sdk.finish(transport, callback);
  }

  async readNotes() {
    const result = await this.client.callTool({ name: "read_notes", arguments: {} });
    return JSON.parse(result.content[0].text);
  }

  async addNote(text) {
    const result = await this.client.callTool({ name: "add_note", arguments: { text } });
    assert.equal(result.content[0].text, text);
  }

  get scope() {
    return this.provider.held.scope.split(" ").sort();
  }

  session() {
    return this.world.introspect(this.provider.held.access_token);
  }

  /** What an access token that has run out looks like to the SDK: the resource refuses it. */
  async forgetAccessToken() {
    const token = this.provider.held.access_token;
    this.provider.held = { ...this.provider.held, access_token: `${token.slice(0, 4)}${"0".repeat(38)}` };
    return token;
  }
}

/** What both do in the same way, a test each. */
export function testWhatBothDo(sdk, world) {
  /** RFC 7591, OAuth 2.1 4.1, RFC 9207 2.4: contracts/oauth rows 1, 4 to 7, 9 to 12, 16. */
  test("a client that registers itself is let in and calls a tool", async (t) => {
    const agent = new Agent(sdk, world);
    await agent.connect(t, { scopes: READ });
    assert.deepEqual(agent.scope, READ);
    assert.equal(agent.provider.held.token_type, "Bearer");
    assert.ok(Array.isArray(await agent.readNotes()));
    const session = await agent.session();
    assert.equal(session.client_id, agent.provider.client.client_id);
    assert.equal(session.aud, `${world.origin}/demo`);
  });

  /** Client id metadata documents: row 14. */
  test("a client with a metadata document is let in without registering", async (t) => {
    const metadataUrl = world.documents.of(sdk.name);
    const agent = new Agent(sdk, world, { metadataUrl });
    await agent.connect(t, { scopes: READ });
    assert.ok(Array.isArray(await agent.readNotes()));
    assert.equal((await agent.session()).client_id, metadataUrl);
    assert.ok(world.documents.read.includes(sdk.name), "the document was read");
  });

  /** OAuth 2.1 4.3.1: row 20. */
  test("an access token that ran out is refreshed without the person", async (t) => {
    const agent = new Agent(sdk, world);
    await agent.connect(t, { scopes: READ });
    const session = await agent.session();
    const refresh = agent.provider.held.refresh_token;
    await agent.forgetAccessToken();
    agent.provider.calls = [];
    assert.ok(Array.isArray(await agent.readNotes()));
    assert.deepEqual(agent.provider.calls, ["saveTokens"], "nobody was asked");
    assert.notEqual(agent.provider.held.refresh_token, refresh, "the refresh token is used once");
    assert.equal((await agent.session()).session_id, session.session_id);
  });

  /** RFC 6749 4.4: row 31. */
  test("a machine with a secret acts by itself", async (t) => {
    const { id, secret } = MACHINE;
    const known = { clientId: id, clientSecret: secret, expectedIssuer: world.origin };
    assert.equal((await useAsMachine(sdk, world, t, new sdk.ClientCredentialsProvider(known))).client_id, id);
  });

  /** RFC 7523 2.2: rows 18 and 31; the assertion alone says who it is. */
  test("a machine with a key acts by itself", async (t) => {
    const { id } = KEYED_MACHINE;
    const privateKey = await readFile(world.key, "utf8");
    const key = { clientId: id, privateKey, algorithm: "ES256", expectedIssuer: world.origin };
    assert.equal((await useAsMachine(sdk, world, t, new sdk.PrivateKeyJwtProvider(key))).client_id, id);
  });
}
