// The human: follows an agent's link over plain HTTP with cookies, signs in, reads the page, decides. No browser, so
// that it is the pages' forms that work and not a script of theirs.

import { Page } from "./page.mjs";

const MOST_PAGES = 12;

export class Person {
  /** A person at the server `origin`, who has an account there. */
  constructor(origin, email, password) {
    Object.assign(this, { origin, email, password });
    this.cookies = new Map();
  }

  /** One request, with the cookies of this origin and no other; a redirect is an answer like any other. */
  async load(url, form) {
    const headers = { accept: "text/html" };
    if (this.cookies.size > 0) headers.cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    if (form !== undefined) headers.origin = this.origin;
    const method = form === undefined ? "GET" : "POST";
    const answer = await fetch(url, { method, headers, body: form, redirect: "manual" });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      this.cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    const html = await answer.text();
    if (location === null) return { page: new Page(String(url), answer.status, html) };
    return { location: new URL(location, url).href };
  }

  /** Follows redirects within the server; a redirect elsewhere is where the person ends up. */
  async open(url, form) {
    let next = await this.load(url, form);
    for (let hops = 0; next.location !== undefined && this.isHere(next.location); hops += 1) {
      if (hops > MOST_PAGES) throw new Error(`redirected in circles at ${next.location}`);
      next = await this.load(next.location);
    }
    return next;
  }

  isHere(url) {
    return new URL(url).origin === this.origin;
  }

  submit(form, name, value) {
    const entries = form.entries(name, value);
    if (form.method === "post") return this.open(form.action, entries);
    const address = new URL(form.action);
    address.search = String(entries);
    return this.open(address);
  }

  /**
   * Opens an agent's link and decides. `answer` says how: `decision`, `scopes` to leave ticked (as the page has them
   * when left out), `lifetime`, and the `code` that the agent shows. Returns where the browser went in the end: a
   * `location` outside the server, or the last `page`.
   */
  async answer(url, answer = {}) {
    let now = await this.open(url);
    const seen = [];
    for (let steps = 0; now.location === undefined && steps < MOST_PAGES; steps += 1) {
      const { page } = now;
      seen.push(page.text);
      const next = await this.step(page, answer);
      if (next === undefined) return { page: page.text, status: page.status, seen };
      now = next;
    }
    return { location: now.location, seen };
  }

  /** What there is to do on a page; nothing when it is the last. */
  async step(page, answer) {
    if (page.movesTo !== undefined) {
      return this.isHere(page.movesTo) ? this.open(page.movesTo) : { location: page.movesTo };
    }
    if (page.status >= 400) throw new Error(`${page.status} at ${page.url}: ${page.text}`);
    const deciding = page.formWith("decision");
    if (deciding !== undefined) return this.decide(deciding, answer);
    const signing = page.formWith("password");
    if (signing !== undefined) {
      signing.fill("email", this.email);
      signing.fill("password", this.password);
      return this.submit(signing);
    }
    const typing = page.formWith("user_code");
    if (typing === undefined) return undefined;
    if (answer.code !== undefined) typing.fill("user_code", answer.code);
    return this.submit(typing);
  }

  decide(form, { decision = "approve", scopes, lifetime, code }) {
    if (code !== undefined && form.has("user_code")) form.fill("user_code", code);
    if (scopes !== undefined) form.tick("scope", scopes);
    if (lifetime !== undefined) form.choose("lifetime", lifetime);
    return this.submit(form, "decision", decision);
  }
}
