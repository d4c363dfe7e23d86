"use strict";
// Pages work without this file. It follows logs, and says that a test runs.
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
for (const button of document.querySelectorAll("button[data-busy]")) {
  button.form.addEventListener("submit", (event) => {
    if (event.submitter === button) button.textContent = button.dataset.busy;
  });
}
