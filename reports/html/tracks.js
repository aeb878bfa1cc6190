// Tracks are when the events of a stream were sent, and when they came by each way, on one clock. A line joins the same event
// on two tracks: the flatter it is, the longer the event was under way.

const STEP = 54;

function drawTracks(stage, tracks) {
  const y = (i) => 24 + STEP * i;
  const last = Math.max(1, ...tracks.flatMap((track) => track.at_ms));
  const fullest = tracks.reduce((a, b) => (b.at_ms.length > a.at_ms.length ? b : a));
  const marks = fullest.at_ms.map((at, event) => ({ event, at, y: y(tracks.indexOf(fullest)) }));
  const same = (a, b) => a.at_ms.length === b.at_ms.length;
  new Picture(stage, {
    name: "When events were sent and when they came", summary: tracks.map((track) => `${track.name}: ${plural(track.at_ms.length, "event")}`).join(", "),
    extent: [0, last * 1.02], height: 24 + STEP * (tracks.length - 1) + 44, left: 100, marks, tick: tickTime,
    lanes: tracks.map((track, i) => ({ name: track.name, y: y(i) })),
    draw(layer, x) {
      tracks.forEach((track, i) => {
        if (i > 0 && same(track, tracks[i - 1])) layer.append(...track.at_ms.map((at, k) => drawn("line", { class: "way", x1: x(tracks[i - 1].at_ms[k]), y1: y(i - 1), x2: x(at), y2: y(i) })));
      });
      tracks.forEach((track, i) => layer.append(...track.at_ms.map((at) => drawn("circle", { class: "event", cx: x(at), cy: y(i), r: 3.5 }))));
    },
    tell({ event }) {
      const when = tracks.filter((track) => event in track.at_ms).map((track) => `${track.name} ${time(track.at_ms[event])}`);
      const [first, end] = [tracks[0], tracks.at(-1)];
      const late = first !== end && same(first, end) ? ` · ${time(end.at_ms[event] - first.at_ms[event])} later` : "";
      return `event ${event + 1} · ${when.join(" · ")}${late}`;
    },
  });
  stage.append(tracksTable(tracks));
}

function tracksTable(tracks) {
  const most = Math.max(...tracks.map((track) => track.at_ms.length));
  const made = element("details", { class: "table" }, element("summary", {}, `${plural(most, "event")} as a table`));
  made.addEventListener("toggle", () => {
    if (made.childElementCount > 1) return;
    made.append(tableOf(["Event", ...tracks.map((track) => track.name)],
      Array.from({ length: most }, (_, i) => [i + 1, ...tracks.map((track) => (i in track.at_ms ? time(track.at_ms[i]) : ""))])));
  });
  return made;
}
