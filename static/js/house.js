// The plan of a floor, drawn from the rows of its form and written into them: what is saved is the form, with or without
// this. Places move on a grid of 10 by mouse, finger, arrow keys or numbers; every step can be taken back.
const NS = "http://www.w3.org/2000/svg", GRID = 10, LEAST = 20;
const form = document.getElementById("plan-form"), svg = form.querySelector("svg.ed"), says = document.getElementById("ed-says");
const side = form.querySelector(".ed-side"), turned = form.querySelector(".ed-turned svg"), things = new Map();
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LAYERS = Object.fromEntries(["h", "z", "l", "s"].map((kind) => [kind, svg.appendChild(document.createElementNS(NS, "g"))]));
const frame = svg.appendChild(document.createElementNS(NS, "g"));
let chosen = null, drag = null, walls = false, last = "", undo = [], redo = [], made = 0, sending = false;

const rows = () => [...form.querySelectorAll(".ed-row")].filter((row) => !row.dataset.key.startsWith("new"));
const field = (row, name) => row.querySelector(`[data-f="${name}"]`);
const get = (row, name) => field(row, name)?.value ?? "";
const put = (row, name, value) => { field(row, name).value = value; };
const num = (row, name) => Number(get(row, name)) || 0;
const gone = (row) => field(row, "gone").checked;
const size = () => [Number(form.elements.width.value) || 960, Number(form.elements.height.value) || 500];
const snap = (value) => Math.round(value / GRID) * GRID;
const say = (name, values = {}) => {
  const text = Object.entries(values).reduce((said, [key, value]) => said.replace(`{${key}}`, value), form.dataset[name]);
  says.textContent = "";
  setTimeout(() => { says.textContent = text; }, 50);
};

function nameOf(row) {
  return get(row, "name") || get(row, "sv") || row.querySelector("legend").textContent;
}

// Where a thing lies: of a place, a zone or a label its box, of a shape what it takes up; none of a path.
function boxOf(row) {
  if (row.dataset.row !== "h") return get(row, "w") ? { x: num(row, "x"), y: num(row, "y"), w: num(row, "w"), h: num(row, "h") } : null;
  const kind = get(row, "kind");
  if (kind === "rect") return { x: num(row, "x"), y: num(row, "y"), w: num(row, "width"), h: num(row, "height") };
  if (kind === "circle") { const r = num(row, "r"); return { x: num(row, "cx") - r, y: num(row, "cy") - r, w: 2 * r, h: 2 * r }; }
  if (kind !== "line") return null;
  const [a, b, c, d] = ["x1", "y1", "x2", "y2"].map((name) => num(row, name));
  return { x: Math.min(a, c), y: Math.min(b, d), w: Math.abs(c - a), h: Math.abs(d - b) };
}

function place(row, { x, y, w, h }) {
  const old = boxOf(row), kind = row.dataset.row === "h" ? get(row, "kind") : "box";
  const [right, down] = [x - old.x, y - old.y];
  if (kind === "box" || kind === "rect") {
    const names = kind === "box" ? ["x", "y", "w", "h"] : ["x", "y", "width", "height"];
    [x, y, w, h].forEach((value, index) => put(row, names[index], value));
  } else if (kind === "circle") {
    put(row, "r", Math.max(1, Math.round(w / 2)));
    put(row, "cx", x + Math.round(w / 2));
    put(row, "cy", y + Math.round(h / 2));
  } else {
    const flip = (one, other) => num(row, one) > num(row, other);
    const [a, b] = flip("x1", "x2") ? ["x2", "x1"] : ["x1", "x2"], [c, d] = flip("y1", "y2") ? ["y2", "y1"] : ["y1", "y2"];
    put(row, a, num(row, a) + right); put(row, b, num(row, a) + w);
    put(row, c, num(row, c) + down); put(row, d, num(row, c) + h);
  }
}

function move(row, x, y) {
  const box = boxOf(row), [W, H] = size();
  if (!box) return;
  place(row, { ...box, x: Math.max(0, Math.min(x, W - box.w)), y: Math.max(0, Math.min(y, H - box.h)) });
}

function resize(row, w, h) {
  const box = boxOf(row), [W, H] = size(), least = row.dataset.row === "h" ? 0 : LEAST;
  if (!box) return;
  place(row, { ...box, w: Math.max(least, Math.min(w, W - box.x)), h: Math.max(least, Math.min(h, H - box.y)) });
}

