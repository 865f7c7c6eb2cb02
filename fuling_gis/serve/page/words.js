/* Words in the language shown, and elements made without HTML: text is only ever text. */
"use strict";

const Words = { lang: "zh", book: {} };

/* The words of an entry, with {name} places filled. */
function say(key, values) {
  const text = key in Words.book ? Words.book[key] : key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}

/* Make an element: class names, then text or children. */
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
function isolated(text) {
  const node = make("bdi", "", text);
  node.dir = "auto";
  return node;
}

function button(names, text, onClick) {
  const node = make("button", names, text);
  node.type = "button";
  node.addEventListener("click", onClick);
  return node;
}

function byId(id) {
  return document.getElementById(id);
}

function number(value, digits) {
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

function metres(value) {
  return Math.abs(value) >= 10000 ? `${number(value / 1000, 1)} km` : `${number(value, Math.abs(value) < 1 ? 2 : 1)} m`;
}

function squareMetres(value) {
  if (value >= 1e6) return `${number(value / 1e6, 2)} km²`;
  if (value >= 1e4) return `${number(value / 1e4, 2)} ha`;
  return `${number(value, 0)} m²`;
}

/* Put the words of the language on everything of the page that stands still. */
function sayAll() {
  document.documentElement.lang = Words.lang === "zh" ? "zh-CN" : "en";
  document.title = say("title");
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  for (const node of document.querySelectorAll("[data-hint]")) node.placeholder = say(node.dataset.hint);
}
