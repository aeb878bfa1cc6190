// A Picture is a drawing on one axis with marks that can be pointed at, walked along with the arrow keys, and zoomed into.
// To who hears it, it is a slider: each step says what the mark shows.

const MARGIN = { left: 12, right: 12, axis: 26 };
const NAME = 13; // characters that fit beside a row
const CLICK = 5; // px that a hand moves though it wants to click
const REACH = 16; // px from which a click means a mark

class Picture {
  /**
   * spec: name, summary, extent [low, high], height, marks [{ at, y }], tick(value, span), draw(layer, x, [low, high], width),
   * tell(mark) as text, choose(mark) for a click or Enter; lanes [{ name, y }] are rows with names, left the room for those;
   * view is the part that is shown at first.
   */
  constructor(host, spec) {
    this.spec = spec;
    this.view = [...(spec.view ?? spec.extent)];
    this.left = spec.left ?? MARGIN.left;
    this.at = -1;
    this.svg = drawn("svg", { class: "drawing", height: spec.height, tabindex: 0, role: "slider", "aria-label": spec.name,
      "aria-valuemin": 0, "aria-valuemax": spec.marks.length, "aria-valuenow": 0, "aria-valuetext": spec.summary });
    this.told = element("p", { class: "told" }, spec.hint ?? "Point at a mark, or walk with the arrow keys.");
    this.back = button("Whole", () => this.zoom(spec.extent));
    const tools = element("div", { class: "tools" }, button("−", () => this.scale(2), { "aria-label": "Zoom out" }),
      button("+", () => this.scale(0.5), { "aria-label": "Zoom in" }), this.back);
    host.append(this.svg, element("div", { class: "under" }, this.told, tools));
    this.listen();
    new ResizeObserver(() => this.draw()).observe(host);
  }

  x(value) {
    const [low, high] = this.view;
    return this.left + ((value - low) / (high - low || 1)) * (this.width - this.left - MARGIN.right);
  }

  value(x) {
    const [low, high] = this.view;
    return low + ((x - this.left) / (this.width - this.left - MARGIN.right)) * (high - low);
  }

