// openid-client 6: the strict general-purpose client. It takes nothing but the exact statuses, types and members.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import * as client from "openid-client";
import { BOTH, READ } from "./typescript.mjs";
import { KEYED_MACHINE, MACHINE, World } from "./world.mjs";

const CALLBACK = "http://127.0.0.1:53683/callback";
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

const world = await World.open({ after });

/** The server is on loopback, where plain http is all there is. */
const options = (algorithm = "oauth2") => ({ algorithm, execute: [client.allowInsecureRequests] });
const server = () => new URL(world.origin);
const resource = () => `${world.origin}/demo`;

function register(metadata = {}, authentication = undefined) {
  const about = {
    client_name: "Strict client",
    redirect_uris: [CALLBACK],
    grant_types: ["authorization_code", "refresh_token", DEVICE, EXCHANGE],
    token_endpoint_auth_method: "client_secret_basic",
    ...metadata,
  };
  return client.dynamicClientRegistration(server(), about, authentication, options());
}

const registerPublic = () => register({ token_endpoint_auth_method: "none" }, client.None());

/** Asks, has the person decide, and redeems the code; `push` sends the request ahead (RFC 9126). */
async function authorize(config, { scopes = READ, push = false, dpop, answer = {} } = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const request = {
    redirect_uri: CALLBACK,
    scope: scopes.join(" "),
    resource: resource(),
    state: expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
  };
  const DPoP = dpop && client.getDPoPHandle(config, dpop);
  const url = push
    ? await client.buildAuthorizationUrlWithPAR(config, request, { DPoP })
    : client.buildAuthorizationUrl(config, request);
  if (push) assert.deepEqual([...url.searchParams.keys()].sort(), ["client_id", "request_uri"]);
  const { location } = await world.person.answer(url, { scopes, ...answer });
  const checks = { pkceCodeVerifier, expectedState };
  return client.authorizationCodeGrant(config, new URL(location), checks, { resource: resource() }, { DPoP });
}

async function notes(config, token, { method = "GET", DPoP } = {}) {
  const body = method === "POST" ? JSON.stringify({ text: "strictly" }) : undefined;
  const headers = new Headers(body === undefined ? {} : { "content-type": "application/json" });
  const url = new URL(`${world.origin}/demo/notes`);
  return client.fetchProtectedResource(config, token, url, method, body, headers, { DPoP });
}

/** Contracts/oauth row 8: this client's default discovery is OpenID's, which must agree with RFC 8414's. */
test("both discovery documents name the same issuer and endpoints", async () => {
  const config = await client.discovery(server(), "nobody", undefined, client.None(), options("oauth2"));
  const metadata = config.serverMetadata();
  assert.equal(metadata.issuer, world.origin);
  assert.equal(metadata.supportsPKCE(), true);
  const openid = await client.discovery(server(), "nobody", undefined, client.None(), options("oidc"));
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value === "string") assert.equal(openid.serverMetadata()[name], value, name);
  }
});

/** RFC 7591 3.2.1: rows 12 and 18; the id and the secret go into form-encoded Basic (trap 16). */
test("a registered client with a secret completes the code grant", async () => {
  const config = await register({}, undefined);
  const tokens = await authorize(config);
  assert.equal(tokens.token_type, "bearer");
  assert.equal(tokens.scope, "demo:read");
  assert.equal((await notes(config, tokens.access_token)).status, 200);
});

/** Client id metadata documents: row 14; the id is a URL and travels in forms. */
test("a client with a metadata document needs no registration", async () => {
  const id = world.documents.of("openid-client");
  const config = await client.discovery(server(), id, undefined, client.None(), options());
  const tokens = await authorize(config);
  assert.equal((await world.introspect(tokens.access_token)).client_id, id);
  assert.ok((await client.refreshTokenGrant(config, tokens.refresh_token)).access_token);
});

/** RFC 6750 3.1, RFC 8707 2: row 3. */
test("a client that asks for more gains it in the same session", async () => {
  const config = await registerPublic();
  const first = await authorize(config);
  const refused = await notes(config, first.access_token, { method: "POST" }).catch((error) => error);
  assert.equal(refused.status, 403);
  assert.equal(refused.cause[0].parameters.error, "insufficient_scope");
  const asked = refused.cause[0].parameters.scope.split(" ");
  const session = await world.introspect(first.access_token);
  const second = await authorize(config, { scopes: asked });
  assert.equal((await notes(config, second.access_token, { method: "POST" })).status, 201);
  assert.equal((await world.introspect(second.access_token)).session_id, session.session_id);
});

/**
 * RFC 6749 2.3.1: either way of sending a secret is accepted (trap 16), and no secret is not. RFC 6749 5.2: who tried
 * Basic is answered with a challenge for it.
 */
