// An agent as the auth.md contract describes it: it knows one URL of an API and finds the rest.

import assert from "node:assert/strict";
import { setTimeout as after } from "node:timers/promises";

const CLAIM_GRANT = "urn:workos:agent-auth:grant-type:claim";
const ASSERTION_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";

async function answer(response) {
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

const get = async (url, headers = {}) => answer(await fetch(url, { headers, redirect: "error" }));
const post = async (url, body, headers = {}) =>
  answer(await fetch(url, { method: "POST", body, headers, redirect: "error" }));
const postJson = (url, body, headers = {}) =>
  post(url, JSON.stringify(body), { "content-type": "application/json", ...headers });
const postForm = (url, form, headers = {}) => post(url, new URLSearchParams(form), headers);
const bearer = (token) => (token === undefined ? {} : { authorization: `Bearer ${token}` });

export class Agent {
  /** 401 → protected resource metadata → authorization server metadata (contracts/auth-md 2.1). */
  static async discover(origin, name = "Notes helper") {
    const agent = new Agent();
    agent.api = `${origin}/demo/notes`;
    agent.name = name;
    const refused = await get(agent.api);
    assert.equal(refused.status, 401);
    const challenge = refused.headers.get("www-authenticate");
    const [, metadata] = /^Bearer .*resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    assert.ok(metadata, `the challenge names no metadata: ${challenge}`);
    const resource = await get(metadata);
    assert.equal(resource.status, 200);
    agent.resource = resource.body;
    const server = agent.resource.authorization_servers[0];
    agent.server = (await get(`${server}/.well-known/oauth-authorization-server`)).body;
    assert.equal(agent.server.issuer, server);
    return agent;
  }

  /** Asks for an identity (2.2) and remembers what a claim needs. */
  async register(request) {
    const about = { client_name: this.name, client_type: "cli", reason: "Keep your notes in order" };
    const reply = await postJson(this.server.agent_auth.identity_endpoint, { ...about, ...request });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    this.claim = reply.body.claim;
    this.assertion = reply.body.identity?.assertion;
    this.remember(reply.body.claim.attempt, reply.body.claim);
    return reply.body;
  }

  /** Starts or renews an attempt (2.3). */
  async startClaim(email) {
    const request = { type: "service_auth", claim_token: this.claim.token, login_hint: email };
    const reply = await postJson(this.claim.url, request);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    this.remember(reply.body.attempt, reply.body.claim_attempt);
    return reply.body;
  }

  remember(attempt, typed) {
    this.link = attempt?.verification_uri;
    this.code = typed?.user_code;
    this.interval = typed?.interval ?? 5;
  }

  /** One poll of the claim grant (2.6). */
  poll() {
    return postForm(this.server.token_endpoint, { grant_type: CLAIM_GRANT, claim_token: this.claim.token });
  }

  /** Polls at the pace the server asks for until there is an answer. */
  async collect() {
    let pace = this.interval;
    for (let tries = 0; tries < 6; tries += 1) {
      const reply = await this.poll();
      if (reply.body.error === "slow_down") pace += 5;
      else if (reply.body.error !== "authorization_pending") return reply;
      await after(pace * 1000);
    }
    throw new Error("the server never answered");
  }

  /** Hands in the code that the human read to us (2.4). */
  complete(code) {
    const body = { claim_token: this.claim.token, user_code: code };
    return postJson(`${this.server.agent_auth.claim_endpoint}/complete`, body);
  }

  /** Exchanges an identity assertion for an access token (RFC 7523). */
  exchange(assertion) {
    const form = { grant_type: ASSERTION_GRANT, assertion, resource: this.resource.resource };
    return postForm(this.server.token_endpoint, form);
  }

  readNotes(token) {
    return get(this.api, bearer(token));
  }

  addNote(token, text) {
    return postJson(this.api, { text }, bearer(token));
  }

  /** Asks as the demo resource server does (RFC 7662). */
  introspect(token) {
    const authorization = `Basic ${Buffer.from("demo:demo-secret").toString("base64")}`;
    return postForm(this.server.introspection_endpoint, { token }, { authorization });
  }
}