  draw() {
    this.width = Math.max(200, this.svg.clientWidth);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.spec.height}`);
    const layer = this.window();
    this.svg.replaceChildren(this.axis(), ...this.lanes(), layer);
    this.spec.draw(layer, (value) => this.x(value), this.view, this.width);
    this.back.disabled = this.view[0] === this.spec.extent[0] && this.view[1] === this.spec.extent[1];
    this.cursor = drawn("g", { class: "cursor" });
    this.svg.append(this.cursor);
    this.point();
  }

  /** window is a layer with the same coordinates that shows nothing beside the axis. */
  window() {
    const x = this.left - 8;
    const width = this.width - x;
    return drawn("svg", { x, width, height: this.spec.height, viewBox: `${x} 0 ${width} ${this.spec.height}`, overflow: "hidden" });
  }

  lanes() {
    return (this.spec.lanes ?? []).flatMap(({ name, y }) => [
      drawn("text", { class: "row", x: this.left - 12, y: y + 4, "text-anchor": "end" }, name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name),
      drawn("line", { class: "lane", x1: this.left, x2: this.width - MARGIN.right, y1: y, y2: y }),
    ]);
  }

  axis() {
    const [low, high] = this.view;
    const y = this.spec.height - MARGIN.axis;
    const layer = drawn("g", { class: "axis" }, drawn("line", { x1: this.left, x2: this.width - MARGIN.right, y1: y, y2: y }));
    for (const n of ticks(low, high, this.width / 110)) {
      const x = this.x(n);
      const anchor = x < this.left + 20 ? "start" : x > this.width - 40 ? "end" : "middle";
      layer.append(drawn("line", { class: "grid", x1: x, x2: x, y1: 4, y2: y + 4 }),
        drawn("text", { x, y: y + 18, "text-anchor": anchor }, this.spec.tick(n, high - low)));
    }
    return layer;
  }

  /** point shows which mark is meant. */
  point() {
    const mark = this.spec.marks[this.at];
    this.cursor.replaceChildren();
    if (!mark || mark.at < this.view[0] || mark.at > this.view[1]) return;
    const x = this.x(mark.at);
    this.cursor.append(drawn("line", { x1: x, x2: x, y1: 0, y2: this.spec.height - MARGIN.axis }));
    if (mark.y !== undefined) this.cursor.append(drawn("circle", { cx: x, cy: mark.y, r: 7 }));
  }

  select(i) {
    if (i === this.at || !this.spec.marks[i]) return;
    this.at = i;
    const words = this.spec.tell(this.spec.marks[i]);
    this.told.textContent = words;
    this.svg.setAttribute("aria-valuenow", i + 1);
    this.svg.setAttribute("aria-valuetext", words);
    this.point();
  }

  /** walk goes to a mark and keeps it in sight. */
  walk(i) {
    const mark = this.spec.marks[Math.min(this.spec.marks.length - 1, Math.max(0, i))];
    if (!mark) return;
    const [low, high] = this.view;
    if (mark.at < low || mark.at > high) {
      const half = (high - low) / 2;
      this.zoom([mark.at - half, mark.at + half]);
    }
    this.select(this.spec.marks.indexOf(mark));
  }

  zoom([low, high]) {
    const [first, last] = this.spec.extent;
    const least = (last - first) / 10_000;
    const span = Math.min(last - first, Math.max(least, high - low));
    const from = Math.min(last - span, Math.max(first, low));
    this.view = [from, from + span];
    this.draw();
  }

  scale(factor) {
    const mark = this.spec.marks[this.at];
    const [low, high] = this.view;
    const middle = mark && mark.at >= low && mark.at <= high ? mark.at : (low + high) / 2;
    this.zoom([middle - (middle - low) * factor, middle + (high - middle) * factor]);
  }

  /** nearest finds the mark that a pointer means, and how far it is. */
  nearest(px, py) {
    let best = -1, least = Infinity;
    this.spec.marks.forEach((mark, i) => {
      const distance = Math.hypot(this.x(mark.at) - px, this.spec.rows ? mark.y - py : 0);
      if (distance < least) [best, least] = [i, distance];
    });
    return [best, least];
  }

  listen() {
    const { svg } = this;
    const place = (event) => {
      const box = svg.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    svg.addEventListener("keydown", (event) => this.key(event));
    svg.addEventListener("dblclick", () => this.zoom(this.spec.extent));
    svg.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && event.pointerType !== "touch") this.from = place(event)[0];
    });
    svg.addEventListener("pointermove", (event) => {
      const [x, y] = place(event);
      if (this.from !== undefined && event.buttons) this.mark(x);
      else this.select(this.nearest(x, y)[0]);
    });
    svg.addEventListener("pointerup", (event) => {
      const [x, y] = place(event);
      const from = this.from;
      this.release();
      if (from !== undefined && Math.abs(x - from) > CLICK) this.zoom([this.value(Math.min(x, from)), this.value(Math.max(x, from))]);
      else this.click(x, y, event.pointerType === "touch");
    });
    svg.addEventListener("pointerleave", () => this.release());
  }

  release() {
    this.from = undefined;
    this.band?.remove();
  }

  /** click chooses a mark; a finger, which cannot point without touching, first shows which one it is. */
  click(x, y, touch) {
    const [i, distance] = this.nearest(x, y);
    const shown = i === this.at;
    this.select(i);
    if (distance < REACH && (shown || !touch)) this.choose();
  }

  /** mark shows what a drag would zoom into. */
  mark(x) {
    this.band?.remove();
    this.band = drawn("rect", { class: "band", x: Math.min(x, this.from), width: Math.abs(x - this.from), y: 0, height: this.spec.height - MARGIN.axis });
    this.svg.append(this.band);
  }

  choose() {
    const mark = this.spec.marks[this.at];
    if (mark) this.spec.choose?.(mark);
  }

  key(event) {
    const act = {
      ArrowRight: () => this.walk(this.at + 1), ArrowLeft: () => this.walk(this.at - 1),
      ArrowDown: () => this.row(1), ArrowUp: () => this.row(-1),
      PageDown: () => this.walk(this.at + 10), PageUp: () => this.walk(Math.max(0, this.at - 10)),
      Home: () => this.walk(0), End: () => this.walk(this.spec.marks.length - 1),
      "+": () => this.scale(0.5), "=": () => this.scale(0.5), "-": () => this.scale(2),
      0: () => this.zoom(this.spec.extent), Escape: () => this.zoom(this.spec.extent), Enter: () => this.choose(),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  /** row goes to the nearest mark of another row, where there are rows; else to the next mark. */
  row(step) {
    const { marks } = this.spec;
    const here = marks[this.at];
    if (!this.spec.rows || !here) return this.walk(this.at + step);
    const wanted = marks.filter((mark) => (mark.y - here.y) * step > 0);
    const y = step * Math.min(...wanted.map((mark) => mark.y * step));
    const there = wanted.filter((mark) => mark.y === y);
    if (!there.length) return;
    this.walk(marks.indexOf(there.reduce((a, b) => (Math.abs(a.at - here.at) <= Math.abs(b.at - here.at) ? a : b))));
  }
}