test("a secret may travel as Basic or in the body, and must be right", async () => {
  const { client_id, client_secret } = (await register()).clientMetadata();
  for (const proof of [client.ClientSecretBasic(client_secret), client.ClientSecretPost(client_secret)]) {
    const config = await client.discovery(server(), client_id, undefined, proof, options());
    assert.equal((await authorize(config)).scope, "demo:read");
  }
  const wrong = client.ClientSecretBasic("not the secret");
  const challenged = await client.discovery(server(), client_id, undefined, wrong, options());
  await assert.rejects(authorize(challenged), { code: "OAUTH_WWW_AUTHENTICATE_CHALLENGE", status: 401 });
  const bare = await client.discovery(server(), client_id, undefined, client.None(), options());
  await assert.rejects(authorize(bare), { error: "invalid_client", status: 401 });
});

/** RFC 7523 2.2: row 18; the assertion's audience is the issuer (row 19). */
test("a client proves itself with a key of its own", async () => {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", keys.publicKey);
  const jwks = { keys: [{ kty, crv, x, y, kid: "one", alg: "ES256", use: "sig" }] };
  const metadata = { token_endpoint_auth_method: "private_key_jwt", jwks };
  const config = await register(metadata, client.PrivateKeyJwt({ key: keys.privateKey, kid: "one" }));
  const tokens = await authorize(config);
  assert.equal((await notes(config, tokens.access_token)).status, 200);
  assert.ok((await client.refreshTokenGrant(config, tokens.refresh_token)).access_token);
});

/** OAuth 2.1 4.3: row 20. */
test("a refresh rotates the token and may narrow the scope", async () => {
  const config = await registerPublic();
  const first = await authorize(config, { scopes: BOTH });
  const second = await client.refreshTokenGrant(config, first.refresh_token, { scope: "demo:read" });
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.equal(second.scope, "demo:read");
  assert.equal((await notes(config, second.access_token, { method: "POST" }).catch((error) => error)).status, 403);
  const third = await client.refreshTokenGrant(config, second.refresh_token);
  assert.deepEqual(third.scope.split(" ").sort(), BOTH);
  await assert.rejects(client.refreshTokenGrant(config, first.refresh_token), { error: "invalid_grant" });
});

/** RFC 6749 4.1.2.1, RFC 9207 2. */
test("a denial is an error of the authorization response, with the issuer", async () => {
  const config = await registerPublic();
  const denied = authorize(config, { answer: { decision: "deny" } });
  await assert.rejects(denied, { error: "access_denied", code: "OAUTH_AUTHORIZATION_RESPONSE_ERROR" });
});

