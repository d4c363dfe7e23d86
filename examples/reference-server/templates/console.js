"use strict";
// Pages work without this file. It copies records, follows logs, and shows a test while it runs.
for (const button of document.querySelectorAll("button[data-copy]")) {
  // Browsers have it on localhost and behind TLS alone.
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  });
}
for (const log of document.querySelectorAll("pre[data-follow]")) {
  log.scrollTop = log.scrollHeight;
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(log.dataset.follow).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const text = await answer.text();
    if (text === log.textContent) return;
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    log.textContent = text;
    if (atEnd) log.scrollTop = log.scrollHeight;
  }, 2000);
}

// Shows the test of the settings while it runs. The answer is a line for each line of the conversation, an empty one, and the page that
// comes without this file. Behind the empty line nothing is given up: the settings are being saved.
async function showTest(dialog, form, submitter) {
  const [status, log, outcome, button] = ["[role=status]", "pre", ".outcome", "button"].map((part) => dialog.querySelector(part));
  const giveUp = new AbortController(), password = form.elements.password.value;
  const say = (text, look) => { status.textContent = text; status.className = look; };
  say(dialog.dataset.running, "");
  log.textContent = "";
  outcome.replaceChildren();
  button.textContent = dialog.dataset.giveUp;
  button.disabled = false;
  dialog.oncancel = (event) => { if (button.disabled) event.preventDefault(); };
  dialog.addEventListener("close", () => {
    giveUp.abort();
    // A browser that closes it all the same: only the page says what was saved.
    if (button.disabled) return location.reload();
    // The button that opened it is of the page before.
    document.querySelector("main [aria-invalid=true], main [data-live]")?.focus();
  }, { once: true });
  dialog.showModal();
  let text = "", shown = 0, end = -1;
  try {
    const answer = await fetch(submitter.formAction, {
      method: "POST", headers: { Accept: "text/plain" }, body: new URLSearchParams(new FormData(form, submitter)), signal: giveUp.signal,
    });
    if (answer.redirected) return location.assign(answer.url);
    const isLive = answer.headers.get("Content-Type").startsWith("text/plain"), decoder = new TextDecoder(), reader = answer.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true });
      while (isLive && end < 0) {
        const next = text.indexOf("\n", shown);
        if (next < 0) break;
        if (next === shown) end = next + 1;
        else log.append(text.slice(shown, next + 1));
        shown = next + 1;
      }
      log.scrollTop = log.scrollHeight;
      if (end === text.length) {
        button.disabled = true;
        say(dialog.dataset.saving, "");
      }
    }
    // Without its page, an answer ended too early.
    if (isLive && (end < 0 || end === text.length)) throw new Error("no page");
    const page = new DOMParser().parseFromString(text.slice(Math.max(end, 0)), "text/html"), main = page.querySelector("main");
    const news = main.querySelector("[role=status]"), diagnoses = main.querySelector("#diagnoses"), field = main.querySelector("#password");
    // What was typed stays, to be mended, unless it is saved.
    if (field && !news?.matches(".good")) field.value = password;
    if (diagnoses) outcome.append(...diagnoses.cloneNode(true).children);
    document.querySelector("main").replaceWith(main);
    if (news) say(news.textContent, news.className);
    if (!isLive) dialog.close();
  } catch {
    if (!giveUp.signal.aborted) say(dialog.dataset.broken, "bad");
  }
  button.textContent = dialog.dataset.close;
  if (!button.disabled) return;
  button.disabled = false;
  button.focus();
}
document.addEventListener("submit", (event) => {
  const dialog = document.getElementById(event.submitter?.dataset.live ?? "");
  if (!dialog?.showModal) return;
  event.preventDefault();
  showTest(dialog, event.target, event.submitter);
});
