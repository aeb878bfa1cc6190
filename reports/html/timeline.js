// A timeline is one exchange over its time: bars for bytes, dots for events, diamonds for comments such as heartbeats, a
// shaded band where something was held back, flags where findings point at it.

const LANE = { flags: 12, top: 26, floor: 96, events: 108, comments: 122, height: 160 };

function drawTimeline(host, timeline, visit) {
  const marks = timeline.marks.map(([at, bytes, events, comments, late, text]) => ({ at, bytes, events, comments, late, text }));
  for (const mark of marks) mark.found = (timeline.found ?? []).filter((f) => nearestMark(marks, f.at) === mark);
  const span = Math.max(timeline.end, marks.at(-1)?.at ?? 0, timeline.fault?.at_ms ?? 0, 0.1);
  const picture = new Picture(host, {
    name: `${timeline.name} over its time`, summary: `${plural(marks.length, "mark")} in ${time(span)}`,
    extent: [0, span * 1.01], height: LANE.height, marks, tick: tickTime,
    draw: (layer, x, view, width) => layer.append(...heldBands(marks, x), ...bars(marks, x, width), ...shapes(marks, x, width),
      ...landmarks(timeline, x), ...flags(timeline, x, view, visit)),
    tell: tellMark,
    choose: (mark) => { if (mark.found.length) visit(mark.found[0].anchor); },
  });
  host.append(timelineKey(timeline, marks), marksTable(marks, visit));
  return picture;
}

function nearestMark(marks, at) {
  return marks.reduce((best, mark) => (!best || Math.abs(mark.at - at) < Math.abs(best.at - at) ? mark : best), undefined);
}

function tellMark(mark) {
  const words = [time(mark.at), size(mark.bytes)];
  if (mark.events) words.push(plural(mark.events, "event"));
  if (mark.comments) words.push(plural(mark.comments, "comment"));
  if (mark.late) words.push(`sent ${time(mark.late)} before`);
  if (mark.text) words.push(mark.text);
  for (const f of mark.found) words.push(`${f.id}: ${f.says}`);
  return words.join(" · ");
}

/** bars are as high as the root of their bytes, so that a small piece beside a large one can be seen. */
function bars(marks, x, width) {
  const most = Math.max(1, ...marks.map((mark) => mark.bytes));
  const wide = Math.min(6, Math.max(2, width / marks.length / 3));
  return marks.map((mark) => {
    const height = Math.max(3, Math.sqrt(mark.bytes / most) * (LANE.floor - LANE.top));
    return drawn("rect", { class: "bytes", x: x(mark.at) - wide / 2, y: LANE.floor - height, width: wide, height });
  });
}

function shapes(marks, x, width) {
  const out = [], most = Math.min(7, Math.max(2, width / marks.length / 2.5));
  for (const mark of marks) {
    const at = x(mark.at);
    if (mark.events) out.push(drawn("circle", { class: "event", cx: at, cy: LANE.events, r: Math.min(most, 3 + Math.sqrt(mark.events - 1)) }));
    if (mark.comments) out.push(drawn("path", { class: "comment", d: `M${at} ${LANE.comments - 4.5}l4 4.5l-4 4.5l-4 -4.5z` }));
  }
  return out;
}

/**
 * held says since when something was held back that came in a mark: since it was sent, where that is known, or, where many
 * events came at once, since the mark before them.
 */
function held(marks) {
  const gaps = marks.map((mark, i) => mark.at - (marks[i - 1]?.at ?? 0));
  const usual = median(gaps);
  return marks.flatMap((mark, i) => {
    if (mark.late >= 100) return [{ mark, since: mark.at - mark.late, sure: true }];
    const gathered = mark.events >= 4 && gaps[i] >= 100 && gaps[i] > 3 * usual;
    return gathered ? [{ mark, since: mark.at - gaps[i], sure: false }] : [];
  });
}

function heldBands(marks, x) {
  return held(marks).map(({ mark, since }) => drawn("rect",
    { class: "held", x: x(since), y: LANE.top - 8, width: Math.max(1, x(mark.at) - x(since)), height: LANE.comments - LANE.top + 16 }));
}

