// The same pages by keyboard, with other colours, other spacing, another clock, and what scripts add.

import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { assertFocusIsSeen, assertNoSidewaysScroll, tabTo } from "./look.mjs";
import {
  approve,
  begin,
  beginAsking,
  BOTH,
  decide,
  launchBrowser,
  openAs,
  PASSWORD,
  PERSON,
  submit,
  text,
} from "./support.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
afterAll(() => browser?.close());

async function enter(page) {
  const loaded = page.waitForNavigation({ waitUntil: "load" });
  await page.keyboard.press("Enter");
  return loaded;
}

// WCAG 2.1.1: from the link to the disconnected session without a pointer.
for (const scripts of [false, true]) {
  test(`the whole journey works by keyboard alone, ${scripts ? "with" : "without"} scripts`, async (t) => {
    const { page, agent } = await beginAsking(t, browser, { scripts });
    await page.goto(agent.link);
    await tabTo(page, '[name="email"]');
    await page.keyboard.type(PERSON);
    await tabTo(page, '[name="password"]');
    await page.keyboard.type(PASSWORD);
    await enter(page);
    await tabTo(page, '[name="user_code"]');
    await page.keyboard.type(agent.code);
    await tabTo(page, '[value="demo:write"]');
    await page.keyboard.press("Space");
    await tabTo(page, '[name="lifetime"]');
    await page.keyboard.press("ArrowDown");
    await tabTo(page, '[name="decision"][value="deny"]');
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.value), "approve", "Approve follows Deny");
    await enter(page);
    assert.match(await text(page), /approved/i);
    const issued = (await agent.collect()).body;
    assert.equal(issued.scope, BOTH.join(" "));
    await tabTo(page, 'main .aside a[href="/account/sessions"]');
    await enter(page);
    await tabTo(page, 'form[action$="/disconnect"] button');
    await enter(page);
    assert.equal((await agent.readNotes(issued.access_token)).status, 401);
  });
}

// WCAG 2.4.1: the first stop leads past the frame.
test("the first Tab offers to skip to the content", async (t) => {
  const { page } = await begin(t, browser);
  await page.goto("/sign-in");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
});

// WCAG 2.4.7 and 2.4.11, on a phone with a keyboard and on a desk, in both themes.
for (const viewport of [{ width: 320, height: 640 }, { width: 1280, height: 800 }]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`the focus is always seen, ${colorScheme}, ${viewport.width} px`, async (t) => {
      const { page, agent } = await beginAsking(t, browser, { viewport, colorScheme });
      const walk = async (where) => {
        const stops = await assertFocusIsSeen(page, where);
        assert.ok(stops.length >= 3, `${where}: ${stops.length} stops`);
      };
      for (const address of ["/", "/sign-in", "/sign-up", "/nothing-here"]) {
        await page.goto(address);
        await walk(address);
      }
      await openAs(page, agent.link, PERSON);
      await walk("approval");
      await page.goto(`${agent.link}?code=none`);
      await walk("approval, relayed");
      await page.goto(agent.link);
      await approve(page, agent);
      await walk("receipt");
      await page.goto("/account/sessions");
      await walk("sessions");
      await submit(page, page.locator("main h2 a").first());
      await walk("session");
    });
  }
}

// WCAG 1.4.12: with the spacing a reader may set, nothing is cut off and nothing scrolls sideways.
test("pages bear the text spacing of WCAG 1.4.12 at 320 px", async (t) => {
  const options = { viewport: { width: 320, height: 640 }, bypassCSP: true };
  const { page, agent } = await beginAsking(t, browser, options);
  const content = `* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
    p { margin-block-end: 2em !important; }`;
  const assertFits = async (where) => {
    await page.addStyleTag({ content });
    await assertNoSidewaysScroll(page, where);
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((one) => getComputedStyle(one).overflowX === "hidden" && one.className !== "implicit")
        .filter((one) => one.scrollWidth > one.clientWidth + 1)
        .map((one) => one.outerHTML.slice(0, 100)),
    );
    assert.deepEqual(cut, [], where);
  };
  await page.goto("/sign-in");
  await assertFits("sign-in");
  await openAs(page, agent.link, PERSON);
  await assertFits("approval");
  await page.goto(`${agent.link}?code=none`);
  await decide(page, "approve", { scopes: BOTH });
  await assertFits("relayed code");
  await page.goto("/account/sessions");
  await assertFits("sessions");
});

