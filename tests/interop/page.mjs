// A page as a browser without scripting reads it: its forms and where it moves on to.

import { parse } from "parse5";

const attribute = (node, name) => node.attrs?.find((attr) => attr.name === name)?.value;

function* elements(node) {
  for (const child of node.childNodes ?? []) {
    if (child.tagName !== undefined) yield child;
    yield* elements(child);
  }
}

function words(node) {
  if (node.nodeName === "#text") return node.value;
  return (node.childNodes ?? []).map(words).join("");
}

function selected(select) {
  const options = [...elements(select)].filter((option) => option.tagName === "option");
  const chosen = options.find((option) => attribute(option, "selected") !== undefined) ?? options[0];
  return chosen === undefined ? "" : (attribute(chosen, "value") ?? words(chosen).trim());
}

function control(element) {
  const type = element.tagName === "input" ? (attribute(element, "type") ?? "text") : element.tagName;
  const choice = type === "checkbox" || type === "radio";
  let value = attribute(element, "value") ?? (choice ? "on" : "");
  if (type === "textarea") value = words(element);
  if (type === "select") value = selected(element);
  return {
    name: attribute(element, "name"),
    type,
    value,
    choice,
    checked: attribute(element, "checked") !== undefined,
    disabled: attribute(element, "disabled") !== undefined,
    presses: type === "submit" || (type === "button" && (attribute(element, "type") ?? "submit") === "submit"),
  };
}

/** One form: its controls, and what pressing one of its buttons sends (HTML, "constructing the entry list"). */
class Form {
  constructor(element, page) {
    this.method = (attribute(element, "method") ?? "get").toLowerCase();
    this.action = new URL(attribute(element, "action") ?? "", page);
    const inside = [...elements(element)].filter((child) =>
      ["input", "button", "textarea", "select"].includes(child.tagName),
    );
    this.controls = inside.map(control).filter((found) => found.name !== undefined || found.presses);
  }

  named(name) {
    return this.controls.filter((found) => found.name === name);
  }

  has(name) {
    return this.named(name).length > 0;
  }

  /** Types into the one field of this name. */
  fill(name, value) {
    const [field] = this.named(name);
    if (field === undefined) throw new Error(`the form has no field ${name}`);
    field.value = value;
  }

  /** Leaves exactly these boxes ticked, but for those that the page has locked. */
  tick(name, values) {
    for (const box of this.named(name)) if (box.choice && !box.disabled) box.checked = values.includes(box.value);
  }

  choose(name, value) {
    const radios = this.named(name).filter((found) => found.type === "radio");
    if (!radios.some((radio) => radio.value === value)) throw new Error(`the form offers no ${name} ${value}`);
    for (const radio of radios) radio.checked = radio.value === value;
  }

  /** What is sent when the button `name=value` is pressed; without a name, the first button. */
  entries(name, value) {
    const buttons = this.controls.filter((found) => found.presses && !found.disabled);
    const button = name === undefined ? buttons[0] : buttons.find((one) => one.name === name && one.value === value);
    if (button === undefined) throw new Error(`the form has no button ${name}=${value}`);
    const sent = this.controls.filter(
      (found) =>
        found.name !== undefined && !found.disabled && (found === button || (!found.presses && (!found.choice || found.checked))),
    );
    return new URLSearchParams(sent.map((found) => [found.name, found.value]));
  }
}

export class Page {
  constructor(url, status, html) {
    this.url = url;
    this.status = status;
    this.html = html;
    this.tree = parse(html);
  }

  get forms() {
    const found = [...elements(this.tree)].filter((element) => element.tagName === "form");
    return found.map((form) => new Form(form, this.url));
  }

  formWith(name) {
    return this.forms.find((form) => form.has(name));
  }

  /** Where the page moves on to by itself (`<meta http-equiv="refresh">`), as an address. */
  get movesTo() {
    for (const meta of elements(this.tree)) {
      if (meta.tagName !== "meta" || attribute(meta, "http-equiv")?.toLowerCase() !== "refresh") continue;
      const [, target] = /^\s*\d+\s*[;,]\s*url\s*=\s*(.+)$/i.exec(attribute(meta, "content") ?? "") ?? [];
      if (target !== undefined) return new URL(target.replace(/^["'](.*)["']$/, "$1"), this.url).href;
    }
    return undefined;
  }

  get text() {
    const [body] = [...elements(this.tree)].filter((element) => element.tagName === "body");
    return words(body).replace(/\s+/g, " ").trim();
  }
}
