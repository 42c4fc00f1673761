// @modelcontextprotocol/client 2.x: the successor SDK, which the Inspector and mcp-remote are built with.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import {
  Client,
  ClientCredentialsProvider,
  DpopSession,
  PrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { Agent, BOTH, READ, useAsMachine } from "./typescript.mjs";
import { KEYED_MACHINE, MACHINE, World } from "./world.mjs";

const sdk = {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  // It compares `iss` with the issuer it discovered before it looks at anything else (RFC 9207 2.4).
  finish: (transport, callback) => transport.finishAuth(callback),
};

const world = await World.open({ after });

/** RFC 7591, OAuth 2.1 4.1, RFC 9207 2.4: contracts/oauth rows 1, 4 to 7, 9 to 12, 16. */
test("a client that registers itself is let in and calls a tool", async (t) => {
  const agent = new Agent(sdk, world);
  await agent.connect(t, { scopes: READ });
  assert.deepEqual(agent.scope, READ);
  assert.equal(agent.provider.held.token_type, "Bearer");
  assert.ok(Array.isArray(await agent.readNotes()));
  assert.equal((await agent.session()).client_id, agent.provider.client.client_id);
});

/** Client id metadata documents: row 14. */
test("a client with a metadata document is let in without registering", async (t) => {
  const metadataUrl = world.documents.of("sdk-two");
  const agent = new Agent(sdk, world, { metadataUrl });
  await agent.connect(t, { scopes: READ });
  assert.ok(Array.isArray(await agent.readNotes()));
  assert.equal((await agent.session()).client_id, metadataUrl);
  assert.ok(world.documents.read.includes("sdk-two"), "the document was read");
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

/** RFC 6749 4.4: row 31. */
test("a machine with a secret acts by itself", async (t) => {
  const { id, secret } = MACHINE;
  const provider = new ClientCredentialsProvider({ clientId: id, clientSecret: secret, expectedIssuer: world.origin });
  assert.equal((await useAsMachine(sdk, world, t, provider)).client_id, id);
});

/** RFC 7523 2.2: rows 18 and 31; the assertion alone says who it is. */
test("a machine with a key acts by itself", async (t) => {
  const { id } = KEYED_MACHINE;
  const privateKey = await readFile(world.key, "utf8");
  const key = { clientId: id, privateKey, algorithm: "ES256", expectedIssuer: world.origin };
  assert.equal((await useAsMachine(sdk, world, t, new PrivateKeyJwtProvider(key))).client_id, id);
});
