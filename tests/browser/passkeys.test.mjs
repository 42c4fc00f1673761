// Passkeys in a real browser, with an emulated authenticator: made, used on the way to a risky approval, refused by its
// person, removed. The server has a name, because an address is no relying party.

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { Agent } from "./agent.mjs";
import { look as lookAt } from "./look.mjs";
import { ask, launchBrowser, newPage, openAs, PERSON, Site, submit, text } from "./support.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

async function named(t) {
  const site = await Site.open(t, {}, async (site) => {
    site.origin = site.origin.replace("127.0.0.1", "localhost");
  });
  await site.addPerson(PERSON);
  return site;
}

/** A page on a device that holds passkeys; `verified` is whether its person puts the finger on it. */
async function device(t, site, options) {
  const page = await newPage(t, browser, site.origin, options);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const verified = (isUserVerified) => devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  return { page, verified };
}

async function makePasskey(page) {
  await page.getByText("More", { exact: true }).click();
  await submit(page, page.getByRole("link", { name: "Passkeys" }));
  await submit(page, page.getByRole("link", { name: "Add a passkey" }));
  await page.getByLabel("What you call it").fill("My laptop");
  await submit(page, page.getByRole("button", { name: "Make the passkey" }));
}

test("a passkey is made, signs in, and is removed", async (t) => {
  const site = await named(t);
  const { page } = await device(t, site);
  await openAs(page, "/account/sessions", PERSON);
  await page.goto("/account/passkeys");
  await lookAt(page, "passkeys-none");
  await page.goto("/account/passkeys/new");
  await lookAt(page, "passkey-new");
  await page.goto("/account/sessions");
  await makePasskey(page);
  assert.match(await text(page), /Your passkey is ready\.[^]*My laptop/);
  await lookAt(page, "passkeys");
  await submit(page, page.getByRole("button", { name: "Sign out" }));
  await lookAt(page, "sign-in-passkey");
  await submit(page, page.getByRole("button", { name: "Sign in with a passkey" }));
  assert.equal(new URL(page.url()).pathname, "/account/sessions");
  await page.goto("/account/passkeys");
  await submit(page, page.getByRole("button", { name: "Remove" }));
  assert.match(await text(page), /Removed\. It signs nobody in any more\.[^]*You have none yet\./);
});

test("a password does not stand in for the passkey where something risky is approved", async (t) => {
  const site = await named(t);
  const { page, verified } = await device(t, site);
  await openAs(page, "/account/sessions", PERSON);
  await makePasskey(page);
  await submit(page, page.getByRole("button", { name: "Sign out" }));
  await openAs(page, "/account/passkeys/new", PERSON);
  assert.match(await text(page), /What comes next needs your passkey/);
  await lookAt(page, "sign-in-passkey-needed");
  await verified(false);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByText("Your device gave no passkey.").waitFor();
  assert.equal(new URL(page.url()).pathname, "/sign-in", "still here");
  await verified(true);
  await submit(page, page.getByRole("button", { name: "Sign in with a passkey" }));
  assert.equal(new URL(page.url()).pathname, "/account/passkeys/new", "and on to where it was needed");
});

test("an agent's request waits while its person signs in with a passkey", async (t) => {
  const site = await named(t);
  const { page } = await device(t, site);
  await openAs(page, "/account/sessions", PERSON);
  await makePasskey(page);
  await submit(page, page.getByRole("button", { name: "Sign out" }));
  const agent = await Agent.discover(site.origin);
  await ask(agent);
  await page.goto(agent.link);
  assert.equal(new URL(page.url()).pathname, "/sign-in");
  await submit(page, page.getByRole("button", { name: "Sign in with a passkey" }));
  assert.equal(new URL(page.url()).pathname, new URL(agent.link).pathname);
});

test("without scripts, or where the server has no name, nothing is offered that cannot work", async (t) => {
  const site = await named(t);
  const page = await newPage(t, browser, site.origin, { scripts: false });
  await page.goto("/sign-in");
  assert.equal(await page.getByRole("button", { name: "Sign in with a passkey" }).count(), 0);
  await openAs(page, "/account/passkeys/new", PERSON);
  assert.match(await text(page), /Making a passkey needs scripts/);
  assert.equal(await page.getByRole("button", { name: "Make the passkey" }).count(), 0);
  const unnamed = await Site.open(t);
  const other = await newPage(t, browser, unnamed.origin);
  await other.goto("/sign-in");
  assert.equal(await other.getByRole("button", { name: "Sign in with a passkey" }).count(), 0);
});
