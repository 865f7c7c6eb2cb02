/* What was found, in sentences: places, distances, causes of a maybe, readings, exemptions. */

/* One part of a rule's place: what lies where, and by how much. */
function evidenceLine(part, titles) {
  const line = make("li", "fg-part");
  const zone = zoneName(part, titles);
  line.append(evidenceSentence(part, zone));
  const beside = [];
  if (part.part_answer === "maybe") beside.push(say("answer_maybe"));
  if (part.tolerance_m) beside.push(say("tolerance", { t: metres(part.tolerance_m) }));
  if (part.more_features) beside.push(say("more_features", { n: count(part.more_features) }));
  if (beside.length) line.append(make("span", "fg-beside", ` (${beside.join(say("comma"))})`));
  return line;
}

function zoneName(part, titles) {
  const layers = listed(part.layer).map((id) => (titles[id] ? pick(titles[id]) : id));
  const layer = layers.join(say("and"));
  const feature = part.feature_name || part.feature_id;
  return placeName(layer, feature);
}

/* A layer and the feature of it that is meant; the feature alone where its name says the layer's too. */
function placeName(layer, feature) {
  if (!feature) return layer;
  return layer && feature.includes(layer) ? feature : say("zone_named", { layer, feature });
}

function evidenceSentence(part, zone) {
  const node = make("span");
  const key = evidenceKey(part);
  const values = {
    zone,
    d: part.distance_m === null ? "" : metres(part.distance_m),
    limit: part.threshold_m === null ? "" : metres(part.threshold_m),
    margin: part.margin_m === null ? "" : metres(Math.abs(part.margin_m)),
    area: part.overlap_m2 === null ? "" : squareMetres(part.overlap_m2),
    share: part.overlap_share === null ? "" : percent(part.overlap_share),
  };
  node.append(isolated(say(key, values)));
  return node;
}

function evidenceKey(part) {
  if (!part.predicate) return "part_everywhere";
  if (part.predicate === "near") {
    if (part.distance_m === null) return "part_near_unknown";
    return part.margin_m !== null && part.margin_m < 0 ? "part_near_beyond" : "part_near";
  }
  if (part.predicate === "in") {
    if (part.overlap_m2) return part.overlap_share === null ? "part_in_area" : "part_in_share";
    if (part.part_answer === "yes") return "part_in";
    return part.distance_m === null ? "part_in_unknown" : "part_in_close";
  }
  if (part.predicate.startsWith("not ")) return `part_${part.predicate.replace(" ", "_")}`;
  if (part.predicate === "outside") return part.distance_m === null ? "part_outside_unknown" : "part_outside";
  return "part_visible";
}

/* A cause of a maybe: what is not known, and what would settle it. */
function causeLine(cause, model) {
  const [kind, rest] = splitOnce(cause, ":");
  const values = causeValues(kind, rest, model);
  const known = `cause_${kind}` in Words.book;
  const line = make("li", "fg-cause", isolated(say(known ? `cause_${kind}` : "cause_other", { cause, ...values })));
  const settle = `settle_${kind}`;
  if (settle in Words.book) line.append(make("span", "fg-settle", say(settle, values)));
  return line;
}

function causeValues(kind, rest, model) {
  if (kind === "fact") return { name: factName(rest, model) };
  if (kind === "attribute") {
    const [layer, field] = splitOnce(rest, ".");
    return { layer: layerName(layer, model), field: model.run.fields[field] ? pick(model.run.fields[field]) : field };
  }
  if (kind === "coverage" || kind === "layer") return { layer: layerName(rest, model) };
  if (kind === "reading") return { reading: rest.split("+").map((one) => readingText(one, model)).join(say("and")) };
  return {};
}

function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function layerName(id, model) {
  const title = model.run.layer_titles[id] || model.run.known_layers[id];
  return title ? pick(title) : id;
}

function factName(id, model) {
  if (id === "activity" || id === "nature") return say(id);
  return model.run.facts[id] ? pick(model.run.facts[id]) : id;
}

/* `KEY=VALUE` in the words of the reading; several that only matter together are joined by `+`. */
function readingText(assignment, model) {
  if (assignment.includes("+")) return assignment.split("+").map((one) => readingText(one, model)).join(" + ");
  const [key, value] = splitOnce(assignment, "=");
  const reading = model.run.readings[key];
  if (!reading) return assignment;
  const title = reading.values[value] ? pick(reading.values[value]) : value;
  return say("reading_value", { question: pick(reading.question), value: title });
}

/* `KEY=VALUE>answer`: what the answer would be under another reading. */
function readingLine(text, model) {
  const [assignment, answer] = splitOnce(text, ">");
  const line = make("li", "fg-reading", isolated(readingText(assignment, model)));
  if (answer) line.append(isolated(say("reading_gives", { answer: answerName(answer, model) })));
  return line;
}

function answerName(answer, model) {
  const verdict = model.verdicts.find((one) => one.id === answer);
  if (verdict) return pick(verdict.title);
  return `answer_${answer}` in Words.book ? say(`answer_${answer}`) : answer;
}

/* What could be claimed against a rule, in the words of the rule; else as the finding says it. */
function exemptionLines(text, rule, model) {
  if (!text) return [];
  if (!rule.unless.length) return listed(text).map((one) => make("li", "", isolated(one)));
  return rule.unless.map((one) => {
    const source = one.source || factName(one.fact, model);
    const line = make("li", "", isolated(pick(one.title) || one.fact), make("span", "fg-beside", isolated(` ${source}`)));
    const what = pick(one.prove);
    if (what) line.append(make("span", "fg-settle", isolated(say("to_prove", { what }))));
    return line;
  });
}
