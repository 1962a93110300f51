// Receipts: a toast stays ten seconds, longer while it is hovered or focused. The region is in the page from the
// start, so that what is put into it is read out. Other modules send "station:toast" with the element.
const region = document.getElementById("toasts");
const STAY = 10000;

function show(toast) {
  let timer;
  const hold = () => clearTimeout(timer);
  const start = () => { hold(); timer = setTimeout(() => toast.remove(), STAY); };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("pointerleave", start);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", start);
  toast.addEventListener("keydown", (event) => { if (event.key === "Escape") toast.remove(); });
  region.replaceChildren(toast);
  start();
}

const waiting = region?.querySelector("[data-toast]");
if (waiting) setTimeout(() => show(waiting), 200); // moved after load: a change is announced, content from load is not
document.addEventListener("station:toast", (event) => show(event.detail));

// Of more sections than the screen has room for, the current one is seen. Only they are scrolled: scrollIntoView takes
// the page along, and its heading out of sight.
const current = document.querySelector(".side [aria-current]");
if (current) {
  const side = current.closest(".side"), [here, around] = [current, side].map((one) => one.getBoundingClientRect());
  side.scrollBy(here.left - around.left - (around.width - here.width) / 2, here.top - around.top - (around.height - here.height) / 2);
}
// An error summary takes focus, and a chip that looks like a button takes the space bar like one.
document.querySelector("[data-focus]")?.focus();
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.target.getAttribute("role") !== "button") return;
  event.preventDefault();
  event.target.click();
});
// Submitting twice sends once.
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-part]") || event.target.method !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
