/* What would settle a site's maybes, each thing once, with the number of rules that it would settle. */

// So many are shown at once; the others unfold.
const SETTLE_MOST = 5;

function settleBox(groups, model) {
  const rules = new Map();
  for (const group of groups) {
    if (group.answer !== "maybe") continue;
    const causes = new Set(group.parts.flatMap((part) => listed(part.cause)));
    for (const cause of causes) {
      const line = settleText(cause, model);
      if (!rules.has(line)) rules.set(line, new Set());
      rules.get(line).add(group.rule_id);
    }
  }
  if (!rules.size) return null;
  const lines = [...rules]
    .sort((a, b) => b[1].size - a[1].size)
    .map(([line, ids]) => make("li", "", isolated(line), make("span", "fg-count", count(ids.size))));
  const box = make("section", "fg-settles", make("h3", "", say("settle_all")), make("ul", "", ...lines.slice(0, SETTLE_MOST)));
  const rest = lines.slice(SETTLE_MOST);
  if (rest.length) box.append(make("details", "", make("summary", "", say("settle_more", { n: count(rest.length) })), make("ul", "", ...rest)));
  return box;
}

/* What would settle one cause, in a sentence that stands by itself. */
function settleText(cause, model) {
  const [kind, rest] = splitOnce(cause, ":");
  const values = causeValues(kind, rest, model);
  const key = `do_${kind}`;
  return key in Words.book ? say(key, values) : say("cause_other", { cause });
}
