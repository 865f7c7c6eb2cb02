/* The panel of one site: verdict, rules with clause and quote, evidence, doubts, and what else is known. */

class Details {
  constructor(model) {
    this.model = model;
    this.box = make("section", "fg-details");
    this.box.hidden = true;
    this.box.tabIndex = -1;
    this.box.setAttribute("aria-live", "polite");
  }

  show(rank, focus) {
    this.rank = rank;
    this.box.hidden = rank < 0;
    this.box.replaceChildren();
    this.box.setAttribute("aria-label", say("details"));
    if (rank < 0) return;
    const found = detailsOf(this.model.sites, rank);
    this.box.append(this.head(rank), this.body(rank, found));
    this.box.scrollTop = 0;
    if (focus) this.box.focus({ preventScroll: true });
  }

  head(rank) {
    const { sites, verdicts, layer, colours } = this.model;
    const verdict = verdicts[sites.verdict[rank]];
    const head = make("header", "fg-details-head");
    const badge = make("div", "fg-badge", swatch(verdict, layer.marked(rank), colours), make("strong", "", pick(verdict.title)));
    badge.style.setProperty("--tone", verdict.colour);
    if (layer.marked(rank)) {
      badge.append(make("span", "fg-badge-worse", say("could_be", { verdict: pick(verdicts[sites.possible[rank]].title) })));
    }
    const name = make("h2", "", isolated(siteName(sites, rank)));
    const id = make("p", "fg-details-id", isolated(sites.site_id[rank] || say("no_id")), make("span", "", ` · ${say("row", { row: sites.row[rank] })}`));
    this.place = make("p", "fg-place");
    this.tellPlace();
    head.append(badge, this.tools(), name, id, this.place);
    return head;
  }

  /* Which of the sites at its place this is, and the way to the next one. */
  tellPlace() {
    if (!(this.rank >= 0)) return;
    const { layer, list } = this.model;
    const among = layer.among(this.rank);
    this.place.hidden = among.length < 2;
    if (this.place.hidden) return;
    const at = among.indexOf(this.rank);
    const next = button("fg-place-next", say("next_here"), () => {
      const rank = among[(at + 1) % among.length];
      this.model.select(rank, false, true);
      list.follow(rank);
      this.box.querySelector(".fg-place-next").focus();
    });
    this.place.replaceChildren(make("span", "", say("place_of", { k: count(at + 1), n: count(among.length) })), next);
  }

  /* The site before, the site after, close. */
  tools() {
    const { list, layer } = this.model;
    const place = list.ranks.indexOf(layer.selected);
    const tool = (names, text, key, act, off) => {
      const made = button(`fg-head-tool ${names}`, text, act);
      made.setAttribute("aria-label", say(key));
      made.title = say(key);
      made.disabled = off;
      return made;
    };
    return make(
      "div",
      "fg-head-tools",
      tool("fg-before", "‹", "before", () => this.step(-1, ".fg-before"), place <= 0),
      tool("fg-after", "›", "after", () => this.step(1, ".fg-after"), place < 0 || place + 1 >= list.ranks.length),
      tool("fg-close", "×", "close", () => this.model.close(), false),
    );
  }

  /* The button that was pressed is made again; the keys stay on it. */
  step(by, pressed) {
    this.model.list.step(by);
    const again = this.box.querySelector(pressed);
    if (again && !again.disabled) again.focus();
    else this.box.focus({ preventScroll: true });
  }

  body(rank, found) {
    const { sites, verdicts } = this.model;
    const body = make("div", "fg-details-body");
    const verdict = verdicts[sites.verdict[rank]].id;
    if (verdict === "clear" || verdict === "outside" || verdict === "rejected") {
      body.append(make("p", "fg-meaning", say(`meaning_${verdict}`)));
    }
    if (!found) {
      body.append(make("p", "fg-meaning", say("no_details")));
      return body;
    }
    if (found.problem) body.append(make("p", "fg-problem", isolated(found.problem)));
    const groups = this.byRule(found.findings);
    const settle = settleBox(groups, this.model);
    // What is open comes first where the site hangs on it.
    const open = settle && (this.model.layer.marked(rank) || verdict === "undecided");
    if (open) body.append(settle);
    for (const group of groups) body.append(this.ruleCard(group));
    if (settle && !open) body.append(settle);
    const judged = verdict !== "outside" && verdict !== "rejected";
    const readings = judged ? this.readings(found) : null;
    body.append(...[this.unchecked(found), this.units(found), readings, this.facts(found)].filter(Boolean));
    return body;
  }

