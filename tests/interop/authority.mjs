// A certificate authority of the tests' own, and one certificate for this machine under it.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];

// No extension comes from the machine's own openssl.cnf.
const SETTINGS = `
[req]
distinguished_name = name
prompt = no
[name]
CN = Countersign interoperability tests
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[machine]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
`;

/** Writes ca.pem, server.pem and server.key into `folder`; their paths. */
export async function certify(folder) {
  const at = (name) => join(folder, name);
  await writeFile(at("openssl.cnf"), SETTINGS);
  const request = ["req", "-x509", "-config", at("openssl.cnf"), ...KEY];
  await run("openssl", [...request, "-extensions", "authority", "-keyout", at("ca.key"), "-out", at("ca.pem")]);
  const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-extensions", "machine"];
  await run("openssl", [...request, ...signed, "-keyout", at("server.key"), "-out", at("server.pem")]);
  return { ca: at("ca.pem"), certificate: at("server.pem"), key: at("server.key") };
}
