// The sheet beside the plan. Links with data-sheet open it without leaving the page; forms with data-part post in the
// background. The answer decides what happens: a sheet (again, with the reasons), a receipt, or another page.
const side = document.getElementById("side");
const day = document.getElementById("day");
const says = document.getElementById("says");
const PART = { "X-Part": "sheet" };
let back = null; // what had focus before the sheet opened
let turn = 0; // only the latest answer counts
let pushed = false; // closing then steps back, so that Back never shows the same page twice
let last = null; // the space last booked: focus goes to it

// A form was answered here: in place of the address that forms go to comes the day's own, which can be asked again.
if (!/^\/book(\/|$)/.test(location.pathname) && day.dataset.href) history.replaceState(null, "", day.dataset.href);

const sheet = () => side.querySelector(".sheet");
const say = (text) => { says.textContent = ""; setTimeout(() => { says.textContent = text; }, 50); };
const parsed = (html) => new DOMParser().parseFromString(html, "text/html");
const announce = (name, detail) => document.dispatchEvent(new CustomEvent("station:" + name, { detail }));
const place = (space) => day.querySelector(`[data-nav=plan] [data-space="${space}"]`);

// Yellow in plan, list and timeline at once: what is chosen in the open sheet.
function mark() {
  const open = sheet(), chosen = open?.dataset.mode === "book" ? open.dataset.space : null;
  for (const item of day.querySelectorAll("[data-nav=plan] [data-space], .li[data-space]")) {
    const here = item.dataset.space === chosen;
    if (here && !item.dataset.was && !item.classList.contains("is-sel")) item.dataset.was = [...item.classList].find((c) => c.startsWith("is-"));
    if (here) item.classList.replace(item.dataset.was, "is-sel");
    else if (!here && item.classList.contains("is-sel")) item.classList.replace("is-sel", item.dataset.was || "is-free");
    if (!here) delete item.dataset.was;
    if (here) item.setAttribute("aria-current", "true"); else item.removeAttribute("aria-current");
  }
  for (const old of day.querySelectorAll("[data-track] > .tl-pick")) old.remove();
  const pick = open?.querySelector("[data-bar] > .tl-pick");
  const track = chosen && day.querySelector(`[data-track="${chosen}"]`);
  if (pick && track) track.append(Object.assign(pick.cloneNode(true), { ariaHidden: "true" }));
}

// The button says what will happen, and the day bar shows it.
function choose(form) {
  const radio = form.querySelector("[name=preset]:checked");
  if (!radio) return;
  let { s, e, hint, button } = radio.dataset;
  if (radio.hasAttribute("data-own")) {
    const [from, to] = ["start", "end"].map((name) => form.elements[name].selectedOptions[0]);
    [s, e] = [from, to].map((option) => option.value.split(":").reduce((h, m) => +h * 4 + +m / 15));
    const [begins, ends] = [from, to].map((option) => option.dataset.short || option.text);
    button = button.replace("{from}", begins).replace("{to}", ends);
    hint = begins + "–" + ends;
  }
  form.querySelector("[data-submit]").textContent = button;
  const bar = form.querySelector("[data-bar]");
  bar.querySelector(".tl-pick")?.remove();
  if (+e > +s) {
    const pick = document.createElement("span");
    pick.className = `tl-cell tl-pick s${s} e${e}`;
    pick.innerHTML = '<span class="tl-seg is-sel"><span></span></span>';
    pick.querySelector(".tl-seg > span").textContent = hint;
    bar.append(pick);
  }
  mark();
}

function put(fragment, focus) {
  side.replaceChildren(fragment);
  const form = side.querySelector("[data-book]");
  if (form) choose(form); else mark();
  const target = side.querySelector("[data-focus]") || side.querySelector("h2");
  if (focus) target?.focus({ preventScroll: getComputedStyle(sheet()).position === "fixed" });
  reveal();
}

// From below, the sheet may cover the chosen desk: move the plan so that both are seen.
function reveal() {
  const here = place(sheet().dataset.space);
  if (!here || getComputedStyle(sheet()).position !== "fixed") return;
  const { top, bottom } = here.getBoundingClientRect(), edge = sheet().getBoundingClientRect().top;
  if (bottom > edge - 16) scrollBy(0, bottom - edge + 40); else if (top < 70) scrollBy(0, top - 90);
}

async function open(href, { from, push = true } = {}) {
  const mine = ++turn;
  let answer;
  try { answer = await fetch(href, { headers: PART, cache: "no-store" }); } catch { location.assign(href); return; }
  const found = parsed(await answer.text()).querySelector(".sheet");
  if (mine !== turn) return;
  if (!found || answer.redirected) { location.assign(href); return; }
  if (!sheet()) back = from;
  if (push) {
    if (history.state?.sheet) history.replaceState({ sheet: true }, "", href);
    else { history.pushState({ sheet: true }, "", href); pushed = true; }
  }
  put(found, true);
}

