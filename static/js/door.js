// A screen by a door or in the foyer keeps itself fresh, and knows when it is not. ECMAScript 5, for old tablets.
//
// How old the picture is, no clock alone tells: that of a tablet is wrong or set anew, and some stand still while it
// sleeps. So three are read, the longest counts, and it counts from when the answer was asked for. The server repeats a
// number with each answer, so that none from a cache or a hotel's log-in page passes for one.
(function () {
  "use strict";
  var box = document.getElementById("door"), old = document.getElementById("old"), body = document.body;
  var GRACE = 10000, TIMEOUT = 10000, ASKED = 0;
  var ticks = 0, etag = "", timer = 0, asking = null, failed = 0, part, server, sent, until;

  function perf() { return window.performance && performance.now ? performance.now() : 0; }
  function instant() { return { date: Date.now(), perf: perf(), ticks: ticks }; }
  function age() {
    return Math.max(Date.now() - sent.date, perf() - sent.perf, (ticks - sent.ticks) * 1000, 0);
  }
  function number(name) { return +part.getAttribute("data-" + name); }

  function two(n) { return (n < 10 ? "0" : "") + n; }
  function clock(ms) {
    var at = new Date(ms + number("offset") * 60000);
    return two(at.getUTCHours()) + part.getAttribute("data-comma") + two(at.getUTCMinutes());
  }
  function set(element, text) { if (element && element.textContent !== text) element.textContent = text; }

  // What is shown of its age: nothing, since when there was no contact, or that nothing of now is known.
  function tell() {
    var past = age(), now = server + past, over = now >= until + GRACE;
    var state = over || past > number("lost") * 1000 ? "lost" : past > number("marked") * 1000 ? "marked" : "";
    var name = (part.className.indexOf("is-ink") < 0 ? "" : "ink ") + state;
    if (body.className !== name) body.className = name;
    var words = failed && ticks < failed ? "failed" : state === "marked" ? "old" : state;
    set(old, words ? old.getAttribute("data-" + words).replace("{time}", clock(server)) : "");
    if (old.hidden === !!words) old.hidden = !words;
    set(document.getElementById("clock"), clock(now));
  }

  function tick() {
    ticks += 1;
    tell();
  }

  function pressed() {
    var all = box.querySelectorAll("button, a"), i;
    for (i = 0; i < all.length; i += 1) if (all[i] === document.activeElement) return i;
    return -1;
  }

  function show(text) {
    var at = pressed(), all;
    box.innerHTML = text;
    part = document.getElementById("part");
    all = box.querySelectorAll("button, a");
    if (at >= 0 && all[at]) all[at].focus();
  }

  // An answer is ours where it repeats our number; then what it says is as fresh as the moment it was asked for.
  function take(request, asked, began) {
    var ours = request.readyState === 4 && request.getResponseHeader("X-Asked") === asked, text;
    if (!ours || !(request.status === 304 || (request.responseText || "").indexOf('id="part"') >= 0)) return false;
    text = request.responseText;
    sent = began;
    server = +request.getResponseHeader("X-Now");
    if (request.status !== 304) {
      show(text);
      etag = part.getAttribute("data-etag");
    }
    until = +request.getResponseHeader("X-Until") || number("until");
    failed = 0;
    tell();
    return true;
  }

  function later() {
    var wait = number("poll") * 1000, left = until + 1000 - (server + age());
    clearTimeout(timer);
    timer = setTimeout(poll, left > 500 ? Math.min(wait, left) : wait);
  }

  function ask(method, address, form) {
    var request = new XMLHttpRequest(), asked = String(ASKED += 1) + Math.floor(Math.random() * 1e9);
    var began = instant(), stop, done = false;
    if (asking) asking.abort();
    asking = request;
    request.pressed = form !== undefined;
    function end() {
      if (done) return;
      done = true;
      clearTimeout(stop);
      if (asking === request) asking = null;
      var good = take(request, asked, began);
      if (!good && form !== undefined) { failed = ticks + 8; tell(); }
      if (!asking) later();
    }
    request.open(method, address, true);
    request.setRequestHeader("X-Part", "door");
    request.setRequestHeader("X-Ask", asked);
    if (method === "GET" && etag && form === undefined) request.setRequestHeader("If-None-Match", etag);
    if (method === "POST") request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    request.onreadystatechange = function () { if (request.readyState === 4) end(); };
    stop = setTimeout(function () { request.abort(); end(); }, TIMEOUT);
    try { request.send(method === "POST" ? form : null); } catch (error) { end(); }
  }

  // A look waits for what was pressed: given up, that would be done all the same, and nobody told.
  function poll() {
    if (asking && asking.pressed) later(); else ask("GET", location.pathname);
  }

  function closest(element, name) {
    while (element && element !== box && element.nodeName !== name) element = element.parentNode;
    return element === box ? null : element;
  }

  box.addEventListener("submit", function (event) {
    var inputs = event.target.querySelectorAll("input"), fields = [], i;
    event.preventDefault();
    for (i = 0; i < inputs.length; i += 1)
      fields.push(encodeURIComponent(inputs[i].name) + "=" + encodeURIComponent(inputs[i].value));
    ask("POST", event.target.getAttribute("action"), fields.join("&"));
  });
  box.addEventListener("click", function (event) {
    var link = closest(event.target, "A");
    if (!link || link.pathname !== location.pathname) return;  // the way to another address leads away from here
    event.preventDefault();
    ask("GET", link.getAttribute("href"), "");
  });
  window.addEventListener("online", poll);
  window.addEventListener("pageshow", function (event) { if (event.persisted) poll(); });

  part = document.getElementById("part");
  etag = part.getAttribute("data-etag");
  server = number("now");
  until = number("until");
  sent = instant();
  if (window.performance && performance.timing && performance.now) {
    sent = { date: Math.min(sent.date, performance.timing.navigationStart || sent.date), perf: 0, ticks: 0 };
  }
  tell();
  setInterval(tick, 1000);
  timer = setTimeout(poll, 2000);
})();
