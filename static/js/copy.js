// Copy buttons: shown only where copying works; the word on the button answers for two seconds.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(button.dataset.copy); } catch { return; }
    const word = button.querySelector("span"), was = word.textContent;
    if (was === button.dataset.done) return;
    const told = button.parentElement.querySelector("[role=status]"); // in the page from the start, so that it is read out
    word.textContent = told.textContent = button.dataset.done;
    setTimeout(() => { word.textContent = was; told.textContent = ""; }, 2000);
  });
}
