// Adds conveniences to pages that are complete without it: a copy button beside codes, the time left beside expiries,
// local time beside UTC, and a new token before the one that is shown ends. Asks the device for passkeys. And tells the
// window that opened this one how it went, where a plugin asked in a popup.
(() => {
  const words = document.body.dataset;
  const after = (element, className, text = "") => {
    const span = document.createElement("span");
    span.className = className;
    span.textContent = text;
    element.after(" ", span);
    return span;
  };

  for (const { dataset } of document.querySelectorAll("[data-opener]")) {
    window.opener?.postMessage(JSON.parse(dataset.message), dataset.opener);
  }

  for (const time of document.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    if (at.getTimezoneOffset() === 0) continue;
    const local = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    const yours = words.local.replace("{}", local);
    const distance = time.nextElementSibling;
    if (distance?.className === "distance") distance.append(` · ${yours}`);
    else after(time, "local", yours);
  }

  for (const time of document.querySelectorAll("time[data-countdown]")) {
    const left = after(time, "left");
    const said = after(left, "said");
    said.setAttribute("role", "status");
    let timer = 0;
    const tick = () => {
      const seconds = Math.max(0, Math.round((Date.parse(time.dateTime) - Date.now()) / 1000));
      const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      left.textContent = seconds > 0 && seconds < 86400 ? words.left.replace("{}", clock) : "";
      const warning = seconds === 0 ? words.over : seconds <= 60 ? words.soon : "";
      if (said.textContent !== warning) said.textContent = warning;
      if (seconds === 0) clearInterval(timer);
    };
    timer = setInterval(tick, 1000);
    tick();
  }

  for (const form of document.querySelectorAll("form[data-renew]")) {
    const [shown, time] = ["output", "time"].map((name) => form.parentElement.querySelector(name));
    // A timer that is set for more than 31 bits of milliseconds goes off at once.
    const span = () => Math.min(Math.max(1000, (Date.parse(time.dateTime) - Date.now()) * 0.9), 2 ** 31 - 1);
    const left = () => Date.parse(time.dateTime) - Date.now();
    const note = form.parentElement.querySelector("[data-renewed]");
    const later = (wait) => setTimeout(renew, wait ?? span());
    const renew = async () => {
      const asked = { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } };
      const answer = await fetch(form.action, asked).catch(() => undefined);
      if (!answer?.ok) {
        // The old token lives for a tenth of its time yet; after that the person has to ask again.
        if (left() > 5000 && answer?.status !== 403) later(Math.min(30000, left() / 2));
        else note.hidden = true;
        return;
      }
      const { token, expires_at: end } = await answer.json();
      form.elements.earlier.value = shown.textContent = token;
      time.dateTime = end;
      time.textContent = end;
      later();
    };
    note.hidden = false;
    later();
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const { passkey: does, options } = form.dataset;
    const read = { create: "parseCreationOptionsFromJSON", get: "parseRequestOptionsFromJSON" }[does];
    if (!window.PublicKeyCredential?.[read]) continue;
    form.hidden = false;
    for (const note of document.querySelectorAll("[data-no-passkeys]")) note.hidden = true;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const said = form.querySelector("[data-declined]");
      said.textContent = "";
      try {
        const publicKey = PublicKeyCredential[read](JSON.parse(options));
        form.elements.answer.value = JSON.stringify(await navigator.credentials[does]({ publicKey }));
        form.submit();
      } catch {
        said.textContent = said.dataset.declined;
      }
    });
  }

  for (const code of document.querySelectorAll("[data-copy-this]")) {
    if (!navigator.clipboard) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "second copy";
    button.textContent = code.dataset.copyThis || words.copy;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent.trim());
        button.textContent = words.copied;
      } catch {
        getSelection().selectAllChildren(code);
      }
    });
    code.after(button);
  }
})();