  /* Findings by rule: yes before lifted before maybe, the worst effect first. */
  byRule(findings) {
    const groups = new Map();
    for (const part of findings) {
      if (!groups.has(part.rule_id)) groups.set(part.rule_id, { rule: this.ruleOf(part), parts: [], ...part });
      groups.get(part.rule_id).parts.push(part);
    }
    const place = { yes: 0, lifted: 1, maybe: 2 };
    return [...groups.values()].sort((a, b) => place[a.answer] - place[b.answer] || b.rule.level - a.rule.level);
  }

  ruleOf(part) {
    const plain = { title: { zh: part.rule_id }, effect: part.effect, level: 0, clause: "", quote: "", basis: [], unless: [] };
    return this.model.run.rules[part.rule_id] || plain;
  }

  ruleCard(group) {
    const { rule, answer } = group;
    const card = make("article", `fg-rule fg-rule-${answer}`);
    card.style.setProperty("--tone", this.toneOf(group));
    card.dataset.rule = group.rule_id;
    const head = make("header", "", make("span", "fg-effect", say(`effect_${group.effect}`)));
    head.append(make("span", `fg-answer fg-answer-${answer}`, say(`answer_${answer}`)), make("span", "fg-rule-id", group.rule_id));
    card.append(head, make("h3", "", isolated(pick(rule.title))));
    if (this.model.zones.shows(group.parts)) head.insertBefore(this.mapButton(group), head.lastChild);
    const parts = group.parts.filter((part) => part.predicate || part.layer);
    if (parts.length) card.append(make("ul", "fg-parts", ...this.evidence(parts)));
    else card.append(make("p", "fg-part", say("part_everywhere")));
    const causes = answer === "maybe" ? this.causes(group.parts) : [];
    this.section(card, "why_maybe", causes.map((one) => causeLine(one, this.model)));
    const lifted = answer === "lifted";
    const claims = group.parts.map((part) => part.exemption).find(Boolean) || "";
    this.section(card, lifted ? "lifted_by" : "could_claim", exemptionLines(claims, rule, this.model));
    const told = (reading) => causes.includes(`reading:${splitOnce(reading, ">")[0]}`);
    const readings = [...new Set(group.parts.flatMap((part) => listed(part.readings)))].filter((one) => !told(one));
    this.section(card, "other_readings", readings.map((one) => readingLine(one, this.model)));
    card.append(this.law(rule));
    return card;
  }

  /* Shows on the map what this rule speaks of; the one that is shown is pressed. */
  mapButton(group) {
    const show = button("fg-on-map", say("on_map"), () => this.model.showCauses(group));
    show.setAttribute("aria-pressed", "false");
    show.setAttribute("aria-label", `${say("on_map")}: ${group.rule_id}`);
    return show;
  }

  /* Press the button of the rule that the map shows. */
  press(ruleId) {
    for (const card of this.box.querySelectorAll(".fg-rule")) {
      const here = card.dataset.rule === ruleId;
      card.classList.toggle("fg-rule-shown", here);
      const show = card.querySelector(".fg-on-map");
      if (show) show.setAttribute("aria-pressed", String(here));
    }
  }

  /* A line for each part; parts of which the same is to be said share one. */
  evidence(parts) {
    const lines = parts.map((part) => evidenceLine(part, this.titles()));
    return [...new Map(lines.map((line) => [line.textContent, line])).values()];
  }

  titles() {
    return { ...this.model.run.known_layers, ...this.model.run.layer_titles };
  }

  /* The colour of a rule's effect; a lifted rule restricts. */
  toneOf({ effect: own, answer }) {
    const effect = answer === "lifted" ? "restrict" : own;
    const verdict = { prohibit: "prohibited", exit: "exit", restrict: "restricted", encourage: "clear" }[effect] || "advised";
    return this.model.verdicts.find((one) => one.id === verdict).colour;
  }

  causes(parts) {
    return [...new Set(parts.flatMap((part) => listed(part.cause)))];
  }

  section(card, title, lines) {
    if (lines.length) card.append(make("h4", "", say(title)), make("ul", "fg-lines", ...lines));
  }

