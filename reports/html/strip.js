// The strip is the answer that was interrupted, from its first byte to its last, a row for each kind of fault and a mark for
// each trial. What came of it shows in colour and shape.

const DIAMOND = "M0 -5l5 5l-5 5l-5 -5z";
const LOOKS = new Map([ // tone and shape
  ["whole", ["good", "M0 -6v12"]],
  ["duplicated", ["warn", "M-2.5 -6v12M2.5 -6v12"]],
  ["hung", ["bad", "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0"]],
  ["refused", ["warn", DIAMOND]],
  ["expired", ["warn", DIAMOND]],
  ["unsupported", ["faint", DIAMOND]],
  ["inconclusive", ["faint", "M0 -5l5 9h-10z"]],
]);
const WRONG = ["bad", "M-4.5 -4.5l9 9M-4.5 4.5l9 -9"];
const ROW = 26;
const LEVEL = 14; // of a trial above another one
const STACK = 12; // trials above each other that can be told apart
const ROWS = 150; // of a table

const lookOf = (verdict) => LOOKS.get(verdict) ?? WRONG;

function shapeOf(verdict, x = 0, y = 0) {
  const [tone, d] = lookOf(verdict);
  return drawn("path", { class: `trial ${tone}`, d, transform: `translate(${x} ${y})` });
}

/** drawStrip shows the trials in host, and the one that was chosen below them; timelines are those of the whole document. */
function drawStrip(host, data, visit) {
  const stage = host.querySelector(".picture");
  const detail = element("div", { class: "detail" });
  const spoken = element("p", { class: "spoken", role: "status" });
  const hidden = new Set();
  const choose = (trial) => {
    detail.replaceChildren(trialDetail(trial, data, visit));
    spoken.textContent = `Trial ${trial.schedule} is shown below`;
  };
  const redraw = () => {
    stage.replaceChildren();
    const trials = data.trials.filter((trial) => !hidden.has(trial.verdict));
    stripOf(stage, trials, data.length, choose);
    stage.append(trialsTable(trials));
  };
  for (const item of host.querySelectorAll(".outcomes li")) outcomeFilter(item, hidden, redraw);
  stage.after(spoken, detail);
  redraw();
  const worst = data.trials.find((trial) => lookOf(trial.verdict)[0] === "bad");
  if (worst) detail.append(trialDetail(worst, data, visit));
}

/** outcomeFilter makes the count of a verdict a switch. */
function outcomeFilter(item, hidden, redraw) {
  const { verdict } = item.dataset;
  const made = element("button", { type: "button", "aria-pressed": "true" },
    drawn("svg", { width: 16, height: 16, viewBox: "-8 -8 16 16", "aria-hidden": "true" }, shapeOf(verdict)), ...item.childNodes);
  made.addEventListener("click", () => {
    if (!hidden.delete(verdict)) hidden.add(verdict);
    made.setAttribute("aria-pressed", String(!hidden.has(verdict)));
    redraw();
  });
  item.append(made);
}

function stripOf(stage, trials, length, choose) {
  const landed = trials.filter((trial) => trial.at >= 0);
  if (!landed.length) {
    stage.append(element("p", { class: "left" }, "No fault landed in the answer."));
    return;
  }
  const { lanes, marks, height } = placed(landed);
  const loud = (mark) => ["faint", "good", "warn", "bad"].indexOf(lookOf(mark.trial.verdict)[0]);
  const inOrder = marks.toSorted((a, b) => loud(a) - loud(b));
  new Picture(stage, {
    name: "Where the answer was interrupted, and what came of it", summary: `${plural(marks.length, "trial")} in an answer of ${size(length)}`,
    hint: "Point at a mark, or walk with the arrow keys; a click or Enter shows the trial.",
    extent: [0, Math.max(1, length)], view: where(landed, length), height: height + 30, left: 100, rows: true, lanes, marks,
    tick: (n) => (Number.isInteger(n) ? (n === 0 ? "byte 0" : grouped(n)) : ""),
    draw(layer, x, [low, high]) {
      for (const mark of inOrder) if (mark.at >= low && mark.at <= high) layer.append(shapeOf(mark.trial.verdict, x(mark.at), mark.y));
    },
    tell: ({ trial }) => `${trial.schedule}: ${trial.verdict} · byte ${trial.at}${trial.event ? `, event ${trial.event}` : ""} · ${trial.reason}`,
    choose: ({ trial }) => choose(trial),
  });
  const rest = trials.length - landed.length;
  if (rest) stage.append(element("p", { class: "left" }, `${plural(rest, "fault")} did not land in the answer: see the table.`));
}