function shut({ move = true } = {}) {
  const open = sheet();
  if (!open) return;
  turn++;
  const { space, close } = open.dataset;
  side.replaceChildren();
  mark();
  const home = back?.isConnected ? back : place(space);
  if (move && pushed && history.state?.sheet) {
    // An address that ends in #main takes the focus along when it comes back.
    addEventListener("popstate", () => setTimeout(refocus, 0, home), { once: true });
    history.back();
  } else if (move) history.replaceState(null, "", close);
  pushed = false;
  refocus(home);
  back = null;
}

const refocus = (item) => (item || document.getElementById("main")).focus();

function complain(form, text) {
  const box = side.querySelector("[data-says]");
  if (!box || !side.contains(form)) { say(text); return; }
  box.querySelector("span").textContent = text;
  box.hidden = false;
  say(text);
}

async function send(form, submitter) {
  if (form.ariaBusy === "true") return;
  const button = submitter || form.querySelector("button");
  form.ariaBusy = button.ariaBusy = "true";
  try {
    const answer = await fetch(form.action, { method: "POST", headers: PART, body: new URLSearchParams(new FormData(form)) });
    const page = parsed(await answer.text()), receipt = page.querySelector("[data-toast]"), again = page.querySelector(".sheet");
    const whole = page.querySelector("main");
    if (again && !whole && form.dataset.swap) swap(form, again.querySelector(form.dataset.swap));
    else if (again && !whole) { put(again, true); announce("refresh"); }
    else if (receipt && !whole) done(form, receipt);
    else if (answer.status === 401 || page.querySelector("[type=password]")) complain(form, day.dataset.gone);
    else if (answer.redirected) location.assign(answer.url);
    else complain(form, page.querySelector("h1")?.textContent || day.dataset.offline);
  } catch {
    complain(form, form.closest(".sheet")?.dataset.offline || day.dataset.offline);
  } finally {
    form.ariaBusy = button.ariaBusy = null;
  }
}

// Only the form itself changes: what else is typed in the sheet stays.
function swap(form, next) {
  form.replaceWith(next);
  next.querySelector("button").focus();
}

function done(form, receipt) {
  last = receipt.dataset.space || form.elements.space?.value || last;
  if (side.contains(form)) shut();
  refocus(place(last));
  announce("toast", document.adoptNode(receipt));
  announce("refresh");
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[data-sheet], a[data-shut]");
  if (!link) return;
  event.preventDefault();
  if (link.matches("[data-shut]")) shut(); else open(link.href, { from: link });
});
document.addEventListener("station:open", (event) => open(event.detail.href, event.detail));
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-part]")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && sheet() && !event.defaultPrevented && !event.target.closest("[data-toast], [popover]")) shut();
});
side.addEventListener("change", (event) => {
  const form = event.target.closest("[data-book]");
  if (form && ["preset", "start", "end"].includes(event.target.name)) { choose(form); warn(); }
});
addEventListener("popstate", () => {
  if (history.state?.sheet) open(location.href, { push: false });
  else if (sheet()) shut({ move: false });
});
// Somebody else has some of what is chosen in the open sheet: told once, and taken back when it is free again.
function lost(open) {
  const at = (item, name) => +[...item.classList].find((c) => new RegExp(`^${name}\\d+$`).test(c)).slice(1);
  const row = day.querySelector(`[data-track="${open.dataset.space}"]`), pick = open.querySelector("[data-bar] > .tl-pick");
  if (!row || !pick) return ["taken", "closed"].includes(place(open.dataset.space)?.dataset.state);
  const held = [...row.querySelectorAll(".tl-cell:has(> .is-taken, > .is-event, > .is-closed)")];
  return held.some((cell) => at(cell, "s") < at(pick, "e") && at(cell, "e") > at(pick, "s"));
}

function warn() {
  const open = sheet(), box = open?.querySelector("[data-lost]");
  if (!box || open.dataset.mode !== "book") return;
  const was = !box.hidden;
  box.hidden = !lost(open);
  if (!was && !box.hidden) say(box.textContent.trim());
}

document.addEventListener("station:day", () => { mark(); warn(); });
const first = side.querySelector("[data-book]");
if (first) choose(first); else mark();
if (sheet()) {
  (side.querySelector("[data-focus]") || side.querySelector("h2")).focus({ preventScroll: true });
  reveal();
}
