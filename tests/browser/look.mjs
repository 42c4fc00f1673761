// Looks at a page as its readers do: narrow and wide, light and dark, by pointer, keyboard and assistive technology.

import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { shrink } from "./picture.mjs";
import { ROOT } from "./support.mjs";

const SCREENSHOTS = join(ROOT, "docs/screenshots");
const WIDTHS = [320, 1280];
const THEMES = ["light", "dark"];
const HEIGHT = 800;
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/**
 * Looks at a page at every width and theme: nothing may scroll sideways (WCAG 1.4.10), and where scripts run axe must
 * find nothing against WCAG 2.2 AA. With UPDATE_SCREENSHOTS=1 the pictures in docs/screenshots/ are taken anew.
 */
export async function look(page, name, { scripts = true } = {}) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    await assertNoSidewaysScroll(page, `${name} at ${width} px`);
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme });
      if (scripts) await assertAccessible(page, `${name}, ${colorScheme}, at ${width} px`);
      if (process.env.UPDATE_SCREENSHOTS === "1") await picture(page, `${name}-${colorScheme}-${width}`, width);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
}

export async function assertNoSidewaysScroll(page, where) {
  const [content, visible] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(content <= visible, `${where} scrolls sideways: ${content} > ${visible}`);
}

async function assertAccessible(page, where) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  const found = await page.evaluate(
    (values) => globalThis.axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"] }),
    RULES,
  );
  const told = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`);
  assert.deepEqual(told, [], where);
}

/** The whole page in one window, so that what sticks to the window's edge lies where it lies at the end of reading. */
async function picture(page, name, width) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.max(height, HEIGHT) });
  const png = await page.screenshot({ animations: "disabled" });
  await page.setViewportSize({ width, height: HEIGHT });
  await mkdir(SCREENSHOTS, { recursive: true });
  await writeFile(join(SCREENSHOTS, `${name}.png`), shrink(png));
}

/**
 * Walks the whole page by Tab. Wherever the focus goes it must be seen: an outline (WCAG 2.4.7), in the window and under
 * nothing else (2.4.11).
 */
export async function assertFocusIsSeen(page, where) {
  const seen = [];
  for (let steps = 0; steps < 80; steps += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(describeFocus);
    if (focus === null || seen.includes(focus.path)) return seen;
    seen.push(focus.path);
    assert.notEqual(focus.outline, "none", `${where}: no outline on ${focus.html}`);
    assert.ok(focus.width >= 2, `${where}: the outline of ${focus.html} is ${focus.width} px`);
    assert.ok(focus.visible, `${where}: the focus is hidden on ${focus.html}`);
  }
  throw new Error(`${where}: the focus never comes round`);
}

/** Runs in the page. */
function describeFocus() {
  const focused = document.activeElement;
  if (focused === null || focused === document.body) return null;
  const path = [];
  for (let at = focused; at.parentElement !== null; at = at.parentElement) {
    path.unshift([...at.parentElement.children].indexOf(at));
  }
  const style = getComputedStyle(focused);
  const box = focused.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return {
    path: path.join("/"),
    html: focused.outerHTML.slice(0, 120),
    outline: style.outlineStyle,
    width: Number.parseFloat(style.outlineWidth),
    visible: top !== null && (focused.contains(top) || top.contains(focused)),
  };
}

/** Moves the focus by Tab alone until it is on what `selector` names. */
export async function tabTo(page, selector) {
  for (let steps = 0; steps < 80; steps += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`Tab never reaches ${selector}`);
}
