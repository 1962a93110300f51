// Draw a shorter stretch in a free one with a mouse or a pen. Fingers scroll; they tap, and choose in the sheet.
const day = document.getElementById("day");
const clock = (quarter) => [quarter >> 2, (quarter & 3) * 15].map((n) => String(n).padStart(2, "0")).join(":");
const colon = document.documentElement.lang === "sv" ? "." : ":";
let drag = null, swallow = false;

function stretch(event) {
  const box = drag.link.getBoundingClientRect(), { s, e } = drag.link.dataset;
  const at = +s + ((event.clientX - box.left) / box.width) * (e - s);
  const from = Math.min(drag.at, at), to = Math.max(drag.at, at);
  return [Math.max(+s, Math.floor(from + .01)), Math.min(+e, Math.ceil(to - .01))];
}

function end() {
  drag?.shade?.remove();
  document.documentElement.classList.remove("is-dragging");
  drag = null;
}

day.addEventListener("pointerdown", (event) => {
  const link = event.target.closest("a.tl-seg.is-free");
  if (!link || event.button || event.pointerType === "touch") return;
  const box = link.getBoundingClientRect(), { s, e } = link.dataset;
  drag = { link, x: event.clientX, at: +s + ((event.clientX - box.left) / box.width) * (e - s) };
});
addEventListener("pointermove", (event) => {
  if (!drag || (!drag.shade && Math.abs(event.clientX - drag.x) < 6)) return;
  const [s, e] = stretch(event);
  if (!drag.shade) {
    drag.shade = document.createElement("span");
    drag.shade.innerHTML = '<span class="tl-seg is-sel"><span></span></span>';
    drag.link.closest("[data-track]").append(drag.shade);
    document.documentElement.classList.add("is-dragging");
  }
  drag.shade.className = `tl-cell tl-pick s${s} e${e}`;
  drag.shade.querySelector(".tl-seg > span").textContent = (clock(s) + "–" + clock(e)).replaceAll(":", colon);
});
addEventListener("pointerup", (event) => {
  if (!drag) return;
  const { link, shade } = drag, [s, e] = stretch(event);
  end();
  if (!shade || e <= s) return;
  swallow = true; // the click that ends a drag is not a tap
  setTimeout(() => { swallow = false; });
  const href = new URL(link.href);
  href.searchParams.set("from", clock(s));
  href.searchParams.set("to", clock(e));
  document.dispatchEvent(new CustomEvent("station:open", { detail: { href: href.href, from: link } }));
});
addEventListener("pointercancel", end);
addEventListener("keydown", (event) => { if (event.key === "Escape") end(); });
day.addEventListener("dragstart", (event) => { if (event.target.closest(".tl-seg")) event.preventDefault(); });
addEventListener("click", (event) => {
  if (!swallow) return;
  event.preventDefault();
  event.stopPropagation();
}, true);
