/* The answer: the verdict first, then what would settle it, then each rule with its clause and its evidence. */
"use strict";

// So many questions are shown at once; the others unfold.
const QUESTIONS_MOST = 4;
// What is asked where a choice would mend a fault, by what is wanted.
const ASKED = {
  crs: (offers) => (offers.includes("gcj02") ? "want_degrees" : "want_metres"),
  layer: () => "want_layer",
};

class Verdict {
  constructor(ground, form) {
    this.ground = ground;
    this.form = form;
    this.box = byId("answer");
    this.colours = {};
  }

  start() {
    this.box.replaceChildren(make("ol", "start", ...[1, 2, 3].map((n) => make("li", "", say(`start_${n}`)))));
  }

  /* Say why there is no answer; where a choice would mend it, in words of the page and with buttons to choose. */
  fault({ message, wanted, offers, unoffered }) {
    const node = make("div", "fault");
    node.setAttribute("role", "alert");
    const told = make("p", "", isolated(message));
    if (wanted in ASKED && offers.length) {
      const entry = ASKED[wanted](offers);
      const named = (one) => (wanted === "crs" ? this.form.systemName(one) : one);
      const buttons = offers.map((one) => {
        const node = button("choice", "", () => this.form.give(wanted, one));
        node.append(isolated(one.trim() ? named(one) : JSON.stringify(one)));
        node.dataset.offer = one;
        return node;
      });
      node.append(make("p", "ask", say(entry)), make("div", "chips", ...buttons));
      if (unoffered) node.append(make("p", "left", say("want_left", { n: number(unoffered, 0) })));
      node.append(make("p", "", say(`${entry}_else`)), make("details", "", make("summary", "", say("want_whole")), told));
    } else node.append(told);
    if (/--(crs|field)(?![-\w])/.test(message)) told.after(make("p", "", say("want_options")));
    this.box.replaceChildren(node);
  }

  wait() {
    this.box.setAttribute("aria-busy", "true");
    if (!this.box.querySelector(".banner")) this.box.replaceChildren(make("p", "waiting", say("checking")));
  }

  /* The rule that is unfolded, if one is. */
  opened() {
    const open = [...this.box.querySelectorAll("details.finding[open][data-rule]")];
    return open.length ? open[open.length - 1].dataset.rule : null;
  }

  /* Show one site. back: leads to the list that it was chosen from. */
  show(answer, site, back) {
    this.box.removeAttribute("aria-busy");
    const parts = [back ? button("plain back", `← ${say("back")}`, back) : null, this.banner(answer, site), this.form.systemNote(answer.system, answer.place), this.notes(answer, site), this.questions(site), byDownloads()];
    const groups = [["applies", "yes"], ["lifted", "lifted"], ["may_apply", "maybe"]];
    for (const [head, kind] of groups) {
      const found = site.findings.filter((one) => one.answer === kind);
      if (found.length) parts.push(make("section", "group", make("h2", "", say(head), make("span", "count", found.length)), ...found.map((one) => this.finding(one, site))));
    }
    parts.push(this.measures(site), this.units(site), this.unchecked(answer), this.notices(answer));
    const open = new Set([...this.box.querySelectorAll("details[open][data-key]")].map((one) => one.dataset.key));
    this.box.replaceChildren(...parts.filter(Boolean));
    for (const one of this.box.querySelectorAll("details[data-key]")) if (open.has(one.dataset.key)) one.open = true;
  }

  banner(answer, site) {
    const box = make("div", `banner verdict-${site.verdict}`);
    const why = site.findings.filter((one) => one.answer === "yes");
    const main = why[0] || site.findings.find((one) => one.answer === "lifted");
    const name = make("p", "verdict-name", site.verdict_name);
    box.append(verdictSwatch(this.colours[site.verdict], site.could_be_worse), name);
    const named = site.name || (site.site_id && site.site_id !== "1" ? site.site_id : "");
    if (named) box.append(make("p", "site-name", isolated(named)));
    if (site.could_be_worse) box.append(make("p", "worse", say("could_be", { verdict: site.possible_name })));
    if (main && site.verdict !== "clear" && site.verdict !== "undecided") box.append(make("p", "why", main.title));
    if (site.meaning) box.append(make("p", "why", site.meaning));
    box.append(make("p", "day", say("day", { day: answer.as_of })));
    return box;
  }

  notes(answer, site) {
    const notes = [];
    if (site.problem) notes.push(make("p", "note", isolated(site.problem)));
    if (answer.indicative) notes.push(make("p", "note", say("indicative")));
    return notes.length ? make("div", "", ...notes) : null;
  }

  questions(site) {
    const open = site.questions.filter((one) => one.kind !== "activity" && one.kind !== "nature");
    const cards = open.map((one) => this.question(one));
    for (const kind of ["nature", "activity"]) {
      const one = site.questions.find((other) => other.kind === kind);
      if (one && !(kind === "activity" ? this.form.activities.length : this.form.natures.size)) cards.unshift(this.pointer(one));
    }
    if (!cards.length) return null;
    const box = make("section", "questions", make("h2", "", say("settle_head")), ...cards.slice(0, QUESTIONS_MOST));
    if (cards.length > QUESTIONS_MOST) {
      const rest = make("details", "", make("summary", "", say("settle_more", { n: cards.length - QUESTIONS_MOST })), ...cards.slice(QUESTIONS_MOST));
      rest.dataset.key = "questions";
      box.append(rest);
    }
    return box;
  }