const CROSS = "M-5 -5l10 10M-5 5l10 -10";
const ENDS = new Map([ // shape and words
  ["complete", ["M-4 -4h8v8h-8z", "ended properly"]],
  ["truncated", [CROSS, "closed before it was whole"]],
  ["reset", [CROSS, "reset"]],
  ["silent", ["M-5 0h10", "silent to the end"]],
  ["hung-up", ["M-4 -5l8 5l-8 5", "still open when it was left"]],
]);
const endOf = (timeline) => ENDS.get(timeline.how) ?? [CROSS, "end not known"];

/** landmarks are the head, the fault and the end. */
function landmarks(timeline, x) {
  const out = [];
  const rule = (at, kind) => drawn("line", { class: kind, x1: x(at), x2: x(at), y1: LANE.top - 8, y2: LANE.comments + 10 });
  if (timeline.head > 0) out.push(rule(timeline.head, "head"));
  const end = x(timeline.end);
  out.push(rule(timeline.end, "end"), drawn("path", { class: `end ${timeline.how}`, d: endOf(timeline)[0], transform: `translate(${end} ${LANE.top - 8})` }));
  const { fault } = timeline;
  if (fault?.seen_as) {
    const at = x(fault.at_ms);
    const right = at > 200;
    out.push(rule(fault.at_ms, "fault"), drawn("text", { class: "fault", x: at + (right ? -8 : 8), y: LANE.top - 12, "text-anchor": right ? "end" : "start" }, fault.kind));
  }
  return out;
}

/** flags lead to the findings. */
function flags(timeline, x, [low, high], visit) {
  return (timeline.found ?? []).filter((f) => f.at >= low && f.at <= high).map((f) => {
    const at = x(f.at);
    const flag = drawn("path", { class: `flag ${f.level}`, d: `M${at} ${LANE.flags + 8}l-6 -12h12z` }, drawn("title", {}, `${f.id}: ${f.says}`));
    flag.addEventListener("pointerup", (event) => { event.stopPropagation(); visit(f.anchor); });
    return flag;
  });
}

/** timelineKey names the shapes that this picture has. */
function timelineKey(timeline, marks) {
  const sample = (shape, words) => element("li", {}, drawn("svg", { width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true" }, shape), words);
  const all = held(marks);
  return element("ul", { class: "key" },
    sample(drawn("rect", { class: "bytes", x: -1.5, y: -6, width: 3, height: 12 }), "bytes"),
    ...(marks.some((mark) => mark.events) ? [sample(drawn("circle", { class: "event", r: 4 }), "event")] : []),
    ...(marks.some((mark) => mark.comments) ? [sample(drawn("path", { class: "comment", d: "M0 -4.5l4 4.5l-4 4.5l-4 -4.5z" }), "comment")] : []),
    ...(all.length ? [sample(drawn("rect", { class: "held", x: -6, y: -6, width: 12, height: 12 }), all.some((h) => h.sure) ? "held back" : "many at once after a silence")] : []),
    ...(timeline.found ? [sample(drawn("path", { class: `flag ${timeline.found[0].level}`, d: "M0 5l-5 -10h10z" }), "finding")] : []),
    sample(drawn("path", { class: `end ${timeline.how}`, d: endOf(timeline)[0] }), endOf(timeline)[1]));
}

/** marksTable says the same in a table, which is made when it is opened. */
function marksTable(marks, visit) {
  const made = element("details", { class: "table" }, element("summary", {}, `${plural(marks.length, "mark")} as a table`));
  made.addEventListener("toggle", () => {
    if (made.childElementCount === 1) made.append(tableOf(["Time", "Bytes", "Events", "Comments", "Held", "Text", "Findings"], marks.map((mark) => [
      time(mark.at), mark.bytes, mark.events, mark.comments, mark.late ? time(mark.late) : "", mark.text,
      mark.found.map((f) => button(f.id, () => visit(f.anchor))),
    ])));
  });
  return made;
}

/** tableOf makes a table that scrolls by itself. */
function tableOf(head, rows) {
  const cell = (value) => element("td", typeof value === "number" ? { class: "n" } : {}, ...[value].flat());
  return element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table" }, element("table", {},
    element("thead", {}, element("tr", {}, ...head.map((words) => element("th", { scope: "col" }, words)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cell))))));
}
