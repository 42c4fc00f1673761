// The conformance suite imports `globSync` from `fs`, which Node.js has from version 22 on, for a command that is not run
// here. Where it is missing, something of this name is put in its place.

import * as fs from "node:fs";
import { register } from "node:module";

const stand = (code) => `data:text/javascript,${encodeURIComponent(code)}`;

const FS = stand(`
export * from "node:fs";
export const globSync = () => { throw new Error("globSync needs Node.js 22"); };`);

const HOOK = stand(`
export const resolve = (specifier, context, next) =>
  specifier === "fs" && context.parentURL?.includes("/conformance/")
    ? { url: ${JSON.stringify(FS)}, shortCircuit: true }
    : next(specifier, context);`);

if (!("globSync" in fs)) register(HOOK);