  settles(one) {
    const n = one.settles.length;
    const text = n > 1 ? say("settle_many", { n }) : n ? say("settle_one") : say("settle_perhaps", { n: one.may_settle.length });
    return make("small", "settles", text);
  }

  /* Activity and nature are asked in the form above: lead there. */
  pointer(one) {
    const id = one.kind === "activity" ? "activity" : "natures";
    return make("div", "question", make("div", "", make("b", "", one.title), this.settles(one)), button("choice", "↑", () => {
      const field = id === "activity" ? byId(id) : byId(id).querySelector("button");
      field.focus();
      field.scrollIntoView({ block: "center" });
    }));
  }

  question(one) {
    const label = make("b", "", one.title + (one.unit ? ` (${one.unit})` : ""));
    const told = make("div", "", label, this.settles(one));
    if (one.kind === "bool") {
      const reply = (key, text) => {
        const node = button("choice", say(key), () => this.form.tell(one.fact, text));
        node.setAttribute("aria-label", `${one.title}: ${say(key)}`);
        return node;
      };
      return make("div", "question", told, make("span", "replies", reply("yes", "true"), reply("no", "false")));
    }
    const input = make("input");
    input.type = one.kind === "number" ? "number" : "text";
    input.step = "any";
    input.setAttribute("aria-label", label.textContent);
    input.addEventListener("change", () => input.value.trim() && this.form.tell(one.fact, input.value.trim()));
    return make("div", "question", told, input);
  }

  finding(one, site) {
    const colour = this.colours[{ prohibit: "prohibited", exit: "exit", restrict: "restricted", lifted: "restricted" }[one.effect] || "advised"];
    const key = make("span", "effect", one.effect_name);
    key.style.setProperty("--tone", colour);
    const box = make("details", `finding answer-${one.answer}`, make("summary", "", make("span", "rule-title", isolated(one.title)), make("span", "rule-line", key, make("span", "rule-id", one.rule_id))));
    box.dataset.key = one.rule_id;
    box.dataset.rule = one.rule_id;
    const body = make("div", "finding-body");
    if (one.evidence.length) body.append(make("h3", "", say("evidence")), make("ul", "evidence", ...one.evidence.map((part) => make("li", "", isolated(part.text)))));
    if (one.causes.length) body.append(make("h3", "", say("why_maybe")), make("ul", "causes", ...one.causes.map((cause) => make("li", "", isolated(cause.text), cause.settle ? make("span", "settle", isolated(cause.settle)) : null))));
    body.append(make("h3", "", say("clause")), make("blockquote", "", isolated(one.quote), make("cite", "", one.clause)));
    if (one.basis.length) body.append(make("h3", "", say("basis")), make("ul", "basis", ...one.basis.map((law) => make("li", "", isolated(law)))));
    if (one.readings.length) body.append(make("h3", "", say("depends")), make("ul", "", ...one.readings.map((text) => make("li", "", isolated(text)))));
    const claims = site.claims.filter((claim) => claim.rules.includes(one.rule_id));
    if (claims.length) body.append(make("h3", "", say("claims")), make("ul", "claims", ...claims.map((claim) => this.claim(claim))));
    box.append(body);
    box.addEventListener("toggle", () => {
      if (box.open && this.ground.showing !== one) this.ground.showFound(one);
      else if (!box.open && this.ground.showing === one) this.ground.showFound(null);
    });
    return box;
  }

  claim(claim) {
    const line = make("li", "", isolated(claim.title), make("span", "settle", isolated(say("to_prove", { what: claim.prove }))), claim.source ? make("small", "", claim.source) : null);
    if (!this.form.facts.has(claim.fact)) line.append(button("plain", say("claim"), () => this.form.tell(claim.fact, "true")));
    return line;
  }

  measures(site) {
    const rows = [["area", site.area_m2 === null ? null : squareMetres(site.area_m2)], ["inside_share", site.inside_share === null || site.inside_share === 1 ? null : `${number(100 * site.inside_share, 1)} %`]];
    for (const key of ["to_main", "to_wu", "to_tributary"]) rows.push([key, site[`${key}_m`] === null ? null : metres(site[`${key}_m`])]);
    const told = rows.filter(([, text]) => text !== null);
    if (!told.length) return null;
    return make("section", "group", make("h2", "", say("measures")), make("dl", "", ...told.flatMap(([key, text]) => [make("dt", "", say(key)), make("dd", "", text)])));
  }

