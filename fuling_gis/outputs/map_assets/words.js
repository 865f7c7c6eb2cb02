/* Words in the language shown; numbers, lengths and areas as people write them; elements made without HTML. */

const Words = {
  lang: "zh",
  book: {},
};

/* The words of an entry, with {name} places filled. */
function say(key, values) {
  const entry = Words.book[key];
  const text = entry ? entry[Words.lang] : key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}

/* One of two languages, or the other where it is empty. */
function pick(both) {
  if (!both) return "";
  return both[Words.lang] || both.zh || both.en || "";
}

function count(number) {
  return number.toLocaleString("en-US");
}

function rounded(value, digits) {
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

function metres(value) {
  const size = Math.abs(value);
  if (size >= 10000) return `${rounded(value / 1000, 1)}\u00a0km`;
  return `${rounded(value, size < 1 ? 2 : 1)}\u00a0m`;
}

function squareMetres(value) {
  if (value >= 1e6) return `${rounded(value / 1e6, 2)}\u00a0km²`;
  if (value >= 1e4) return `${rounded(value / 1e4, 2)}\u00a0ha`;
  return `${rounded(value, value < 10 ? 2 : 0)}\u00a0m²`;
}

function percent(share) {
  const value = share * 100;
  if (value > 0 && value < 0.1) return "<\u00a00.1\u00a0%";
  return `${rounded(value, value < 10 ? 1 : 0)}\u00a0%`;
}

/* Make an element: class names, text or children. Text is only ever text. */
function make(tag, names, ...children) {
  const node = document.createElement(tag);
  if (names) node.className = names;
  for (const child of children) {
    if (child === null || child === undefined || child === "") continue;
    node.append(typeof child === "object" ? child : document.createTextNode(String(child)));
  }
  return node;
}

/* Text of a file that may run in another direction: it cannot turn its surroundings round. */
function isolated(text, names) {
  const node = make("bdi", names, text);
  node.dir = "auto";
  return node;
}

function button(names, text, onClick) {
  const node = make("button", names, text);
  node.type = "button";
  node.addEventListener("click", onClick);
  return node;
}
