/* The page: brings map, form and answer together, and asks again whenever something changes. */
"use strict";

// A pause after which a change is asked about; files are sent again, so they wait longer.
const PAUSE_MS = 120;
const FILE_PAUSE_MS = 700;

// Systems of degrees: the ones that typed coordinates may be in.
const DEGREE_SYSTEMS = new Set(["", "auto", "gcj02", "bd09", "EPSG:4490", "EPSG:4326"]);

const Page = { geometry: null, typed: false, metres: false, unseen: false, files: null, answer: null, row: null, choices: null, listed: { verdict: "", text: "" } };

function byDownloads() {
  return Page.downloads.box;
}

function tellFault(fault) {
  if (fault.name === "AbortError") return;
  if (!(fault instanceof Refused)) console.error(fault);
  Page.verdict.fault(fault instanceof Refused ? fault : new Refused(say("no_answer")));
  Page.verdict.box.removeAttribute("aria-busy");
  tellPill(make("b", "", `! ${say("pill_fault")}`));
  if (fault.wanted) Page.form.askMore(fault.wanted);
}

function feature() {
  return { type: "Feature", properties: { site_id: "1", ...Page.form.columns() }, geometry: Page.geometry };
}

/* Something was said or drawn: ask again. */
function changed() {
  clearTimeout(Page.timer);
  if (Page.asking) Page.asking.abort();
  // Where typed places lie is known when the answer has come.
  if (Page.typed) Page.draw.change(null);
  Page.timer = setTimeout(() => askNow().catch(tellFault), Page.files ? FILE_PAUSE_MS : PAUSE_MS);
}

async function askNow() {
  byId("clear").hidden = !Page.geometry && !Page.files;
  byId("chosen").hidden = !Page.files;
  byId("drop-kinds").hidden = Boolean(Page.files);
  if (Page.files) byId("chosen").replaceChildren(isolated(Page.files.map((file) => file.name).join(", ")));
  if (!Page.geometry && !Page.files) {
    tellPill();
    bare();
    Page.verdict.start();
    return;
  }
  const asking = new AbortController();
  Page.asking = asking;
  const system = Page.form.system;
  const told = await (Page.files ? askFiles(asking) : askDrawn(asking)).catch((fault) => {
    // What was shown before is no answer about this.
    if (asking === Page.asking && fault.name !== "AbortError" && (Page.files || Page.typed)) bare();
    throw fault;
  });
  if (asking !== Page.asking || !told) return;
  Page.answer = told;
  Page.answer.system = system;
  Page.answer.place = Page.files ? "file" : Page.typed ? "typed" : "drawn";
  if (Page.typed) Page.draw.change(system ? cornered(told.sites[0].geometry) : Page.geometry);
  // Where metres lie is known only now.
  if (Page.typed && Page.unseen && told.sites[0].geometry) lookAt(told.sites[0].geometry);
  Page.unseen = false;
  if (!told.sites.some((site) => site.row === Page.row)) Page.row = null;
  if (told.rows === 1) Page.row = told.sites[0].row;
  Page.downloads.reset(Page.choices.outputs);
  showAnswer();
}

async function askDrawn(asking) {
  const degrees = DEGREE_SYSTEMS.has(Page.form.system);
  if (Page.typed && Page.metres && degrees) throw new Refused(say("system_typed_metres"), "crs", zoneSystems(Page.geometry.coordinates.flat(Infinity)));
  if (Page.typed && !Page.metres && !degrees) throw new Refused(say("system_typed_plane", { crs: Page.form.systemName(Page.form.system) }));
  Page.verdict.wait();
  const query = Page.form.query(false);
  query.set("lines", "true");
  return post(`/api/check?${query}`, feature(), { signal: asking.signal });
}

async function askFiles(asking) {
  const { box, watch } = progressBox(() => {
    asking.abort();
    clearAll();
  });
  Page.verdict.box.replaceChildren(box);
  tellPill(make("b", "", say("checking")));
  const state = await follow(await begin("", asking.signal), watch, asking.signal);
  if (state.error && !state.answered) throw new Refused(state.error[Words.lang], state.wants[0], state.offers, state.unoffered);
  return ask(`/api/jobs/${state.id}/answer`, { signal: asking.signal });
}

function lookAt(geometry) {
  Page.ground.fit(L.geoJSON(geometry).getBounds(), 80, 14);
}

/* Take what was asked about before off the map. */
function bare() {
  Page.answer = null;
  Page.ground.drawSites([], {}, null);
  Page.ground.showFound(null);
}

/* Begin a job about what is asked about now. */
function begin(outputs, signal) {
  const query = Page.form.query(Boolean(Page.files));
  if (outputs) query.set("outputs", outputs);
  if (!Page.files) return post(`/api/jobs?${query}`, feature(), { signal });
  const form = new FormData();
  for (const file of Page.files) form.append("file", file);
  return post(`/api/jobs?${query}`, form, { signal });
}

/* On a narrow screen the answer stands below the fold: what it is is told on the map, and leads there. */
function tellPill(...told) {
  const pill = byId("pill");
  pill.hidden = !told.length;
  pill.removeAttribute("aria-label");
  pill.replaceChildren(...told, make("span", "", "↓"));
}

function pillOfSite(site) {
  tellPill(verdictSwatch(Page.verdict.colours[site.verdict], site.could_be_worse), make("b", "", site.verdict_name));
}

/* How many sites have which verdict, worst first. The worst is named; all are to those who hear the page. */
function pillOfSites(answer) {
  const counts = Object.entries(answer.counts);
  const tally = ([verdict, n], place) => make("span", "tally", verdictSwatch(Page.verdict.colours[verdict], false), place ? null : make("span", "", Page.verdict.names[verdict]), make("b", "", number(n, 0)));
  tellPill(...counts.map(tally));
  byId("pill").setAttribute("aria-label", counts.map(([verdict, n]) => `${Page.verdict.names[verdict]} ${n}`).join(", "));
}