/** placed gives each kind of fault a row, and each trial a place in it: those at the same byte stand above each other. */
function placed(trials) {
  const lanes = [], marks = [];
  let height = 4;
  for (const kind of [...new Set(trials.map((trial) => trial.kind))].sort()) {
    const here = trials.filter((trial) => trial.kind === kind).sort((a, b) => a.at - b.at);
    const stacked = new Map();
    const levels = here.map((trial) => {
      const level = stacked.get(trial.at) ?? 0;
      stacked.set(trial.at, level + 1);
      return Math.min(level, STACK - 1);
    });
    height += ROW + LEVEL * Math.max(...levels);
    const y = height - ROW / 2;
    lanes.push({ name: kind, y });
    here.forEach((trial, i) => marks.push({ trial, at: trial.at, y: y - LEVEL * levels[i] }));
  }
  return { lanes, marks, height };
}

/** where is the part of the answer that is shown at first: all of it, unless only its beginning was interrupted. */
function where(landed, length) {
  const last = 1.05 * Math.max(1, ...landed.map((trial) => trial.at));
  return [0, last < length / 5 ? last : Math.max(1, length)];
}

/** trialDetail tells all of one trial, with the exchanges it was made of. */
function trialDetail(trial, data, visit) {
  const facts = [
    ["Why", trial.reason], ["Proved by", trial.oracle], ["Asked for the rest by", trial.resume], ["Mode", trial.mode],
    ["Felt as", trial.at < 0 ? "not landed" : `${trial.seen} at byte ${trial.at}${trial.event ? `, event ${trial.event}` : ""}`],
    ["Events again after", trial.recovery ? time(trial.recovery) : ""],
  ].filter(([, words]) => words);
  const made = element("section", { class: "card", "aria-label": `Trial ${trial.schedule}` },
    element("p", { class: "of" }, element("span", { class: `end ${lookOf(trial.verdict)[0]}` }, trial.verdict), " ", element("code", {}, trial.schedule)),
    element("dl", {}, ...facts.flatMap(([name, words]) => [element("dt", {}, name), element("dd", {}, words)])));
  if (trial.anomalies) made.append(element("ul", { class: "anomalies" }, ...trial.anomalies.map((words) => element("li", {}, words))));
  made.append(element("div", { class: "copied" }, element("pre", { tabindex: 0 }, trial.reproduce), copies(button("Copy", () => {}), () => trial.reproduce)));
  const timelines = data.timelines.filter((timeline) => timeline.scene === trial.scene);
  if (!timelines.length) made.append(element("p", { class: "left" }, "There is no timeline of it here."));
  for (const timeline of timelines) {
    const host = element("div", { class: "picture" });
    made.append(element("h4", {}, timeline.name, element("span", { class: "gist" }, ` ${timeline.answer}`)), host);
    drawTimeline(host, timeline, visit);
  }
  return made;
}

function trialsTable(trials) {
  const made = element("details", { class: "table" }, element("summary", {}, `${plural(trials.length, "trial")} as a table`));
  let n = 0;
  const rowsOf = (from, to) => trials.slice(from, to).map((trial) => [trial.schedule, trial.verdict, trial.at < 0 ? "not landed" : trial.at, trial.reason, trial.oracle ?? ""]);
  const more = button("", () => grow());
  const grow = () => {
    const table = tableOf(["Schedule", "Verdict", "Byte", "Why", "Proved by"], rowsOf(n, n + ROWS));
    if (n === 0) made.append(table, more);
    else made.querySelector("tbody").append(...table.querySelectorAll("tbody tr"));
    n = Math.min(trials.length, n + ROWS);
    more.hidden = n === trials.length;
    more.textContent = `${plural(trials.length - n, "more trial")}`;
  };
  made.addEventListener("toggle", () => { if (n === 0) grow(); });
  return made;
}
