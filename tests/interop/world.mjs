// Everything around a client under test: the server, a person with an account, and the web site of the client's maker.
//
// As a program it runs a command in such a world and tells it by environment variables where everything is, so that
// clients written in other languages need nothing but HTTP:
//
//   node world.mjs COMMAND…
//
//   INTEROP_ORIGIN     the server
//   INTEROP_PERSON     POST {"url", "decision", "scopes", "lifetime", "code"}: a person opens the link and decides;
//                      the answer says where the browser went in the end ({"location"} or {"page"})
//   INTEROP_EMAIL      who that person is, for pages that no client opens
//   INTEROP_PASSWORD
//   INTEROP_DOCUMENTS  serves a client id metadata document at /NAME.json
//   INTEROP_CA         the certificate that everything here is trusted by
//   INTEROP_KEY        the private key (PEM) of the machine that proves itself with one

import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { PASSWORD, PERSON, Site } from "../support/site.mjs";
import { certify } from "./authority.mjs";
import { Documents } from "./documents.mjs";
import { Person } from "./person.mjs";

/** Machines that the operator knows and that act by themselves: one has a secret, the other a key (RFC 7523 2.2). */
export const MACHINE = { id: "nightly-report", secret: "nightly-report-secret" };
export const KEYED_MACHINE = { id: "nightly-backup" };

/** What the operator has written down. */
const configuration = (certified) => `
[outbound]
ca_file = "${certified.ca}"
allow = ["localhost"]

[[client]]
client_id = "${MACHINE.id}"
client_secret = "${MACHINE.secret}"
grant_types = ["client_credentials"]
scope = "demo:read"

[[client]]
client_id = "${KEYED_MACHINE.id}"
jwks_file = "machine.jwks.json"
grant_types = ["client_credentials"]
scope = "demo:read"

[[profile]]
name = "agent-sentinel"
error_dialect = "detail"
[profile.jwt]
[[profile.credential]]
prefix = "as_"
via = ["bearer", "apikey-scheme"]
manage = "human-jwt"
routes = { create = "POST /api/v1/api-keys/", revoke = "DELETE /api/v1/api-keys/{id}" }
shape = { prefix = "key_prefix" }
default_scopes = ["demo:read", "demo:write"]
`;

/** Writes a key pair into `folder`; the path of the private half. */
async function writeKeys(folder) {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = { ...publicKey.export({ format: "jwk" }), alg: "ES256", use: "sig" };
  await writeFile(`${folder}/machine.jwks.json`, JSON.stringify({ keys: [jwk] }));
  const path = `${folder}/machine.pem`;
  await writeFile(path, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 });
  return path;
}

export class World {
  /** Gone when the test `t` ends, or all tests of a file with `{ after }` of node:test. */
  static async open(t) {
    const world = new World();
    world.site = await Site.open(t, {}, async (site) => {
      world.certified = await certify(site.folder);
      world.key = await writeKeys(site.folder);
      await writeFile(`${site.folder}/countersign.toml`, configuration(world.certified), { mode: 0o600 });
    });
    await world.site.addPerson(PERSON);
    world.origin = world.site.origin;
    world.person = new Person(world.origin, PERSON, PASSWORD);
    world.documents = await Documents.open(world.certified);
    t.after(() => world.documents.close());
    return world;
  }

  /** The MCP server that the clients want to use. */
  get mcp() {
    return `${this.origin}/demo/mcp`;
  }

  /** What the demo's resource server learns of a token (RFC 7662). */
  async introspect(token) {
    const authorization = `Basic ${Buffer.from("demo:demo-secret").toString("base64")}`;
    const body = new URLSearchParams({ token });
    const answer = await fetch(`${this.origin}/introspect`, { method: "POST", headers: { authorization }, body });
    return answer.json();
  }
}

/**
 * The person as a service, for clients that are no part of this process. They ask at the same time, so each question gets
 * a browser of its own: a sign-in in one changes the cookie that a form in another was made for.
 */
async function serve(person) {
  const server = createServer(async (request, answer) => {
    try {
      const parts = [];
      for await (const part of request) parts.push(part);
      const { url, ...decision } = JSON.parse(Buffer.concat(parts).toString());
      const browser = new Person(person.origin, person.email, person.password);
      const outcome = await browser.answer(url, decision);
      answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(outcome));
    } catch (error) {
      answer.writeHead(500, { "content-type": "text/plain" }).end(String(error.stack));
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { server, address: `http://127.0.0.1:${server.address().port}/` };
}

async function runInWorld(command) {
  const endings = [];
  const t = { after: (end) => endings.unshift(end) };
  try {
    const world = await World.open(t);
    const { server, address } = await serve(world.person);
    t.after(() => server.close());
    const env = {
      ...process.env,
      INTEROP_ORIGIN: world.origin,
      INTEROP_PERSON: address,
      INTEROP_DOCUMENTS: world.documents.origin,
      INTEROP_EMAIL: world.person.email,
      INTEROP_PASSWORD: world.person.password,
      INTEROP_CA: world.certified.ca,
      INTEROP_KEY: world.key,
    };
    const running = spawn(command[0], command.slice(1), { stdio: "inherit", env });
    return await new Promise((done, failed) => running.once("error", failed).once("exit", (code) => done(code ?? 1)));
  } finally {
    for (const end of endings) await end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await runInWorld(process.argv.slice(2));
