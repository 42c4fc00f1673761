// What both TypeScript SDKs must be able to do; they differ in where things are imported from and in how much of it they
// do by themselves.

import assert from "node:assert/strict";
import { Provider } from "./provider.mjs";

export const READ = ["demo:read"];
export const BOTH = ["demo:read", "demo:write"];

/** A machine, whose `provider` is one of the SDK's own, calls a tool; nobody is asked. What its token is good for. */
export async function useAsMachine(sdk, world, t, provider) {
  const client = new sdk.Client({ name: "nightly", version: "1.0.0" });
  t.after(() => client.close());
  await client.connect(new sdk.StreamableHTTPClientTransport(new URL(world.mcp), { authProvider: provider }));
  const result = await client.callTool({ name: "read_notes", arguments: {} });
  assert.ok(Array.isArray(JSON.parse(result.content[0].text)));
  const tokens = provider.tokens();
  assert.equal(tokens.refresh_token, undefined, "the secret is what lasts (RFC 6749 4.4.3)");
  return world.introspect(tokens.access_token);
}

/** A program that uses the demo's MCP server through `sdk`: its `Client`, its transport and how to finish signing in. */
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