function showAnswer() {
  const { answer } = Page;
  const site = answer.sites.find((one) => one.row === Page.row);
  const several = answer.rows > 1;
  Page.ground.drawSites(answer.sites, Page.verdict.colours, Page.row);
  const fresh = Page.fitted !== (Page.files || Page.geometry);
  Page.fitted = Page.files || Page.geometry;
  if (!site) {
    pillOfSites(answer);
    Page.ground.showFound(null);
    Page.verdict.list(answer, choose, Page.listed);
    if (fresh) Page.ground.fitSites();
    return;
  }
  pillOfSite(site);
  const open = Page.verdict.opened();
  Page.ground.showFound(site.findings.find((one) => one.rule_id === open) || site.findings.find((one) => one.answer === "yes") || null);
  Page.verdict.show(answer, site, several ? () => choose(null) : null);
  if (fresh && Page.files) Page.ground.fitSites(site.row);
}

function choose(row) {
  Page.row = row;
  Page.verdict.box.replaceChildren();
  showAnswer();
  byId("answer").focus({ preventScroll: true });
  byId("answer").scrollIntoView({ block: "start" });
  if (row === null) Page.ground.fitSites();
  else Page.ground.fitSites(row);
}

/* Ask about a place that was drawn, or typed in degrees or in metres. */
function drawn(geometry, typed = false, metres = false) {
  Page.geometry = geometry;
  Page.typed = typed;
  Page.metres = Page.unseen = metres;
  Page.files = null;
  // What is drawn on the map is in the map's own coordinates.
  Page.form.begin(typed ? "typed" : "drawn");
  Page.row = null;
  changed();
}

function takeFiles(files) {
  if (!files.length) return;
  Page.draw.stop();
  Page.draw.change(null);
  Page.geometry = null;
  Page.typed = false;
  Page.files = [...files];
  Page.form.begin(`files ${JSON.stringify(Page.files.map((file) => file.name).sort())}`);
  Page.row = null;
  Page.listed = { verdict: "", text: "" };
  changed();
}

function clearAll() {
  Page.geometry = null;
  Page.typed = false;
  Page.files = null;
  Page.form.forget();
  Page.draw.stop();
  Page.draw.change(null);
  byId("file").value = "";
  // Its system is forgotten, and the numbers alone are not that place.
  byId("typed").value = "";
  changed();
}

async function speak(lang) {
  Page.choices = await ask(`/api/choices?lang=${lang}`);
  Words.lang = lang;
  Words.book = Page.choices.words;
  sayAll();
  byId("limits").textContent = Page.choices.limits;
  Page.verdict.colours = Object.fromEntries(Page.choices.verdicts.map((one) => [one.id, one.colour]));
  Page.verdict.names = Object.fromEntries(Page.choices.verdicts.map((one) => [one.id, one.name]));
  Page.form.take(Page.choices);
  Page.ground.listLayers();
  Page.downloads.reset(Page.choices.outputs);
  if (Page.draw.active) Page.draw.paint();
  history.replaceState(null, "", `?lang=${lang}`);
}

function listen() {
  for (const kind of ["polygon", "line", "point"]) byId(`draw-${kind}`).addEventListener("click", () => (Page.draw.kind === kind ? Page.draw.stop() : Page.draw.start(kind)));
  document.addEventListener("drawing", () => {
    for (const kind of ["polygon", "line", "point"]) byId(`draw-${kind}`).setAttribute("aria-pressed", String(Page.draw.kind === kind));
  });
  byId("clear").addEventListener("click", clearAll);
  byId("pill").addEventListener("click", () => {
    byId("answer").scrollIntoView({ block: "start" });
    byId("answer").focus({ preventScroll: true });
  });
  byId("lang").addEventListener("click", () => speak(Words.lang === "zh" ? "en" : "zh").then(changed).catch(tellFault));
  byId("file").addEventListener("change", (event) => {
    takeFiles(event.target.files);
    // Of a file that is chosen again after it was corrected a browser says nothing where its name still stands here.
    event.target.value = "";
  });
  byId("typed-go").addEventListener("click", () => {
    const fault = byId("typed-fault");
    fault.hidden = true;
    try {
      const { geometry, metres } = readPlaces(byId("typed").value);
      Page.draw.stop();
      drawn(geometry, true, metres);
      if (!metres) lookAt(geometry);
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
    }
  });
  let depth = 0;
  const carries = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  addEventListener("dragenter", (event) => carries(event) && (byId("dropping").hidden = ++depth < 1));
  addEventListener("dragleave", (event) => carries(event) && (byId("dropping").hidden = --depth < 1));
  addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth = 0;
    byId("dropping").hidden = true;
    takeFiles(event.dataTransfer.files);
  });
}

async function begun() {
  byId("app").hidden = false;
  Page.ground = new Ground((row) => choose(row));
  Page.form = new Form(changed);
  Page.verdict = new Verdict(Page.ground, Page.form);
  Page.downloads = new Downloads(begin);
  Page.draw = new Draw(Page.ground, drawn);
  Page.ground.quiet = () => Page.draw.active;
  const asked = new URLSearchParams(location.search).get("lang");
  const own = (navigator.language || "zh").startsWith("zh") ? "zh" : "en";
  await speak(asked === "zh" || asked === "en" ? asked : own);
  Page.verdict.start();
  byId("layers").open = innerWidth > 1100;
  listen();
  document.body.dataset.ready = "true";
  await Page.ground.take(await ask("/api/layers"), Page.choices.background);
  document.body.dataset.layers = "true";
}

begun().catch(tellFault);
