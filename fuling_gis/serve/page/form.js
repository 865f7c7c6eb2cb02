/* What is planned: activity with search, nature, the facts said so far, and the options behind them. */
"use strict";

const OPTIONS_MOST = 12;
// The field of each parameter of the question that a file may need.
const FIELDS = { crs: "crs", crs_shift: "shift", layer: "layer" };

class Form {
  constructor(onChange) {
    this.onChange = onChange;
    this.activities = [];
    this.natures = new Set();
    // Fact to its text; the titles stand in the choices.
    this.facts = new Map();
    this.readings = new Map();
    this.marked = -1;
    // What is asked about: "" for nothing, "drawn", "typed", or files by their names; and the system chosen for each of
    // the latter. A system is for the source that it was chosen for, and for no other.
    this.source = "";
    this.systems = new Map();
    // Whether one was chosen while nothing took one: it is for what comes next.
    this.pending = false;
    // Whether the one in use was chosen for an earlier state of this source; what was given up, until an answer said so.
    this.kept = false;
    this.dropped = "";
    this.droppedTold = false;
    // The exact name of the layer that was clicked; a field of one line cannot hold every name.
    this.exact = null;
    this.input = byId("activity");
    this.list = byId("activity-list");
    this.input.addEventListener("input", () => this.offer());
    this.input.addEventListener("focus", () => this.offer());
    this.input.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
    this.input.addEventListener("keydown", (event) => this.key(event));
    byId("crs").addEventListener("change", () => this.chosen());
    for (const id of ["as-of", "accuracy", "crs", "shift", "layer"]) byId(id).addEventListener("change", () => this.onChange());
  }

  /* Take the choices of a language; what was chosen stays. */
  take(choices) {
    this.choices = choices;
    const crs = byId("crs");
    const was = crs.value;
    const options = [["", say("crs_own")], ["auto", say("crs_auto")], ["gcj02", say("crs_gcj02")], ["bd09", say("crs_bd09")], ["EPSG:4490", say("crs_4490")], ["EPSG:4326", say("crs_4326")], ["EPSG:4545", "CGCS2000 / CM 108E (EPSG:4545)"], ["EPSG:4544", "CGCS2000 / CM 105E (EPSG:4544)"], ["EPSG:4546", "CGCS2000 / CM 111E (EPSG:4546)"], ["EPSG:4524", "CGCS2000 / 36 (EPSG:4524)"], ["EPSG:3857", say("crs_3857")], ["EPSG:32648", "WGS 84 / UTM 48N (EPSG:32648)"],
      ["EPSG:2381", `${say("crs_xian")} / CM 108E (EPSG:2381)`], ["EPSG:2360", `${say("crs_xian")} / 36 (EPSG:2360)`], ["EPSG:2433", `${say("crs_beijing")} / CM 108E (EPSG:2433)`], ["EPSG:2412", `${say("crs_beijing")} / 36 (EPSG:2412)`]];
    crs.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    this.offerSystem(was);
    crs.value = was;
    this.paintReadings();
    this.paint();
  }

  name(id) {
    const known = this.choices.activities.find((one) => one.id === id);
    return known ? known.name : id;
  }

  paint() {
    byId("activities").replaceChildren(...this.activities.map((id) => this.chip(this.name(id), () => {
      this.activities = this.activities.filter((one) => one !== id);
    })));
    byId("natures").replaceChildren(...this.choices.natures.map((nature) => {
      const on = this.natures.has(nature.id);
      const one = button("choice", nature.name, () => {
        if (on) this.natures.delete(nature.id);
        else this.natures.add(nature.id);
        this.paint();
        byId("natures").querySelectorAll("button")[this.choices.natures.indexOf(nature)].focus();
        this.onChange();
      });
      one.setAttribute("aria-pressed", String(on));
      return one;
    }));
    byId("told-field").hidden = !this.facts.size;
    byId("told").replaceChildren(...[...this.facts].map(([fact, text]) => {
      const title = (this.choices.facts.find((one) => one.id === fact) || { title: fact }).title;
      const value = text === "true" ? say("yes") : text === "false" ? say("no") : text;
      return this.chip(`${title}: ${value}`, () => this.facts.delete(fact));
    }));
  }

  chip(text, drop) {
    const one = button("chip", "", () => {
      drop();
      this.paint();
      this.onChange();
    });
    one.append(isolated(text), make("span", "cross", "×"));
    one.setAttribute("aria-label", say("remove", { what: text }));
    return one;
  }

