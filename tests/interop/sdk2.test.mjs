// @modelcontextprotocol/client 2.x: the successor SDK, which the Inspector and mcp-remote are built with.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  Client,
  ClientCredentialsProvider,
  DpopSession,
  PrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { Agent, BOTH, READ, testWhatBothDo } from "./typescript.mjs";
import { World } from "./world.mjs";

const sdk = {
  name: "sdk-two",
  Client,
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  // It compares `iss` with the issuer it discovered before it looks at anything else (RFC 9207 2.4).
  finish: (transport, callback) => transport.finishAuth(callback),
};

const world = await World.open({ after });

testWhatBothDo(sdk, world);

/** RFC 6750 3.1, MCP scope challenge: row 3 and trap 25. This SDK asks for old and new scopes by itself. */
test("a tool that needs more asks again, and the same session gains it", async (t) => {
  const agent = new Agent(sdk, world);
  await agent.connect(t, { scopes: READ });
  const session = await agent.session();
  await assert.rejects(agent.addNote("not yet"), UnauthorizedError);
  assert.deepEqual(agent.provider.asked.searchParams.get("scope").split(" ").sort(), BOTH);
  await agent.finish(agent.transport(), { scopes: BOTH });
  await agent.addNote("written by the second SDK");
  assert.deepEqual(agent.scope, BOTH);
  assert.equal((await agent.session()).session_id, session.session_id);
});

/** RFC 9207 2.4: an answer in another server's name is refused before its code is used. */
test("the SDK refuses an answer whose issuer is not this server", async () => {
  const agent = new Agent(sdk, world);
  const transport = agent.transport();
  const client = new Client({ name: "notes-helper", version: "1.0.0" });
  await assert.rejects(client.connect(transport), UnauthorizedError);
  const callback = await agent.provider.callback(world.person, { scopes: READ });
  callback.set("iss", "https://other.example.com");
  await assert.rejects(transport.finishAuth(callback), { name: "IssuerMismatchError" });
  callback.delete("iss");
  await assert.rejects(transport.finishAuth(callback), { name: "IssuerMismatchError" });
});

/** RFC 9449 5, 7, 8: row 27. */
test("a client with a key of its own gets tokens that only this key can use", async (t) => {
  const dpop = await DpopSession.create();
  const agent = new Agent(sdk, world, { dpop });
  await agent.connect(t, { scopes: READ });
  assert.equal(agent.provider.held.token_type, "DPoP");
  assert.ok(Array.isArray(await agent.readNotes()));
  assert.equal((await agent.session()).cnf.jkt, dpop.thumbprint);

  const authorization = `Bearer ${agent.provider.held.access_token}`;
  const stolen = await fetch(`${world.origin}/demo/notes`, { headers: { authorization } });
  assert.equal(stolen.status, 401, "the token alone opens nothing");

  await agent.forgetAccessToken();
  assert.ok(Array.isArray(await agent.readNotes()), "the refresh proves the key as well");
  assert.equal((await agent.session()).cnf.jkt, dpop.thumbprint);
});

/** RFC 9449 5: a public client's refresh token is bound to its key (trap 28). */
test("a refresh token is worth nothing to another key", async (t) => {
  const agent = new Agent(sdk, world, { dpop: await DpopSession.create() });
  await agent.connect(t, { scopes: READ });
  const stranger = await DpopSession.create();
  agent.provider.dpop = () => stranger;
  await agent.forgetAccessToken();
  await assert.rejects(agent.readNotes(), UnauthorizedError);
  assert.ok(agent.provider.calls.includes("invalidate tokens"), agent.provider.calls.join());
});