  units(site) {
    if (!site.unit_lists.length) return null;
    const units = site.unit_lists.map((unit) => {
      const box = make("details", "finding", make("summary", "", make("span", "rule-title", unit.code), make("span", "rule-line", make("span", "effect", unit.category))));
      box.dataset.key = unit.code;
      const groups = new Map();
      for (const { dimension, item } of unit.items) groups.set(dimension, [...(groups.get(dimension) || []), item]);
      const lists = [...groups].flatMap(([dimension, items]) => [make("h3", "", dimension), make("ul", "", ...items.map((item) => make("li", "", isolated(item))))]);
      box.append(make("div", "finding-body", ...(lists.length ? lists : [make("p", "", say("units_none"))])));
      return box;
    });
    return make("section", "group", make("h2", "", say("units")), ...units);
  }

  unchecked(answer) {
    if (!answer.unchecked.length) return null;
    const box = make("details", "group-fold", make("summary", "", say("unchecked"), make("span", "count", answer.unchecked.length)));
    box.dataset.key = "unchecked";
    box.append(make("ul", "plain-list", ...answer.unchecked.map((one) => make("li", "", isolated(`${one.rule_id} ${one.title}`), make("span", "settle", isolated(one.layers.join(" · ")))))));
    return box;
  }

  notices(answer) {
    if (!answer.notices.length) return null;
    const box = make("details", "group-fold", make("summary", "", say("notices"), make("span", "count", answer.notices.length)));
    box.dataset.key = "notices";
    // They say which system the numbers were taken for.
    box.open = answer.system === "auto";
    box.append(make("ul", "plain-list", ...answer.notices.map((text) => make("li", "", isolated(this.form.inWords(text))))));
    return box;
  }

  /* Show all sites of a file, as they come: worst first. */
  list(answer, choose, state) {
    this.box.removeAttribute("aria-busy");
    const verdicts = Object.entries(answer.counts);
    const bar = make("div", "bar");
    for (const [verdict, n] of verdicts) {
      const piece = make("span", "");
      piece.style.flexGrow = n;
      piece.style.background = this.colours[verdict];
      bar.append(piece);
    }
    const order = verdicts.map(([verdict]) => verdict);
    const sites = [...answer.sites].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || a.row - b.row);
    const rows = make("ul", "sites");
    const paint = () => {
      const wanted = state.text.toLowerCase();
      const shown = sites.filter((site) => (!state.verdict || site.verdict === state.verdict) && (!wanted || `${site.site_id} ${site.name}`.toLowerCase().includes(wanted)));
      rows.replaceChildren(...shown.map((site) => this.row(site, choose)));
      if (!shown.length) rows.append(make("li", "none", say("none_found")));
      for (const one of chips.children) one.setAttribute("aria-pressed", String(one.dataset.verdict === state.verdict));
    };
    const chips = make("div", "chips");
    for (const [verdict, n] of [["", answer.rows], ...verdicts]) {
      const name = verdict ? this.names[verdict] : say("all_verdicts");
      const one = button("choice", "", () => {
        state.verdict = verdict;
        paint();
      });
      if (verdict) one.append(verdictSwatch(this.colours[verdict], false));
      one.append(make("span", "", name), make("b", "", n));
      one.dataset.verdict = verdict;
      chips.append(one);
    }
    const find = make("input", "find");
    find.type = "search";
    find.placeholder = say("find");
    find.setAttribute("aria-label", say("find"));
    find.value = state.text;
    find.addEventListener("input", () => {
      state.text = find.value.trim();
      paint();
    });
    const left = answer.left_out ? make("p", "note", say("sites_left", { n: answer.sites.length })) : null;
    const indicative = answer.indicative ? make("p", "note", say("indicative")) : null;
    this.box.replaceChildren(...[make("h2", "", say("sites", { n: number(answer.rows, 0) })), this.form.systemNote(answer.system, answer.place), bar, chips, indicative, byDownloads(), left, answer.sites.length > 8 ? find : null, rows, this.unchecked(answer), this.notices(answer)].filter(Boolean));
    paint();
  }

  row(site, choose) {
    const main = site.findings[0];
    const one = button("site", "", () => choose(site.row));
    one.append(verdictSwatch(this.colours[site.verdict], site.could_be_worse), make("span", "site-text", make("b", "", isolated(site.name || site.site_id || say("site_of", { row: site.row }))), make("small", "", main ? isolated(main.title) : site.problem ? isolated(site.problem) : "")), make("span", "site-verdict", site.verdict_name));
    return make("li", "", one);
  }
}

function verdictSwatch(colour, worse) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  const circle = document.createElementNS(SVG, "circle");
  for (const [key, value] of Object.entries({ cx: 12, cy: 12, r: 8.5, fill: colour, stroke: "#333", "stroke-width": 1 })) circle.setAttribute(key, value);
  svg.append(circle);
  if (worse) {
    const ring = document.createElementNS(SVG, "circle");
    for (const [key, value] of Object.entries({ cx: 12, cy: 12, r: 10.5, fill: "none", stroke: "#7a0010", "stroke-width": 2, "stroke-dasharray": "4 2.5" })) ring.setAttribute(key, value);
    svg.append(ring);
  }
  return svg;
}