// contracts/pages.md 29: a name as long as names may be, in a script without spaces, still fits.
test("the longest agent name fits a narrow page", async (t) => {
  const { page, agent } = await begin(t, browser, { viewport: { width: 320, height: 640 } });
  agent.name = "W".repeat(300);
  await agent.register({ type: "service_auth", login_hint: PERSON, requested_scopes: BOTH });
  await openAs(page, agent.link, PERSON);
  await assertNoSidewaysScroll(page, "approval");
  await decide(page, "approve", { code: agent.code, scopes: BOTH });
  await assertNoSidewaysScroll(page, "receipt");
  await page.goto("/account/sessions");
  await assertNoSidewaysScroll(page, "sessions");
});

// contracts/pages.md 29: the buttons are on the first screen of a phone.
test("a phone shows both buttons without scrolling", async (t) => {
  const { page, agent } = await beginAsking(t, browser, { viewport: { width: 360, height: 640 } });
  await openAs(page, agent.link, PERSON);
  for (const value of ["deny", "approve"]) {
    const box = await page.locator(`button[name="decision"][value="${value}"]`).boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= 640, `${value} lies at ${box.y}`);
  }
});

// WCAG 2.5.8, contracts/pages.md 27: everything that can be pressed is 44 px high, or lies in a line of text.
test("whatever can be pressed is large enough", async (t) => {
  const { page, agent } = await beginAsking(t, browser, { viewport: { width: 320, height: 640 } });
  const assertLarge = async (where) => {
    const small = await page.evaluate(() =>
      [...document.querySelectorAll("main button:not(.implicit), main a, main label.tick, main summary, header a, header button")]
        .filter((one) => one.checkVisibility() && !(one.matches("p a") && getComputedStyle(one).display === "inline"))
        .filter((one) => one.getBoundingClientRect().height < 44)
        .map((one) => `${one.outerHTML.slice(0, 80)} ${one.getBoundingClientRect().height}`),
    );
    assert.deepEqual(small, [], where);
  };
  for (const address of ["/", "/sign-in", "/sign-up", "/nothing-here"]) {
    await page.goto(address);
    await assertLarge(address);
  }
  await openAs(page, agent.link, PERSON);
  await assertLarge("approval");
  await approve(page, agent);
  await assertLarge("receipt");
  await page.goto("/account/sessions");
  await assertLarge("sessions");
});

// contracts/pages.md 25 and 26: what scripts add, and nothing more.
test("scripts copy the code, count down and give the reader's own time", async (t) => {
  const options = { timezoneId: "America/New_York", permissions: ["clipboard-read", "clipboard-write"] };
  const { page, agent } = await beginAsking(t, browser, options);
  await openAs(page, agent.link, PERSON);
  assert.match(await text(page), /your time/);
  const left = () => page.locator(".left").first().innerText();
  const first = await left();
  assert.match(first, /\d+:\d\d left/);
  await page.waitForFunction((before) => document.querySelector(".left").innerText !== before, first);
  await page.goto(`${agent.link}?code=none`);
  await decide(page, "approve", { scopes: BOTH });
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, (await page.locator("output").innerText()).trim());
});

// WCAG 3.3.8: a code may be pasted with whatever stands around it.
test("a pasted code counts with its spaces, hyphens and case", async (t) => {
  const options = { permissions: ["clipboard-read", "clipboard-write"] };
  const { page, agent } = await beginAsking(t, browser, options);
  await openAs(page, agent.link, PERSON);
  await page.evaluate((code) => navigator.clipboard.writeText(code), ` ${agent.code.toLowerCase().replace("-", " - ")} `);
  await page.locator('[name="user_code"]').focus();
  await page.keyboard.press("Control+V");
  await decide(page, "approve", { scopes: BOTH });
  assert.match(await text(page), /approved/i);
});
