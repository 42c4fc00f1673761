// @modelcontextprotocol/sdk 1.x: the SDK that most MCP clients are built with.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { auth, UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { ClientCredentialsProvider, PrivateKeyJwtProvider } from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Agent, BOTH, READ, testWhatBothDo } from "./typescript.mjs";
import { World } from "./world.mjs";

const sdk = {
  name: "sdk-one",
  Client,
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  finish: (transport, callback) => transport.finishAuth(callback.get("code")),
};

const world = await World.open({ after });

testWhatBothDo(sdk, world);

/**
 * RFC 6750 3.1, MCP scope challenge: row 3 and trap 25. This SDK refreshes when it holds a refresh token, gets the scope
 * it had, and gives up; its users then ask for the scope of the challenge themselves.
 */
test("a tool that needs more asks again, and the same session gains it", async (t) => {
  const agent = new Agent(sdk, world);
  await agent.connect(t, { scopes: READ });
  const session = await agent.session();
  await assert.rejects(agent.addNote("not yet"), { code: 403 });
  const { provider } = agent;
  const { refresh_token: _, ...withoutRefresh } = provider.held;
  provider.held = withoutRefresh;
  const request = { serverUrl: world.mcp, scope: BOTH.join(" ") };
  assert.equal(await auth(provider, request), "REDIRECT");
  const callback = await provider.callback(world.person, { scopes: BOTH });
  assert.equal(await auth(provider, { ...request, authorizationCode: callback.get("code") }), "AUTHORIZED");
  await agent.addNote("written by the first SDK");
  assert.deepEqual(agent.scope, BOTH);
  assert.equal((await agent.session()).session_id, session.session_id);
});

/** RFC 6749 4.1.2.1, RFC 9207 2: trap 22. */
test("a denial reaches the callback with error, state and issuer", async () => {
  const agent = new Agent(sdk, world);
  assert.equal(await auth(agent.provider, { serverUrl: world.mcp }), "REDIRECT");
  const callback = await agent.provider.callback(world.person, { decision: "deny" });
  assert.equal(callback.get("error"), "access_denied");
  assert.equal(callback.get("iss"), world.origin);
  assert.equal(callback.get("code"), null);
});

/** RFC 6749 5.2: row 17. A client that was forgotten registers again by itself. */
test("a client id that the server does not know makes the SDK register again", async (t) => {
  const agent = new Agent(sdk, world);
  await agent.connect(t, { scopes: READ });
  const { provider } = agent;
  provider.client = { ...provider.client, client_id: "nobody" };
  await agent.forgetAccessToken();
  await assert.rejects(agent.readNotes(), UnauthorizedError);
  assert.ok(provider.calls.includes("invalidate all"), provider.calls.join());
  assert.notEqual(provider.client.client_id, "nobody");
});

/** OAuth 2.1 4.3.1, RFC 6749 5.2: a session that the person has ended. */
test("a revoked session sends the SDK back to the person", async (t) => {
  const agent = new Agent(sdk, world);
  await agent.connect(t, { scopes: READ });
  const { provider } = agent;
  const body = new URLSearchParams({ token: provider.held.refresh_token, client_id: provider.client.client_id });
  const revoked = await fetch(`${world.origin}/revoke`, { method: "POST", body });
  assert.equal(revoked.status, 200);
  provider.calls = [];
  await assert.rejects(agent.readNotes(), UnauthorizedError);
  assert.deepEqual(provider.calls, ["invalidate tokens", "redirectToAuthorization"]);
});
