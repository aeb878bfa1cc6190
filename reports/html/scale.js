// Numbers: what an axis is divided into, and how they are written.

/** ticks returns round numbers from low to high, about so many. */
function ticks(low, high, about) {
  const rough = (high - low) / Math.max(1, about);
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((n) => n * power >= rough);
  const out = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) out.push(n * step);
  return out;
}

/** time writes milliseconds as a person reads them. */
function time(ms) {
  if (Math.abs(ms) >= 10_000) return `${trimmed(ms / 1000, 1)} s`;
  if (Math.abs(ms) >= 1_000) return `${trimmed(ms / 1000, 2)} s`;
  return `${trimmed(ms, Math.abs(ms) < 10 ? 2 : 1)} ms`;
}

/** tickTime writes the moments of one axis all in the same unit. */
function tickTime(ms, span) {
  if (ms === 0) return "0";
  return span >= 2_000 ? `${trimmed(ms / 1000, 3)} s` : `${trimmed(ms, 3)} ms`;
}

/** size writes a number of bytes as a person reads it. */
function size(n) {
  return n >= 10_240 ? `${trimmed(n / 1024, 0)} KiB` : plural(n, "byte");
}

/** grouped writes a large number in groups of three digits. */
function grouped(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function trimmed(n, digits) {
  return String(Number(n.toFixed(digits)));
}

/** median returns the middle one of some numbers. */
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}