// Places turn by a quarter about their middle, rectangles by 15 degrees or, with Shift, by 90.
function turn(row, far) {
  const box = boxOf(row);
  if (!box) return;
  if (row.dataset.row === "h" && get(row, "kind") === "rect") put(row, "turn", (num(row, "turn") + (far ? 90 : 15)) % 360);
  else if (row.dataset.row !== "h" || get(row, "kind") === "line") {
    const by = Math.round((box.w - box.h) / 2);
    place(row, { x: Math.max(0, box.x + by), y: Math.max(0, box.y - by), w: box.h, h: box.w });
  }
  say("sayTurned", { name: nameOf(row) });
}

// -- what is drawn ----------------------------------------------------------------------------------------------------

function element(name, values, parent) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  return parent.appendChild(made);
}

function shape(row, parent) {
  const kind = get(row, "kind"), values = { class: "p-" + get(row, "class") };
  for (const input of row.querySelectorAll("[data-f]")) {
    if (!["kind", "class", "gone", "turn"].includes(input.dataset.f) && input.value !== "") values[input.dataset.f] = input.value;
  }
  const box = boxOf(row);
  if (kind === "rect" && num(row, "turn")) values.transform = `rotate(${num(row, "turn")} ${box.x + box.w / 2} ${box.y + box.h / 2})`;
  return element(kind, values, parent);
}

function paint(row, group) {
  const box = boxOf(row), kind = row.dataset.row;
  group.replaceChildren();
  if (kind === "h") { shape(row, group); return; }
  if (!box) return;
  element("rect", { x: box.x, y: box.y, width: box.w, height: box.h, rx: 5 }, group);
  element("text", { x: box.x + box.w / 2, y: box.y + box.h / 2 }, group).textContent = nameOf(row);
}

function paintTurned([W, H]) {
  turned.setAttribute("viewBox", `0 0 ${H} ${W}`);
  turned.replaceChildren();
  const under = element("g", { transform: `matrix(0 1 -1 0 ${H} 0)` }, turned);
  for (const row of rows()) {
    if (gone(row)) continue;
    const box = boxOf(row);
    if (row.dataset.row === "h") shape(row, under);
    else if (row.dataset.row === "s" && box) {
      const group = element("g", { class: "ed-thing ed-s" }, turned);
      element("rect", { x: H - box.y - box.h, y: box.x, width: box.h, height: box.w, rx: 5 }, group);
      element("text", { x: H - box.y - box.h / 2, y: box.x + box.w / 2 }, group).textContent = nameOf(row);
    }
  }
}

function draw() {
  const [W, H] = size();
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
  for (const row of rows()) {
    let group = things.get(row);
    if (!group) {
      group = element("g", { class: `ed-thing ed-${row.dataset.row}`, role: "button" }, LAYERS[row.dataset.row]);
      things.set(row, group);
      group.row = row;
    }
    const box = boxOf(row), off = gone(row) || (!box && row.dataset.row !== "h");
    group.style.display = off ? "none" : "";
    const reach = (row.dataset.row === "h") === walls && !off;
    group.classList.toggle("is-out", !reach);
    if (reach) { group.setAttribute("tabindex", "0"); group.removeAttribute("aria-hidden"); } else { group.removeAttribute("tabindex"); group.setAttribute("aria-hidden", "true"); }
    group.classList.toggle("is-chosen", row === chosen);
    group.setAttribute("aria-pressed", row === chosen);
    group.setAttribute("aria-label", box ? `${nameOf(row)}: ${box.x}, ${box.y}, ${box.w} × ${box.h}` : nameOf(row));
    if (!off) paint(row, group);
    row.classList.toggle("is-chosen", row === chosen);
    row.querySelector("legend").textContent = nameOf(row);
  }
  frame.replaceChildren();
  const box = chosen && !gone(chosen) && boxOf(chosen);
  if (box) {
    element("rect", { class: "ed-frame", x: box.x - 3, y: box.y - 3, width: box.w + 6, height: box.h + 6 }, frame);
    element("rect", { class: "ed-handle", x: box.x + box.w - 4, y: box.y + box.h - 4, width: 14, height: 14, rx: 3 }, frame);
  }
  paintTurned([W, H]);
  form.querySelector('[data-do="undo"]').disabled = !undo.length;
  form.querySelector('[data-do="redo"]').disabled = !redo.length;
}

function choose(row, focus) {
  chosen = row;
  if (row && (row.dataset.row === "h") !== walls) flip();
  draw();
  if (focus && row) things.get(row).focus();
}

function flip() {
  walls = !walls;
  form.querySelector('[data-do="walls"]').setAttribute("aria-pressed", walls);
}