/** RFC 8628 3.1 to 3.5: row 22. */
test("a device without a browser is let in by its code", async () => {
  const config = await registerPublic();
  const begun = await client.initiateDeviceAuthorization(config, { scope: "demo:read", resource: resource() });
  assert.match(begun.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  const tokens = client.pollDeviceAuthorizationGrant(config, begun);
  await world.person.answer(begun.verification_uri, { code: begun.user_code, scopes: READ });
  const { access_token } = await tokens;
  assert.equal((await notes(config, access_token)).status, 200);
  const again = await client.pollDeviceAuthorizationGrant(config, begun);
  assert.equal(again.access_token, access_token, "an answer that was lost is told again, and no second one is made");
});

/** RFC 8628 3.3.1, 5.1: the prefilled link fills nothing in for the person who decides. */
test("the link with the code in it leads to the same question, and a denial reaches the device", async () => {
  const config = await registerPublic();
  const begun = await client.initiateDeviceAuthorization(config, { scope: "demo:read" });
  const tokens = client.pollDeviceAuthorizationGrant(config, begun);
  await world.person.answer(begun.verification_uri_complete, { code: begun.user_code, decision: "deny" });
  await assert.rejects(tokens, { error: "access_denied" });
});

/** RFC 9126 2.1, 4: row 26. */
test("a request pushed ahead is authorized by its reference", async () => {
  const config = await registerPublic();
  const tokens = await authorize(config, { push: true });
  assert.equal((await notes(config, tokens.access_token)).status, 200);
});

/** RFC 9449 5, 7, 10: row 27. */
test("a token bound to a key is used and refreshed with proofs of it", async () => {
  const config = await registerPublic();
  const dpop = await client.randomDPoPKeyPair("ES256");
  const tokens = await authorize(config, { push: true, dpop });
  assert.equal(tokens.token_type, "dpop");
  const DPoP = client.getDPoPHandle(config, dpop);
  assert.equal((await notes(config, tokens.access_token, { DPoP })).status, 200);
  const jkt = await DPoP.calculateThumbprint();
  assert.equal((await world.introspect(tokens.access_token)).cnf.jkt, jkt);

  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  assert.equal(refreshed.token_type, "dpop");
  const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  const stolen = client.refreshTokenGrant(config, refreshed.refresh_token, undefined, { DPoP: other });
  await assert.rejects(stolen, { error: "invalid_grant" });
});

/** RFC 9449 5, RFC 8628 3.4: row 27. */
test("a device's token is bound to the key it polls with", async () => {
  const config = await registerPublic();
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  const begun = await client.initiateDeviceAuthorization(config, { scope: "demo:read" });
  const polling = client.pollDeviceAuthorizationGrant(config, begun, undefined, { DPoP });
  await world.person.answer(begun.verification_uri, { code: begun.user_code, scopes: READ });
  const tokens = await polling;
  assert.equal(tokens.token_type, "dpop");
  assert.equal((await notes(config, tokens.access_token, { DPoP })).status, 200);
});

/** RFC 7009 2.1, 2.2: row 25. */
test("a revoked refresh token takes its access tokens along", async () => {
  const config = await registerPublic();
  const tokens = await authorize(config);
  await client.tokenRevocation(config, tokens.refresh_token);
  assert.deepEqual(await world.introspect(tokens.access_token), { active: false });
  await client.tokenRevocation(config, tokens.refresh_token);
  await client.tokenRevocation(config, "never issued");
});

/** RFC 7662 2: row 23. The resource server is a client of its own. */
test("a resource server learns what a token is good for", async () => {
  const tokens = await authorize(await registerPublic());
  const proof = client.ClientSecretBasic("demo-secret");
  const asDemo = await client.discovery(server(), "demo", undefined, proof, options());
  const seen = await client.tokenIntrospection(asDemo, tokens.access_token);
  assert.equal(seen.active, true);
  assert.equal(seen.iss, world.origin);
  assert.equal(seen.aud, resource());
  assert.ok(Number.isInteger(seen.exp) && Number.isInteger(seen.iat));
  assert.deepEqual(await client.tokenIntrospection(asDemo, "never issued"), { active: false });
});

/** RFC 9701 4, 5: row 24. */
test("the answer to an introspection can be signed", async () => {
  const tokens = await authorize(await registerPublic());
  const metadata = { introspection_signed_response_alg: "ES256" };
  const proof = client.ClientSecretBasic("demo-secret");
  const asDemo = await client.discovery(server(), "demo", metadata, proof, {
    ...options(),
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  });
  // The client takes plain JSON as well, so the type is looked at on the way.
  let type;
  asDemo[client.customFetch] = async (url, init) => {
    const answer = await fetch(url, init);
    if (url.endsWith("/introspect")) type = answer.headers.get("content-type");
    return answer;
  };
  const seen = await client.tokenIntrospection(asDemo, tokens.access_token);
  assert.equal(type, "application/token-introspection+jwt");
  assert.equal(seen.active, true);
  assert.equal(seen.scope, "demo:read");
});

/** RFC 8693 2.1, 2.2: row 33. */
test("an agent hands a narrower token to a helper, which ends with its own", async () => {
  const config = await registerPublic();
  const tokens = await authorize(config, { scopes: BOTH });
  const narrower = await client.genericGrantRequest(config, EXCHANGE, {
    subject_token: tokens.access_token,
    subject_token_type: ACCESS_TOKEN,
    scope: "demo:read",
  });
  assert.equal(narrower.issued_token_type, ACCESS_TOKEN);
  assert.equal(narrower.scope, "demo:read");
  assert.ok((await world.introspect(narrower.access_token)).act, "who acts through whom is on record");
  await client.tokenRevocation(config, tokens.refresh_token);
  assert.deepEqual(await world.introspect(narrower.access_token), { active: false });
});

/** RFC 6749 4.4, RFC 7523 2.2: row 31. */
test("a machine that the operator knows acts by itself", async () => {
  const pem = (await readFile(world.key, "utf8")).replace(/-----[^-]+-----|\s/g, "");
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("pkcs8", Buffer.from(pem, "base64"), curve, false, ["sign"]);
  for (const [id, proof] of [
    [MACHINE.id, client.ClientSecretBasic(MACHINE.secret)],
    [KEYED_MACHINE.id, client.PrivateKeyJwt(key)],
  ]) {
    const config = await client.discovery(server(), id, undefined, proof, options());
    const tokens = await client.clientCredentialsGrant(config, { resource: resource() });
    assert.equal(tokens.scope, "demo:read");
    assert.equal(tokens.refresh_token, undefined);
    assert.equal((await notes(config, tokens.access_token)).status, 200);
  }
});
