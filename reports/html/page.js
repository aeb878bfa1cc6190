// The page works without all this: the script only draws, filters and leads to places.

/** dataOf returns what a section draws from; it is read once. */
const dataOf = (() => {
  const read = new Map();
  return (key) => {
    if (!read.has(key)) read.set(key, JSON.parse(document.getElementById(`${key}~data`).textContent));
    return read.get(key);
  };
})();

/** visit goes to a place on the page: it opens what the place is folded into, and shows what the filter hides. */
function visit(place) {
  const target = document.getElementById(place);
  if (!target) return;
  unfoldTo(target);
  if (!target.checkVisibility()) {
    clearFilter();
    unfoldTo(target); // what the filter had opened is closed again
  }
  if (location.hash.slice(1).split("?", 1)[0] !== place) history.pushState(null, "", `#${place}`);
  writeFilter();
  const focused = target.tagName === "DETAILS" ? target.querySelector("summary") : target;
  focused.focus({ preventScroll: true });
  target.scrollIntoView({ block: "start" });
}

function unfoldTo(target) {
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}

/** drawRecording draws a timeline once, when it is opened. */
function drawRecording(recording) {
  const stage = recording.querySelector(".picture");
  if (!recording.open || stage.childElementCount) return;
  const { timelines } = dataOf(recording.closest(".target").id);
  drawTimeline(stage, timelines[Number(recording.dataset.index)], visit);
}

/** listenToTheme lets the page be light or dark whatever the system says, until it is left. */
function listenToTheme() {
  const toggle = document.getElementById("~theme");
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { toggle.textContent = dark() ? "Light" : "Dark"; };
  toggle.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; name(); });
  name();
  toggle.hidden = false;
}

function listenToLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    visit(link.getAttribute("href").slice(1));
  });
  for (const copy of document.querySelectorAll(".copy")) {
    const { link } = copy.dataset;
    copies(copy, () => (link ? `${location.href.split("#", 1)[0]}#${link}` : copy.previousElementSibling.textContent));
    copy.hidden = false;
  }
  addEventListener("hashchange", () => visit(readFilter()));
}

function drawAll() {
  for (const recording of document.querySelectorAll(".recording")) {
    recording.addEventListener("toggle", () => drawRecording(recording));
    drawRecording(recording);
  }
  for (const host of document.querySelectorAll(".chaos")) drawStrip(host, dataOf(host.dataset.key), visit);
  for (const host of document.querySelectorAll(".tracks")) drawTracks(host.querySelector(".picture"), dataOf(host.dataset.key).tracks);
}

/** unfold opens on paper what can be opened on the screen. */
function unfold() {
  for (const fold of document.querySelectorAll(".more, .bytes")) fold.open = true;
}

/** minded keeps the places that are led to clear of the bar above them. */
function minded(bar) {
  const measure = () => document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`);
  new ResizeObserver(measure).observe(bar);
  measure();
}

const bar = document.getElementById("~filter");
bar.hidden = rules.length === 0;
minded(bar);
listenToTheme();
listenToLinks();
listenToFilter();
drawAll();
addEventListener("beforeprint", unfold);
visit(readFilter());
