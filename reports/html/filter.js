// The filter hides what is not asked for. What is asked for stands in the address, behind the place on the page:
// #target/framing/utf8?verdict=fail&level=must

const filter = { verdict: new Set(), level: new Set(), family: "", find: "" };
const rules = [...document.querySelectorAll(".rule")].map((shown) => ({ shown, text: shown.textContent.toLowerCase() }));
const groups = [...document.querySelectorAll(".group")];
const chips = [...document.querySelectorAll(".chips button")];
const [findInput, familyInput, shownWords, clearButton] = ["find", "family", "shown", "clear"].map((id) => document.getElementById(`~${id}`));

const filtering = () => filter.verdict.size + filter.level.size > 0 || filter.family !== "" || sought() !== "";
const sought = () => filter.find.trim().toLowerCase();

function wanted({ shown: { dataset }, text }) {
  return (!filter.verdict.size || filter.verdict.has(dataset.verdict)) && (!filter.level.size || filter.level.has(dataset.level))
    && (!filter.family || filter.family === dataset.family) && text.includes(sought());
}

/** applyFilter shows what is wanted, and says how much that is. */
function applyFilter() {
  let n = 0;
  for (const rule of rules) {
    rule.shown.hidden = !wanted(rule);
    if (!rule.shown.hidden) n++;
  }
  for (const group of groups) showGroup(group);
  for (const target of document.querySelectorAll(".target")) target.hidden = filtering() && !target.querySelector(".rule:not([hidden])");
  document.documentElement.classList.toggle("filtering", filtering());
  for (const chip of chips) chip.setAttribute("aria-pressed", String(filter[chip.dataset.by].has(chip.dataset.value)));
  findInput.value = filter.find;
  familyInput.value = filter.family;
  clearButton.hidden = !filtering();
  shownWords.textContent = filtering() ? `${n} of ${plural(rules.length, "rule")} shown` : plural(rules.length, "rule");
}

/** showGroup counts what is left of a group, and opens it while something is asked for. */
function showGroup(group) {
  const all = group.querySelectorAll(".rule");
  const left = [...all].filter((rule) => !rule.hidden).length;
  group.hidden = left === 0;
  group.querySelector(".count").textContent = left === all.length ? String(left) : `${left} of ${all.length}`;
  if (group.tagName !== "DETAILS") return;
  if (filtering() && group.dataset.was === undefined) group.dataset.was = String(group.open);
  if (filtering()) group.open = true;
  else if (group.dataset.was !== undefined) {
    group.open = group.dataset.was === "true";
    delete group.dataset.was;
  }
}

function clearFilter() {
  filter.verdict.clear();
  filter.level.clear();
  filter.family = filter.find = "";
  applyFilter();
}

/** readFilter takes the filter from the address, and returns the place on the page. */
function readFilter() {
  const [place, query = ""] = location.hash.slice(1).split("?", 2);
  const asked = new URLSearchParams(query);
  const known = (by) => new Set(asked.getAll(by).filter((value) => chips.some((chip) => chip.dataset.by === by && chip.dataset.value === value)));
  filter.verdict = known("verdict");
  filter.level = known("level");
  filter.family = [...familyInput.options].some((option) => option.value === asked.get("family")) ? asked.get("family") : "";
  filter.find = asked.get("find") ?? "";
  applyFilter();
  return place;
}

/** writeFilter keeps the filter in the address. */
function writeFilter() {
  const asked = new URLSearchParams();
  for (const by of ["verdict", "level"]) for (const value of filter[by]) asked.append(by, value);
  if (filter.family) asked.set("family", filter.family);
  if (sought()) asked.set("find", filter.find.trim());
  const place = location.hash.slice(1).split("?", 1)[0];
  const fragment = place + (asked.size ? `?${asked}` : "");
  history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
}

function listenToFilter() {
  const changed = () => { applyFilter(); writeFilter(); };
  for (const chip of chips) chip.addEventListener("click", () => {
    const chosen = filter[chip.dataset.by];
    if (!chosen.delete(chip.dataset.value)) chosen.add(chip.dataset.value);
    changed();
  });
  findInput.addEventListener("input", () => { filter.find = findInput.value; changed(); });
  familyInput.addEventListener("change", () => { filter.family = familyInput.value; changed(); });
  clearButton.addEventListener("click", () => { clearFilter(); writeFilter(); findInput.focus(); });
}