// -- steps back -------------------------------------------------------------------------------------------------------

const state = () => JSON.stringify([...form.querySelectorAll("[data-f], .ed-floor input")]
  .filter((input) => !input.closest("template")).map((input) => [input.name, input.type === "checkbox" ? input.checked : input.value]));

function commit() {
  const now = state();
  if (now !== last) { undo.push(last); redo = []; last = now; }
  draw();
}

function back(from, to, told) {
  if (!from.length) return;
  to.push(last);
  last = from.pop();
  const known = new Map(JSON.parse(last));
  for (const input of form.querySelectorAll("[data-f], .ed-floor input")) {
    const value = known.get(input.name);
    if (input.type === "checkbox") input.checked = known.has(input.name) ? value : input.dataset.f === "gone";
    else if (known.has(input.name)) input.value = value;
  }
  if (chosen && gone(chosen)) chosen = null;
  draw();
  say(told);
}

// -- new things -------------------------------------------------------------------------------------------------------

function free(prefix) {
  const names = new Set(rows().map((row) => get(row, "name")));
  for (let n = 1; ; n += 1) if (!names.has(prefix + n)) return prefix + n;
}

function add(template, values) {
  const part = form.querySelector(`[data-template="${template}"]`).content.cloneNode(true), row = part.querySelector(".ed-row");
  made += 1;
  const key = "j" + made;
  row.dataset.key = key;
  for (const one of row.querySelectorAll("[id], [name], [for]")) {
    for (const name of ["id", "name", "for"]) {
      if (one.hasAttribute(name)) one.setAttribute(name, one.getAttribute(name).replace("-KEY-", `-${key}-`));
    }
  }
  for (const [name, value] of Object.entries(values)) put(row, name, value);
  const group = side.querySelector(`[data-group="${row.dataset.row}"]`);
  group.insertBefore(row, group.querySelector(".ed-new"));
  return row;
}

function beside() {
  const box = chosen && boxOf(chosen), [W, H] = size();
  if (!box) return [100, 100];
  return [Math.min(snap(box.x + box.w + GRID), W - 60), Math.min(snap(box.y), H - 60)];
}

function copy(row) {
  const kind = row.dataset.row, of = kind === "h" ? get(row, "kind") : kind === "s" ? "desk" : "";
  if (!form.querySelector(`[data-template="${kind}${of}"]`)) return;
  const values = {};
  for (const input of row.querySelectorAll("[data-f]")) if (!["id", "gone"].includes(input.dataset.f)) values[input.dataset.f] = input.value;
  if (kind === "s") values.name = free(values.name.replace(/\d+$/, "") || values.name);
  const made = add(kind + of, values), box = boxOf(made);
  if (box) move(made, box.x + GRID * 2, box.y + GRID * 2);
  choose(made);
  commit();
  things.get(made).focus();
}

function lay() {
  const at = (name) => form.elements["lay_" + name].value, n = (name) => Number(at(name)) || 0;
  const across = Math.max(1, n("across"));
  for (let i = 0; i < Math.min(100, n("count")); i += 1) {
    const x = n("x") + (i % across) * (n("w") + GRID), y = n("y") + Math.floor(i / across) * (n("h") + GRID);
    chosen = add("sdesk", { name: free(at("prefix").trim() || "A"), kind: "desk", zone: at("zone"), seats: 1, x, y, w: n("w"), h: n("h") });
  }
  commit();
}

// All desks with the letter of the chosen one, from the left and from above.
function number() {
  const letter = (row) => get(row, "name").replace(/\d+$/, "");
  const prefix = chosen && get(chosen, "name") ? letter(chosen) : "A";
  const desks = rows().filter((row) => row.dataset.row === "s" && !gone(row) && get(row, "kind") === "desk" && letter(row) === prefix);
  desks.sort((a, b) => num(a, "y") - num(b, "y") || num(a, "x") - num(b, "x"));
  desks.forEach((row, index) => put(row, "name", prefix + (index + 1)));
}

function takeAway(row) {
  field(row, "gone").checked = true;
  say("sayGone", { name: nameOf(row) });
  const next = things.get(row).nextElementSibling?.row;
  chosen = next && !gone(next) ? next : null;
  commit();
  if (chosen) things.get(chosen).focus();
}

