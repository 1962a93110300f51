// Reads tickets with the camera where the browser can; what it finds is opened, and staff press the button there.
const box = document.getElementById("scan"), video = box.querySelector("video"), says = box.querySelector("[data-says]");
const start = box.querySelector("[data-scan]"), stop = box.querySelector("[data-stop]");
let stream = null;

function end() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.hidden = stop.hidden = true;
  start.hidden = false;
}

// Our own tickets alone: a picture may lead anywhere.
function ticket(text) {
  try {
    const { origin, pathname } = new URL(text);
    return origin === location.origin && /^\/tickets\/[\w.-]+$/.test(pathname) ? pathname : null;
  } catch {
    return null;
  }
}

async function look(detector) {
  while (stream) {
    const found = await detector.detect(video).catch(() => []);
    for (const { rawValue } of found) {
      const path = ticket(rawValue);
      if (path) { end(); location.assign(path); return; }
      says.textContent = box.dataset.strange;
    }
    await new Promise((next) => { setTimeout(next, 250); });
  }
}

async function begin() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    video.hidden = stop.hidden = false;
    start.hidden = true;
    await video.play();
    look(new BarcodeDetector({ formats: ["qr_code"] }));
  } catch {
    end();
    says.textContent = box.dataset.none;
  }
}

if ("BarcodeDetector" in window && navigator.mediaDevices) {
  box.hidden = false;
  start.addEventListener("click", begin);
  stop.addEventListener("click", end);
  addEventListener("pagehide", end);
  if (box.dataset.start) begin();
}