  law(rule) {
    const law = make("div", "fg-law");
    if (rule.quote) law.append(make("blockquote", "", isolated(rule.quote)));
    if (rule.clause) law.append(make("p", "fg-clause", isolated(rule.clause)));
    for (const basis of rule.basis) law.append(this.basisLine(basis));
    if (pick(rule.note)) law.append(make("p", "fg-note", isolated(pick(rule.note))));
    return law;
  }

  basisLine(basis) {
    const numbered = /^[\d之、,，\-–\s]+$/.test(basis.article);
    const article = numbered ? say("article", { article: basis.article }) : basis.article;
    const name = say("law", { law: basis.law, article });
    const line = make("p", "fg-basis", make("span", "fg-label", say("basis")), isolated(name));
    if (basis.valid_from || basis.valid_to) {
      const key = !basis.valid_to ? "in_force_from" : basis.valid_from ? "in_force" : "in_force_to";
      line.append(make("span", "fg-beside", ` (${say(key, { from: basis.valid_from, to: basis.valid_to })})`));
    }
    if (basis.succeeded_by) line.append(make("span", "fg-beside", isolated(` → ${basis.succeeded_by}`)));
    if (!basis.confirmed) line.append(make("span", "fg-unconfirmed", say("unconfirmed")));
    return line;
  }

  unchecked(found) {
    const rules = listed(found.unchecked_by);
    if (!rules.length) return null;
    const lines = rules.map((id) => {
      const rule = this.model.run.rules[id];
      const layers = (this.model.run.unchecked[id] || []).map((one) => layerName(one, this.model)).join(say("and"));
      const title = rule ? pick(rule.title) : "";
      const line = make("li", "", make("span", "fg-rule-id", id), isolated(` ${title}`));
      if (layers) line.append(make("span", "fg-settle", isolated(say("missing_layer", { layers }))));
      return line;
    });
    return this.folded("unchecked", lines, rules.length);
  }

  units(found) {
    const sure = listed(found.units);
    const codes = [...sure, ...listed(found.units_maybe)];
    if (!codes.length) return null;
    const lines = codes.map((code) => {
      const unit = this.model.run.units[code];
      const line = make("li", "", isolated(code), unit ? make("span", "fg-beside", ` ${this.category(unit.category)}`) : "");
      if (!sure.includes(code)) line.append(make("span", "fg-beside", ` (${say("answer_maybe")})`));
      for (const [dimension, items] of unit ? Object.entries(unit.items) : []) {
        line.append(make("p", "fg-label", this.dimension(dimension)), make("ul", "fg-lines", ...items.map((one) => make("li", "", isolated(one)))));
      }
      return line;
    });
    return this.folded("units", lines, codes.length);
  }

  category(name) {
    return `category_${name}` in Words.book ? say(`category_${name}`) : name;
  }

  dimension(name) {
    return `dimension_${name}` in Words.book ? say(`dimension_${name}`) : name;
  }

  readings(found) {
    const lines = listed(found.depends_on).map((one) => readingLine(one, this.model));
    return lines.length ? this.folded("depends_on", lines, lines.length) : make("p", "fg-beside", say("robust"));
  }

  folded(title, lines, number) {
    const fold = make("details", "fg-fold", make("summary", "", say(title), make("span", "fg-count", count(number))));
    fold.append(make("ul", "fg-lines", ...lines));
    return fold;
  }

  facts(found) {
    const table = make("dl", "fg-facts");
    const add = (title, value) => {
      if (value === null || value === "") return;
      table.append(make("dt", "", say(title)), make("dd", "", isolated(value)));
    };
    const split = (text, names) => listed(text).map((one) => (names[one] ? pick(names[one]) : one)).join(say("comma"));
    add("activity", split(found.activity, this.model.run.activities));
    add("nature", split(found.nature, this.model.run.natures));
    add("area", found.area_m2 ? squareMetres(found.area_m2) : "");
    if (found.inside_share !== null && found.inside_share < 1) add("inside_share", percent(found.inside_share));
    add("to_main", found.to_main_m === null ? "" : metres(found.to_main_m));
    add("to_wu", found.to_wu_m === null ? "" : metres(found.to_wu_m));
    add("to_tributary", found.to_tributary_m === null ? "" : metres(found.to_tributary_m));
    add("source", found.source);
    return make("section", "fg-about", make("h4", "", say("about_site")), table);
  }
}
