// Keeps the day fresh: a conditional request every 30 s while the page is seen. Only what differs is touched, so focus,
// scroll, unfolded lists and the open sheet stay.
const day = document.getElementById("day");
const EVERY = 30000, LONGEST = 300000, QUARTER = 900000;
let etag = day.dataset.etag, asked = location.href, wait = EVERY, timer, asking = false, again = false;

function attributes(now, next) {
  for (const { name } of [...now.attributes]) {
    if (!next.hasAttribute(name) && !["tabindex", "open", "data-stop"].includes(name)) now.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) if (now.getAttribute(name) !== value) now.setAttribute(name, value);
}

const key = (node) => node.id || node.dataset?.track || "";

function sync(now, next) {
  if (now.dataset?.keep !== undefined) return;
  if (now.nodeType !== next.nodeType || now.nodeName !== next.nodeName || key(now) !== key(next)) { now.replaceWith(next); return; }
  if (now.nodeType !== 1) { if (now.data !== next.data) now.data = next.data; return; }
  if (now.isEqualNode(next)) return;
  attributes(now, next);
  children(now, next);
}

function children(now, next) {
  const fresh = [...next.childNodes], wanted = new Set(fresh.map(key)), known = new Map();
  for (const node of now.childNodes) if (key(node)) known.set(key(node), node);
  let at = now.firstChild;
  const drop = () => { const after = at.nextSibling; at.remove(); at = after; };
  for (const node of fresh) {
    const same = known.get(key(node));
    // What is gone goes first, so that what stays is not moved: an element that moves loses its focus.
    while (at && at !== same && (key(at) ? !wanted.has(key(at)) : same)) drop();
    if (same && same !== at) now.insertBefore(same, at);
    if (same) at = same;
    if (!at) { now.append(node); continue; }
    if (!same && key(at)) { now.insertBefore(node, at); continue; }
    const after = at.nextSibling;
    sync(at, node);
    at = after;
  }
  while (at) drop();
}

async function refresh() {
  if (asking) { again = true; return; }
  clearTimeout(timer);
  asking = true;
  try {
    const headers = { "X-Part": "day" };
    if (etag && asked === location.href) headers["If-None-Match"] = etag;
    asked = location.href;
    const answer = await fetch(asked, { headers, cache: "no-store" });
    if (answer.redirected || answer.status === 401) { gone(); return; }
    if (answer.ok) {
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").body;
      if (next.querySelector("main")) { gone(); return; }
      etag = answer.headers.get("ETag") || "";
      for (const pick of day.querySelectorAll("[data-track] > .tl-pick")) pick.remove();
      const focused = document.activeElement;
      children(day, next);
      if (focused.id && !focused.isConnected) document.getElementById(focused.id)?.focus({ preventScroll: true });
      document.dispatchEvent(new CustomEvent("station:day"));
      since = now();
    } else if (answer.status !== 304) throw new Error(answer.status);
    wait = EVERY;
  } catch {
    wait = Math.min(wait * 2, LONGEST);
  } finally {
    asking = false;
  }
  tick();
  if (again) { again = false; refresh(); return; }
  if (wait) timer = setTimeout(refresh, wait);
}

// Logged out elsewhere, or the session ended: say so before anything is typed, and stop asking.
function gone() {
  wait = 0;
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.append(Object.assign(document.createElement("p"), { textContent: day.dataset.gone }));
  document.dispatchEvent(new CustomEvent("station:toast", { detail: toast }));
}

// Quarters of an hour fall together in every zone, so the line can walk without knowing the house's.
const now = () => Math.floor(Date.now() / QUARTER);
let since = now();
function tick() {
  const passed = now() - since;
  if (passed <= 0) return;
  since += passed;
  for (const mark of document.querySelectorAll("[data-now]")) {
    const at = [...mark.classList].find((name) => /^s\d+$/.test(name));
    const box = getComputedStyle(mark), next = +at.slice(1) + passed;
    if (next < +box.getPropertyValue("--c")) mark.classList.replace(at, "s" + next); else mark.remove();
  }
}

document.addEventListener("station:refresh", refresh);
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden && wait) refresh();
});
if (!document.hidden) timer = setTimeout(refresh, wait);
