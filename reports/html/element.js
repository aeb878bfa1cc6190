// Elements are made here and nowhere else: what a server sent is only ever text in them.

const SVG = "http://www.w3.org/2000/svg";

/** element makes an HTML element; children are elements or text. */
function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** drawn makes an SVG element. */
function drawn(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** plural counts things in words. */
function plural(n, one, many = one + "s") {
  return `${n} ${n === 1 ? one : many}`;
}

/** button makes a button that does something. */
function button(label, act, attributes = {}) {
  const made = element("button", { type: "button", class: "quiet", ...attributes }, label);
  made.addEventListener("click", act);
  return made;
}

/** copies makes a button that copies text and says so. */
function copies(target, text) {
  const label = target.textContent;
  target.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      target.textContent = "Copied";
    } catch {
      target.textContent = "Not allowed here";
    }
    setTimeout(() => { target.textContent = label; }, 1500);
  });
  return target;
}
