// An OAuth 2.1 client as MCP programs are: it registers itself (RFC 7591), sends a browser to `/authorize` with PKCE
// (RFC 7636), and waits at its redirect URI.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";

const random = () => randomBytes(32).toString("base64url");

async function answer(response) {
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export class Client {
  static async register(origin, redirects, name = "Notes helper", grants = ["authorization_code", "refresh_token"]) {
    const client = new Client();
    client.server = await (await fetch(`${origin}/.well-known/oauth-authorization-server`)).json();
    client.name = name;
    const metadata = { client_name: name, grant_types: grants, token_endpoint_auth_method: "none" };
    if (redirects.length > 0) metadata.redirect_uris = redirects;
    const reply = await answer(
      await fetch(client.server.registration_endpoint, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(metadata),
      }),
    );
    assert.equal(reply.status, 201, JSON.stringify(reply.body));
    client.id = reply.body.client_id;
    return client;
  }

  /** A new request: the address to send a browser to. */
  begin(redirect, scope) {
    this.redirect = redirect;
    this.state = random();
    this.verifier = random();
    const url = new URL(this.server.authorization_endpoint);
    url.search = new URLSearchParams({
      response_type: "code",
      client_id: this.id,
      redirect_uri: redirect,
      state: this.state,
      scope,
      code_challenge: createHash("sha256").update(this.verifier).digest("base64url"),
      code_challenge_method: "S256",
    });
    return url.href;
  }

  /** Reads what came back to the redirect URI, as RFC 9207 asks of clients. */
  read(address) {
    const parameters = new URL(address).searchParams;
    assert.equal(parameters.get("state"), this.state);
    assert.equal(parameters.get("iss"), this.server.issuer, "RFC 9207 §2");
    return { code: parameters.get("code"), error: parameters.get("error") };
  }

  async redeem(code) {
    const form = {
      grant_type: "authorization_code",
      code,
      client_id: this.id,
      redirect_uri: this.redirect,
      code_verifier: this.verifier,
    };
    return answer(await fetch(this.server.token_endpoint, { method: "POST", body: new URLSearchParams(form) }));
  }
}

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** A program without a browser of its own (RFC 8628): it shows a code and waits. */
export class Device {
  static async begin(origin, scope) {
    const device = new Device();
    device.client = await Client.register(origin, [], "Command line", [DEVICE_GRANT, "refresh_token"]);
    const { server, id } = device.client;
    const form = new URLSearchParams({ client_id: id, scope });
    const reply = await answer(await fetch(server.device_authorization_endpoint, { method: "POST", body: form }));
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    Object.assign(device, { told: reply.body, code: reply.body.user_code, page: reply.body.verification_uri });
    return device;
  }

  async poll() {
    const { server, id } = this.client;
    const form = { grant_type: DEVICE_GRANT, device_code: this.told.device_code, client_id: id };
    return answer(await fetch(server.token_endpoint, { method: "POST", body: new URLSearchParams(form) }));
  }
}

/** A program on this computer that waits for its answer (RFC 8252 §7.3); closed when the test `t` ends. */
export class Listener {
  static async open(t) {
    const listener = new Listener();
    listener.requests = [];
    const server = createServer((request, response) => {
      if (request.url.startsWith("/callback")) listener.requests.push(request);
      response.setHeader("content-type", "text/plain").end("You may close this page.");
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    listener.origin = `http://127.0.0.1:${server.address().port}`;
    listener.redirect = `${listener.origin}/callback`;
    return listener;
  }

  /** The one request that arrived: its address and headers. */
  get arrived() {
    assert.equal(this.requests.length, 1, "one answer arrives");
    const [{ url, headers }] = this.requests;
    return { url: new URL(url, this.origin).href, headers };
  }
}
