// The staff's schedule beside what moves bookings: time that was drawn is booked on its own page, and what a toast or the
// list of what was just done asks is sent without leaving the page.
const day = document.getElementById("day");
const announce = (name, detail) => document.dispatchEvent(new CustomEvent("station:" + name, { detail }));
const why = () => document.querySelector("#toasts [data-why]");

document.addEventListener("station:open", (event) => location.assign(event.detail.href));

// Why something goes past the rules is typed at once, and the fresh day does not take the focus away.
const ask = () => { if (why() && !why().value) why().focus({ preventScroll: true }); };
document.addEventListener("station:toast", () => setTimeout(ask, 0));
document.addEventListener("station:day", () => setTimeout(ask, 0));

async function send(form, button) {
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  if (button) button.ariaBusy = "true";
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { "X-Part": "sheet" }, body: new URLSearchParams(new FormData(form)) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const toast = page.querySelector("main") ? null : page.querySelector("[data-toast]");
    if (!toast) { location.reload(); return; }
    announce("toast", document.adoptNode(toast));
    announce("refresh");
    if (form.closest("#day") && !("refused" in toast.dataset)) document.getElementById("main").focus({ preventScroll: true });
  } catch {
    const toast = Object.assign(document.createElement("div"), { className: "toast" });
    toast.append(Object.assign(document.createElement("p"), { textContent: day.dataset.offline }));
    announce("toast", toast);
  } finally {
    form.ariaBusy = null;
    if (button) button.ariaBusy = null;
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-part]")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});
