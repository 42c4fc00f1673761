// What an agent built on either TypeScript SDK keeps for itself: its client id, its tokens, its verifier. In memory, and
// otherwise as the SDKs' own examples do it.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

export const CALLBACK = "http://127.0.0.1:53682/callback";

export class Provider {
  /** With `metadataUrl` the client is identified by its metadata document, without by registering. */
  constructor({ name = "Notes helper", metadataUrl, dpop } = {}) {
    this.name = name;
    this.clientMetadataUrl = metadataUrl;
    this.calls = [];
    if (dpop !== undefined) this.dpop = () => dpop;
  }

  get redirectUrl() {
    return CALLBACK;
  }

  get clientMetadata() {
    return {
      client_name: this.name,
      redirect_uris: [CALLBACK],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }

  state() {
    this.expectedState = randomUUID();
    return this.expectedState;
  }

  clientInformation() {
    return this.client;
  }

  saveClientInformation(client) {
    this.calls.push("saveClientInformation");
    this.client = client;
  }

  tokens() {
    return this.held;
  }

  saveTokens(tokens) {
    this.calls.push("saveTokens");
    this.held = tokens;
  }

  redirectToAuthorization(url) {
    this.calls.push("redirectToAuthorization");
    this.asked = url;
  }

  saveCodeVerifier(verifier) {
    this.verifier = verifier;
  }

  codeVerifier() {
    return this.verifier;
  }

  saveDiscoveryState(state) {
    this.discovered = state;
  }

  discoveryState() {
    return this.discovered;
  }

  invalidateCredentials(what) {
    this.calls.push(`invalidate ${what}`);
    if (what === "all" || what === "client") this.client = undefined;
    if (what === "all" || what === "tokens") this.held = undefined;
    if (what === "all" || what === "discovery") this.discovered = undefined;
  }

  /** The person opens the link; what the callback receives, checked as the agent must (state: RFC 6749 10.12). */
  async callback(person, answer) {
    const { location, page } = await person.answer(this.asked, answer);
    assert.ok(location, `the browser stayed on a page: ${page}`);
    assert.ok(location.startsWith(`${CALLBACK}?`), location);
    const { searchParams } = new URL(location);
    assert.equal(searchParams.get("state"), this.expectedState);
    return searchParams;
  }
}
