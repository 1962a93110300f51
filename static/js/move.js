// Move a booking in the timeline, or a session in an event's schedule: with a mouse or a pen, or with M, arrows and Enter.
// The server's answer decides: a receipt with the way back, or why not, and it is back where it was; or it leads to the
// page on which staff decide. What carries data-bends gets another length by its end, or by Shift and the arrows. Fingers
// scroll; they tap, and change it there.
const day = document.getElementById("day");
const says = document.getElementById("says");
const colon = document.documentElement.lang === "sv" ? "." : ":";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
let held = null; // what is being moved: from where, and to where so far
let swallow = false;

const clock = (minute) => [Math.floor(minute / 60), minute % 60].map((n) => String(n).padStart(2, "0")).join(":");
const tracks = () => [...day.querySelectorAll(".tl [data-track]")];
const say = (text) => { says.textContent = ""; setTimeout(() => { says.textContent = text; }, 50); };
const announce = (name, detail) => document.dispatchEvent(new CustomEvent("station:" + name, { detail }));
const edge = (track, name) => +getComputedStyle(track).getPropertyValue(name) * 15;
const hours = () => (clock(held.at) + "–" + clock(held.at + held.length)).replaceAll(":", colon);
const what = () => held.track.previousElementSibling.textContent + ", " + hours();

function lift(link, more) {
  const { move, at, till, step } = link.dataset, track = link.closest("[data-track]");
  held = { link, id: move, track, at: +at, length: till - at, step: Math.max(+step, 15), ...more };
  held.home = { track, at: held.at, length: held.length };
}

// Where it would go, in yellow; where it is, faint.
function show() {
  const { track, at, length, link } = held;
  if (!held.shade) {
    held.shade = document.createElement("span");
    held.shade.ariaHidden = "true";
    held.shade.innerHTML = '<span class="tl-seg is-sel"><span></span></span>';
    document.documentElement.classList.add("is-moving-one");
  }
  link.classList.add("is-moving");
  held.shade.className = `tl-cell tl-pick s${Math.floor(at / 15)} e${Math.ceil((at + length) / 15)}`;
  held.shade.querySelector(".tl-seg > span").textContent = hours();
  if (held.shade.parentNode !== track) track.append(held.shade);
}

function put(track, minute) {
  const { home, length, step } = held, first = edge(track, "--o"), last = edge(track, "--c") - length;
  const steps = step < 1440 ? Math.round((minute - home.at) / step) : 0, at = home.at + steps * step;
  if (first > last) return;
  held.track = track;
  held.at = at < first ? at + Math.ceil((first - at) / step) * step : at > last ? at - Math.ceil((at - last) / step) * step : at;
  show();
}

// Its end goes to a minute of the day, at least one step after where it begins.
function bend(minute) {
  const { home, at, step, track } = held, steps = Math.round((minute - at - home.length) / step), last = edge(track, "--c");
  held.length = Math.max(home.length + steps * step, Math.min(step, home.length));
  if (at + held.length > last) held.length = Math.max(last - at, Math.min(step, home.length));
  show();
}

function drop() {
  held?.shade?.remove();
  held?.link.classList.remove("is-moving");
  document.documentElement.classList.remove("is-moving-one");
  held = null;
}

function giveUp() {
  const { home } = held;
  Object.assign(held, home);
  say(day.dataset.left.replace("{what}", what()));
  drop();
}

