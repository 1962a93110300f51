// The plan and every timeline are one tab stop each; arrows go to the nearest item in that direction.
const TOWARDS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const items = (box) => [...box.querySelectorAll(box.dataset.nav === "plan" ? "[data-space]" : "[role=gridcell] > a, [role=gridcell]:not(:has(> a))")];

// Exactly one item of a box can be tabbed to: the one visited last, else the chosen one, else the first.
function settle(box) {
  const all = items(box);
  const stop = all.find((item) => item === document.activeElement) || all.find((item) => item.dataset.stop) ||
    all.find((item) => item.matches(".is-sel")) || all[0];
  for (const item of all) {
    const turn = item === stop ? "0" : "-1";
    if (item.getAttribute("tabindex") !== turn) item.setAttribute("tabindex", turn);
    if (item !== stop) delete item.dataset.stop;
  }
}

function visit(box, item) {
  for (const other of items(box)) delete other.dataset.stop;
  item.dataset.stop = "yes";
  settle(box);
  item.focus();
}

function nearest(from, all, [right, down]) {
  const middle = (item) => { const r = item.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; };
  const [x, y] = middle(from);
  let best = null, least = Infinity;
  for (const item of all) {
    if (item === from) continue;
    const [ix, iy] = middle(item), along = (ix - x) * right + (iy - y) * down, across = Math.abs((ix - x) * down) + Math.abs((iy - y) * right);
    if (along > 6 && along + across * 2 < least) { best = item; least = along + across * 2; }
  }
  return best;
}

// In a timeline, left and right stay in the row; up and down go to the stretch of the next row at the same hour.
function within(row, from, [right, down]) {
  const cells = items(row), box = row.closest("[data-nav]"), rows = [...box.querySelectorAll("[role=row]")];
  if (right) return cells[cells.indexOf(from) + right];
  const next = rows[rows.indexOf(row) + down];
  if (!next) return null;
  const { left, width } = from.getBoundingClientRect(), x = left + Math.min(width / 2, 12);
  const away = (item) => { const r = item.getBoundingClientRect(); return Math.max(r.left - x, x - r.right, 0); };
  return items(next).reduce((best, item) => (away(item) < away(best) ? item : best));
}

function towards(box, from, direction) {
  const row = from.closest("[role=row]");
  return row ? within(row, from, direction) : nearest(from, items(box), direction);
}

document.addEventListener("keydown", (event) => {
  const box = event.target.closest("[data-nav]");
  if (!box || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = items(box), direction = TOWARDS[event.key];
  const next = event.key === "Home" ? all[0] : event.key === "End" ? all.at(-1)
    : direction && all.includes(event.target) ? towards(box, event.target, direction) || null : undefined;
  if (next === undefined) return;
  event.preventDefault();
  if (next) visit(box, next);
});
document.addEventListener("focusin", (event) => {
  const box = event.target.closest("[data-nav]");
  if (!box || event.target === box) return;
  for (const other of items(box)) delete other.dataset.stop;
  event.target.dataset.stop = "yes";
  settle(box);
});
const settleAll = () => document.querySelectorAll("[data-nav]").forEach(settle);
document.addEventListener("station:day", settleAll);
settleAll();
