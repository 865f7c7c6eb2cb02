/* The page on paper: counts, limits, the map as it stands, then the site that is open or a table of the sites shown. */

// So many sites the table on paper holds; it says how many more there are.
const PAPER_ROWS = 400;
const COLUMNS = ["site", "verdict", "why"];
// The most letters of a name, of an id and of a reason in it.
const PAPER_NAME = 60;
const PAPER_ID = 40;
const PAPER_WHY = 160;
// Dots of the printed map for each pixel of CSS.
const PAPER_SHARP = 2.5;

class Paper {
  constructor(model) {
    this.model = model;
    this.box = make("section", "fg-paper");
    this.box.hidden = true;
    this.picture = make("canvas", "fg-paper-map");
    this.picture.setAttribute("aria-hidden", "true");
    window.addEventListener("beforeprint", () => this.lay());
    window.addEventListener("afterprint", () => this.clear());
  }

  /* The map shows what it showed, at the size of the paper. */
  lay() {
    const { map, layer, zones, view } = this.model;
    const whole = view.untouched();
    this.seen = map.getBounds();
    this.stood = { centre: map.getCenter(), zoom: map.getZoom() };
    document.body.classList.add("fg-printing");
    if (layer.selected < 0) this.box.replaceChildren(...this.table());
    this.box.hidden = layer.selected >= 0;
    this.unfolded = [...document.querySelectorAll("details:not([open])")];
    for (const fold of this.unfolded) fold.open = true;
    // Below the map, where it hides nothing and has room for every layer.
    map.getContainer().parentElement.after(this.model.key);
    this.model.layerPanel.drawKey(true);
    map.invalidateSize({ animate: false, pan: false });
    const best = view.best();
    if (whole) map.setView(best.centre, best.zoom, { animate: false });
    else map.fitBounds(this.seen, { animate: false });
    Sharp.least = PAPER_SHARP;
    this.draw([zones.pane, layer.pane]);
  }

  /* Draw the map as one picture: a printer gets a canvas stroke by stroke, and what was erased in it would be white. */
  draw(panes) {
    const { map, colours } = this.model;
    const size = map.getSize();
    this.picture.width = Math.round(size.x * PAPER_SHARP);
    this.picture.height = Math.round(size.y * PAPER_SHARP);
    const pen = this.picture.getContext("2d");
    pen.scale(PAPER_SHARP, PAPER_SHARP);
    pen.fillStyle = colours.background;
    pen.fillRect(0, 0, size.x, size.y);
    for (const pane of panes) {
      pane._update();
      const corner = map.layerPointToContainerPoint(pane._bounds.min);
      const whole = pane._bounds.getSize();
      pen.drawImage(pane._container, corner.x, corner.y, whole.x, whole.y);
    }
    map.getContainer().parentElement.append(this.picture);
  }

  clear() {
    if (!this.seen) return;
    const { map } = this.model;
    document.body.classList.remove("fg-printing");
    for (const fold of this.unfolded) fold.open = false;
    this.picture.remove();
    Sharp.least = 1;
    this.box.hidden = true;
    this.box.replaceChildren();
    map.invalidateSize({ animate: false, pan: false });
    map.setView(this.stood.centre, this.stood.zoom, { animate: false });
    this.seen = null;
    map.getContainer().parentElement.append(this.model.key);
    this.model.layerPanel.drawKey();
  }

  table() {
    const { list, sites } = this.model;
    const titles = COLUMNS.map((key) => make("th", "", say(`column_${key}`)));
    const rows = list.ranks.slice(0, PAPER_ROWS).map((rank) => this.row(rank));
    const table = make("table", "", make("colgroup", "", ...COLUMNS.map((name) => make("col", `fg-col-${name}`))), make("thead", "", make("tr", "", ...titles)), make("tbody", "", ...rows));
    const parts = [make("h2", "", say("shown", { n: count(list.ranks.length), all: count(sites.total) })), table];
    const more = list.ranks.length - rows.length;
    if (more > 0) parts.push(make("p", "", say("paper_more", { n: count(more) })));
    return parts;
  }

  row(rank) {
    const { sites, verdicts, layer, colours, list, rules } = this.model;
    const verdict = verdicts[sites.verdict[rank]];
    const id = make("span", "fg-beside", isolated(` ${short(sites.site_id[rank], PAPER_ID)}`));
    const site = make("td", "", isolated(short(siteName(sites, rank), PAPER_NAME)), id);
    const tag = make("td", "fg-paper-verdict", swatch(verdict, layer.marked(rank), colours), pick(verdict.title));
    return make("tr", "", site, tag, make("td", "", short(list.reason(rank, rules), PAPER_WHY) || "—"));
  }
}
