// Adds three conveniences to pages that are complete without it: a copy button beside codes,
// the time left beside expiries, and local time beside UTC. And tells the window that opened this one how it went, where
// a plugin asked in a popup.
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
    const end = Date.parse(time.dateTime);
    const left = after(time, "left");
    const said = after(left, "said");
    said.setAttribute("role", "status");
    let timer = 0;
    const tick = () => {
      const seconds = Math.max(0, Math.round((end - Date.now()) / 1000));
      const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      left.textContent = seconds > 0 && seconds < 86400 ? words.left.replace("{}", clock) : "";
      const warning = seconds === 0 ? words.over : seconds <= 60 ? words.soon : "";
      if (said.textContent !== warning) said.textContent = warning;
      if (seconds === 0) clearInterval(timer);
    };
    timer = setInterval(tick, 1000);
    tick();
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