async function send() {
  const { id, track, at, length, home, link, keys } = held;
  if (track === home.track && at === home.at && length === home.length) { if (keys) giveUp(); else drop(); return; }
  const token = document.querySelector("[name=csrf_token]").value, sent = held;
  sent.sent = true;
  document.documentElement.classList.remove("is-moving-one");
  const form = { csrf_token: token, space: track.dataset.track, date: day.dataset.date, start: clock(at), end: clock(at + length) };
  let toast, status = 0;
  try {
    const answer = await fetch((day.dataset.moves || "/bookings/{id}/edit").replace("{id}", id), { method: "POST", headers: { "X-Part": "sheet" }, body: new URLSearchParams(form) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    status = answer.status;
    toast = page.querySelector("main") ? null : page.querySelector("[data-toast]");
    if (!toast) toast = plain(page.querySelector("[type=password]") ? day.dataset.gone : page.querySelector("h1")?.textContent);
  } catch {
    toast = plain();
  }
  if (toast.dataset.go) { location.assign(toast.dataset.go); return; }
  const moved = status === 200 && !("refused" in toast.dataset);
  if (keys || document.activeElement === link) {
    document.addEventListener("station:day", () => day.querySelector(`[data-move="${id}"]`)?.focus(), { once: true });
  }
  const settle = () => { if (held === sent) drop(); };
  if (moved) { document.addEventListener("station:day", settle, { once: true }); setTimeout(settle, 3000); } else settle();
  announce("toast", document.adoptNode(toast));
  announce("refresh");
}

function plain(text) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.refused = "";
  toast.append(Object.assign(document.createElement("p"), { textContent: text || day.dataset.offline }));
  return toast;
}

day.addEventListener("pointerdown", (event) => {
  const link = event.target.closest("a[data-move]");
  if (!link || held || event.button || event.pointerType === "touch") return;
  const track = link.closest("[data-track]"), box = track.getBoundingClientRect(), first = edge(track, "--o");
  const minute = first + (event.clientX - box.left) / box.width * (edge(track, "--c") - first);
  lift(link, { x: event.clientX, y: event.clientY, grip: minute - link.dataset.at });
  const bar = link.getBoundingClientRect();
  held.bends = "bends" in link.dataset && bar.right - event.clientX < Math.min(9, bar.width / 3);
});
addEventListener("pointermove", (event) => {
  if (!held || held.keys || held.sent) return;
  if (!held.shade && Math.hypot(event.clientX - held.x, event.clientY - held.y) < 6) return;
  const track = document.elementFromPoint(event.clientX, event.clientY)?.closest(".tl [data-track]") || held.track;
  const box = track.getBoundingClientRect(), first = edge(track, "--o");
  const minute = first + (event.clientX - box.left) / box.width * (edge(track, "--c") - first);
  if (held.bends) bend(minute); else put(track, minute - held.grip);
});
addEventListener("pointerup", () => {
  if (!held || held.keys || held.sent) return;
  if (!held.shade) { drop(); return; }
  swallow = true; // the click that ends a drag is not a tap
  setTimeout(() => { swallow = false; });
  send();
});
day.addEventListener("dragstart", (event) => { if (event.target.closest("[data-move]")) event.preventDefault(); });
addEventListener("pointercancel", () => { if (held && !held.keys && !held.sent) drop(); });
addEventListener("click", (event) => {
  if (!swallow) return;
  event.preventDefault();
  event.stopPropagation();
}, true);

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || held?.sent) return;
  const link = event.target.closest?.("a[data-move]"), key = event.key.toLowerCase();
  if (!held && link && key === "m") {
    lift(link, { keys: true });
    show();
    say(day.dataset.lifted.replace("{what}", what()));
  } else if (held && event.key === "Escape") {
    if (held.keys || held.shade) giveUp(); else drop();
  } else if (held?.keys && ARROWS[event.key]) {
    const [right, down] = ARROWS[event.key], all = tracks();
    if (right && event.shiftKey && "bends" in held.link.dataset) bend(held.at + held.length + right * held.step);
    else put(all[all.indexOf(held.track) + down] || held.track, held.at + right * Math.min(held.step, 1440));
    held.shade.scrollIntoView({ block: "nearest" });
    say(what());
  } else if (held?.keys && ["enter", " ", "m"].includes(key)) send();
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);
day.addEventListener("focusout", () => { if (held?.keys && !held.sent) giveUp(); });
// A fresh day may have drawn the row anew.
document.addEventListener("station:day", () => {
  if (!held?.shade || held.sent) return;
  held.link = day.querySelector(`[data-move="${held.id}"]`) || held.link;
  held.track = tracks().find((track) => track.dataset.track === held.track.dataset.track) || held.track;
  show();
});
