/* Shows the OpenAPI document as a plain page; nothing is fetched from anywhere else. */
"use strict";

function node(tag, ...children) {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}

function kindOf(schema) {
  if (!schema) return "";
  if (schema.enum) return schema.enum.join(" | ");
  const some = (schema.anyOf || []).map(kindOf).filter((one) => one !== "null");
  return some.length ? some.join(" | ") : schema.type === "array" ? `${kindOf(schema.items)} …` : schema.type || "";
}

fetch("/openapi.json", { credentials: "omit" })
  .then((reply) => reply.json())
  .then((told) => {
    const box = document.getElementById("paths");
    for (const [path, methods] of Object.entries(told.paths)) {
      for (const [method, one] of Object.entries(methods)) {
        const head = node("h2", node("b", method.toUpperCase()), path);
        const rows = (one.parameters || []).map((p) => node("tr", node("td", node("code", p.name)), node("td", p.in), node("td", kindOf(p.schema)), node("td", p.description || (p.schema || {}).description || "")));
        const body = one.requestBody ? node("p", "Body: ", node("code", Object.keys(one.requestBody.content).join(", "))) : "";
        box.append(head, node("p", one.summary || ""), body, rows.length ? node("table", node("tbody", ...rows)) : "");
      }
    }
  });