const DO = {
  undo: () => back(undo, redo, "sayUndone"),
  redo: () => back(redo, undo, "sayRedone"),
  desk: () => { const [x, y] = beside(); choose(add("sdesk", { name: free("A"), kind: "desk", seats: 1, x, y, w: 50, h: 50 })); commit(); things.get(chosen).focus(); },
  room: () => { const [x, y] = beside(); choose(add("sdesk", { name: free("R"), kind: "room", seats: 6, x, y, w: 160, h: 100 })); commit(); things.get(chosen).focus(); },
  wall: () => { choose(add("hline", { x1: 100, y1: 100, x2: 200, y2: 100 })); commit(); things.get(chosen).focus(); },
  rect: () => { choose(add("hrect", { x: 100, y: 100, width: 100, height: 60 })); commit(); things.get(chosen).focus(); },
  label: () => { choose(add("l", { sv: "Text", en: "Text", x: 100, y: 100, w: 100, h: 20 })); commit(); things.get(chosen).focus(); },
  copy: () => chosen && copy(chosen),
  turn: () => { if (chosen) { turn(chosen); commit(); } },
  number: () => { number(); commit(); },
  gone: () => chosen && takeAway(chosen),
  walls: () => { flip(); chosen = null; draw(); },
};

// -- hands ------------------------------------------------------------------------------------------------------------

const units = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());

svg.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  const group = event.target.closest(".ed-thing"), grip = event.target.closest(".ed-handle");
  if (!group && !grip) { choose(null); return; }
  event.preventDefault();
  if (group) choose(group.row, true);
  const box = boxOf(chosen);
  if (!box) return;
  drag = { from: units(event), box, sizes: Boolean(grip) };
  svg.setPointerCapture(event.pointerId);
});
svg.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const at = units(event), right = at.x - drag.from.x, down = at.y - drag.from.y;
  if (drag.sizes) resize(chosen, snap(drag.box.w + right), snap(drag.box.h + down));
  else if (Math.hypot(right, down) > 3 || drag.moved) { drag.moved = true; move(chosen, snap(drag.box.x + right), snap(drag.box.y + down)); }
  draw();
});
const drop = () => { if (drag) { drag = null; commit(); } };
svg.addEventListener("pointerup", drop);
svg.addEventListener("pointercancel", drop);
svg.addEventListener("focusin", (event) => {
  const row = event.target.closest(".ed-thing")?.row;
  if (row && row !== chosen) choose(row);
});

svg.addEventListener("keydown", (event) => {
  const row = event.target.closest(".ed-thing")?.row, key = event.key.toLowerCase();
  if (!row || event.ctrlKey || event.metaKey) return;
  const box = boxOf(row);
  if (ARROWS[event.key] && box) {
    const [right, down] = ARROWS[event.key], by = event.altKey ? 1 : GRID;
    if (event.shiftKey) resize(row, box.w + right * by, box.h + down * by); else move(row, box.x + right * by, box.y + down * by);
    commit();
    const now = boxOf(row);
    say(event.shiftKey ? "saySized" : "sayMoved", { name: nameOf(row), ...now });
  } else if (key === "r") { turn(row, event.shiftKey); commit(); } else if (key === "c") copy(row);
  else if (key === "delete" || key === "backspace") takeAway(row);
  else if (key === "enter") row.querySelector("input:not([type=hidden])").focus();
  else return;
  event.preventDefault();
});
form.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input, textarea, select")) return;
  const key = event.key.toLowerCase();
  if (key === "z") (event.shiftKey ? DO.redo : DO.undo)(); else if (key === "y") DO.redo(); else return;
  event.preventDefault();
});
form.addEventListener("click", (event) => {
  const act = event.target.closest("[data-do]")?.dataset.do;
  if (act) DO[act]();
  else if (event.target.closest('button[value="lay"]')) { event.preventDefault(); lay(); }
});
form.addEventListener("input", (event) => { if (event.target.closest(".ed-row, .ed-floor")) draw(); });
form.addEventListener("change", (event) => { if (event.target.closest(".ed-row, .ed-floor")) commit(); });
form.addEventListener("submit", () => { sending = true; });
addEventListener("beforeunload", (event) => { if (!sending && (undo.length || "unsaved" in form.dataset)) event.preventDefault(); });

// -- begin ------------------------------------------------------------------------------------------------------------

form.classList.add("has-script");
svg.removeAttribute("hidden");
for (const part of form.querySelectorAll(".ed-tools, #ed-help, .ed-turned")) part.hidden = false;
for (const group of side.querySelectorAll("details.ed-group")) group.open = true;
if (form.dataset.picture) {
  const [width, height] = size();
  svg.prepend(element("image", { href: form.dataset.picture, width, height, opacity: .35, preserveAspectRatio: "xMinYMin meet" }, svg));
}
last = state();
draw();