  paintReadings() {
    const box = byId("readings");
    const fields = this.choices.readings.map((term) => {
      const choice = make("select");
      choice.append(new Option(`${say("reading_default")}: ${term.values[term.default] || term.default}`, ""));
      for (const [key, title] of Object.entries(term.values)) if (key !== term.default) choice.append(new Option(title, key));
      choice.value = this.readings.get(term.key) || "";
      choice.addEventListener("change", () => {
        if (choice.value) this.readings.set(term.key, choice.value);
        else this.readings.delete(term.key);
        this.onChange();
      });
      return make("label", "", make("span", "", term.question), choice);
    });
    box.replaceChildren(make("details", "", make("summary", "", say("readings")), ...fields));
  }

  /* Offer activities that fit what is typed. */
  offer() {
    const typed = this.input.value.trim().toLowerCase();
    const fits = (one) => !typed || one.id.includes(typed) || one.other.some((name) => name.toLowerCase().includes(typed));
    const rank = (one) => (one.name.toLowerCase().startsWith(typed) ? 0 : one.name.toLowerCase().includes(typed) ? 1 : 2);
    this.offered = this.choices.activities.filter((one) => fits(one) && !this.activities.includes(one.id)).sort((a, b) => rank(a) - rank(b));
    if (typed) this.offered = this.offered.slice(0, OPTIONS_MOST);
    if (typed && !this.offered.length) this.offered = [{ id: this.input.value.trim(), name: say("activity_use", { text: this.input.value.trim() }), typed: true }];
    this.marked = typed ? 0 : -1;
    this.list.replaceChildren(...this.offered.map((one, place) => {
      const also = typed && !one.typed ? one.other.find((name) => name.toLowerCase().includes(typed) && name !== one.name) : null;
      const row = make("li", "", isolated(one.name), also && !one.name.toLowerCase().includes(typed) ? make("small", "", also) : null);
      row.id = `activity-${place}`;
      row.setAttribute("role", "option");
      row.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.choose(one);
      });
      return row;
    }));
    this.list.hidden = !this.offered.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.mark();
  }

  mark() {
    [...this.list.children].forEach((row, place) => {
      row.setAttribute("aria-selected", String(place === this.marked));
      if (place === this.marked) row.scrollIntoView({ block: "nearest" });
    });
    if (this.marked >= 0) this.input.setAttribute("aria-activedescendant", `activity-${this.marked}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.key === "Escape") this.hide();
    else if (event.key === "Enter" && !this.list.hidden && this.marked >= 0) this.choose(this.offered[this.marked]);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (this.list.hidden) this.offer();
      const n = this.offered.length;
      this.marked = n ? (this.marked + (event.key === "ArrowDown" ? 1 : -1) + n) % n : -1;
      this.mark();
    } else if (event.key === "Backspace" && !this.input.value && this.activities.length) {
      this.activities.pop();
      this.paint();
      this.onChange();
      return;
    } else return;
    event.preventDefault();
  }

  choose(one) {
    if (!this.activities.includes(one.id)) this.activities.push(one.id);
    this.input.value = "";
    this.hide();
    this.paint();
    this.onChange();
  }

  hide() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  tell(fact, text) {
    this.facts.set(fact, text);
    this.paint();
    this.onChange();
  }

  /* The columns that the form fills. */
  columns() {
    const found = {};
    if (this.activities.length) found.activity = this.activities.join(";");
    if (this.natures.size) found.nature = [...this.natures].join(";");
    for (const [fact, text] of this.facts) found[fact] = text;
    return found;
  }

  /* The file needs its coordinate system, local parameters for its coordinates, or the name of one of its layers: lead
     to where that is told; what the fault is stands below. */
  askMore(parameter) {
    const name = FIELDS[parameter];
    const field = byId(`${name}-field`);
    field.hidden = false;
    field.closest("details").open = true;
    byId(name).focus({ preventScroll: true });
    field.scrollIntoView({ block: "start" });
  }

  /* Take what was chosen for what the file needs. */
  give(parameter, value) {
    const field = byId(FIELDS[parameter]);
    if (parameter === "crs") this.offerSystem(value);
    field.value = value;
    if (parameter === "crs") this.chosen();
    if (parameter === "layer") this.exact = { shown: field.value, value };
    this.onChange();
  }

  /* Have a system among those to choose from. */
  offerSystem(system) {
    const crs = byId("crs");
    if (system && ![...crs.options].some((one) => one.value === system)) crs.append(new Option(`CGCS2000 (${system})`, system));
  }

  /* Whether a coordinate system may be chosen for what is asked about: what is drawn has the map's own. */
  get takesSystem() {
    return this.source !== "" && this.source !== "drawn";
  }

  /* A system was chosen: for what is asked about, where that takes one, or for what comes next. */
  chosen() {
    this.pending = !this.takesSystem && Boolean(this.system);
    this.kept = false;
    this.dropped = "";
    if (this.takesSystem) this.systems.set(this.source, this.system);
  }

  /* A new file or place: what was given for another one is not its own. source: as `this.source`. The same text typed
     or corrected, or a file of the same name, is in the system that was chosen for it; for any other it is given up,
     and the answer says so. One that was chosen before there was anything to use it for is meant for what comes now. */
  begin(source) {
    for (const name of ["shift", "layer"]) {
      byId(name).value = "";
      byId(`${name}-field`).hidden = true;
    }
    this.exact = null;
    const [before, was] = [this.source, this.system];
    if (this.droppedTold && source !== before) this.dropped = "";
    this.source = source;
    if (this.pending) {
      if (this.takesSystem) this.chosen();
      return;
    }
    const own = (this.takesSystem && this.systems.get(source)) || "";
    this.offerSystem(own);
    byId("crs").value = own;
    this.kept = Boolean(own);
    if (own) this.dropped = "";
    else if (was) [this.dropped, this.droppedTold] = [was, false];
  }

  /* Nothing is asked about any more. */
  forget() {
    this.systems.clear();
    this.pending = false;
    this.begin("");
  }

  /* The coordinate system chosen, "" where none is. */
  get system() {
    return byId("crs").value;
  }

  systemName(system) {
    const option = [...byId("crs").options].find((one) => one.value === system);
    return option ? option.text : `CGCS2000 (${system})`;
  }

  /* What is to be said with an answer of the system that was chosen, or given up; null where none was. place: file,
     typed or drawn. */
  systemNote(system, place) {
    if (!system && this.dropped) {
      // With a drawing it is said that a drawing needs none; with a file or typed text, that this one has none now.
      this.droppedTold = place !== "drawn";
      return make("p", "note dropped", say(place === "drawn" ? "system_dropped_drawn" : "system_dropped", { crs: this.systemName(this.dropped) }));
    }
    if (!system) return null;
    const entry = place === "drawn" ? "system_drawn" : system === "auto" ? `system_auto_${place}` : `system_${this.kept ? "kept" : "used"}_${place}`;
    return make("p", "note system", say(entry, { crs: this.systemName(system) }));
  }

  /* A sentence of the server's, where it speaks of the command line's --crs, in words of the page. */
  inWords(text) {
    const named = (system) => ([...byId("crs").options].some((one) => one.value === system) ? this.systemName(system) : system);
    const said = (system) => (system ? say("crs_as", { crs: named(system) }) : say("crs_field"));
    return text.replace(/( ?)--crs(?![-\w])(?: (auto|gcj02|bd09|EPSG:\d+))?/g, (_, blank, system) => (Words.lang === "zh" ? "" : blank) + said(system));
  }

  /* The layer that is meant, as the file names it. */
  get layer() {
    const shown = byId("layer").value;
    return this.exact && this.exact.shown === shown ? this.exact.value : shown.trim();
  }

  /* The question's options as a query. file: a file is asked about, whose empty cells the form fills. */
  query(file) {
    const query = new URLSearchParams({ lang: Words.lang });
    if (byId("as-of").value) query.set("as_of", byId("as-of").value);
    if (byId("accuracy").value && byId("accuracy").validity.valid) query.set("site_accuracy", byId("accuracy").value);
    for (const [key, value] of this.readings) query.append("reading", `${key}=${value}`);
    if (this.takesSystem && this.system) query.set("crs", this.system);
    if (file) {
      if (byId("shift").value.trim()) query.set("crs_shift", byId("shift").value.trim().replaceAll("，", ","));
      if (this.layer) query.set("layer", this.layer);
      for (const [column, value] of Object.entries(this.columns())) query.append("set", `${column}=${value}`);
    }
    return query;
  }
}
