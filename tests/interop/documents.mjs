// Client id metadata documents over https, as the makers of agents publish them.

import { readFile } from "node:fs/promises";
import { createServer } from "node:https";

/** Serves `/NAME.json` for every name: the document of a public client that answers on any loopback port. */
export class Documents {
  static async open({ certificate, key }) {
    const documents = new Documents();
    documents.read = [];
    const options = { cert: await readFile(certificate), key: await readFile(key) };
    documents.server = createServer(options, (request, answer) => documents.serve(request, answer));
    await new Promise((listening) => documents.server.listen(0, "127.0.0.1", listening));
    documents.origin = `https://localhost:${documents.server.address().port}`;
    return documents;
  }

  serve(request, answer) {
    const [, name] = /^\/([A-Za-z0-9-]+)\.json$/.exec(request.url) ?? [];
    if (request.method !== "GET" || name === undefined) {
      answer.writeHead(404).end();
      return;
    }
    this.read.push(name);
    const document = {
      client_id: this.of(name),
      client_name: name.replaceAll("-", " "),
      redirect_uris: ["http://127.0.0.1/callback", "http://localhost/callback", "http://localhost/oauth/callback"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
    answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(document));
  }

  /** The client id whose document this serves. */
  of(name) {
    return `${this.origin}/${name}.json`;
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((closed) => this.server.close(closed));
  }
}
