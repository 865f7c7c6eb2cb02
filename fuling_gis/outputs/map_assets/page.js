/* The page: puts the parts beside the map, keeps them in step, and changes language. */

// A site is shown with at least so much ground around it, metres.
const GROUND_M = 600;
// So many zones are named at a place.
const HERE_MOST = 12;

class Page {
  constructor(map) {
    this.map = map;
    this.run = readBlock("fg-run");
    Words.book = this.run.words;
    Words.lang = this.run.lang;
    this.verdicts = this.run.verdicts;
    this.rules = this.run.rules;
    this.colours = this.run.colours;
    this.sites = loadSites();
    this.chosen = new Set();
    this.markedOnly = false;
    map.getContainer().style.background = this.colours.background;
    this.zones = new ZoneLayers(map, this.run.layers, this.colours.background);
    this.layer = new SiteLayer(map, this.sites, this.verdicts, this.colours);
    this.hovered = -1;
    this.halo = L.marker([0, 0], { icon: L.divIcon({ className: "fg-halo", iconSize: [34, 34] }), interactive: false, keyboard: false });
    this.list = new SiteList(this);
    this.order = new OrderBar(this);
    this.paper = new Paper(this);
    this.details = new Details(this);
    this.view = new View(this);
    this.build();
    this.listen();
    this.speak();
    this.refilter();
    map.invalidateSize();
    this.view.home();
  }

  build() {
    this.head = make("header", "fg-head");
    this.search = make("input", "fg-search");
    this.search.type = "search";
    this.search.autocomplete = "off";
    this.search.addEventListener("input", () => this.refilter());
    this.search.addEventListener("keydown", (event) => this.list.searchKey(event));
    this.side = make("section", "fg-side", this.search, this.order.box, this.order.status, this.list.box);
    const frame = document.getElementById("fg-map");
    this.layerBox = make("div", "fg-layer-panel");
    this.layerBox.hidden = true;
    this.key = make("ul", "fg-key");
    this.layerPanel = new LayerPanel(this.zones, this.layerBox, this.key, () => this.view.again());
    this.tools = make("div", "fg-tools");
    this.tip = make("div", "fg-tip");
    this.tip.hidden = true;
    frame.append(this.tools, this.layerBox, this.key, this.tip);
    const app = make("main", "fg-app", this.head, this.side, frame, this.details.box, this.paper.box);
    document.body.prepend(app);
    L.control.scale({ imperial: false, maxWidth: 140, position: narrow() ? "topleft" : "bottomleft" }).addTo(this.map);
  }

  /* Put every word on the page in the language chosen. */
  speak() {
    document.documentElement.lang = Words.lang === "zh" ? "zh-CN" : "en";
    document.title = say("title");
    this.search.placeholder = say("search");
    this.search.setAttribute("aria-label", say("search"));
    this.list.box.setAttribute("aria-label", say("list"));
    this.map.getContainer().setAttribute("role", "region");
    this.map.getContainer().setAttribute("aria-label", say("map"));
    this.head.replaceChildren(...headParts(this));
    this.tools.replaceChildren(...this.toolButtons());
    this.layerPanel.draw();
    this.order.draw();
    this.list.draw();
    this.details.show(this.layer.selected, false);
    this.details.press(this.shownRule);
    this.layer.pane.redraw();
    this.zones.pane.redraw();
  }

  /* Show the sites that pass what is chosen now. */
  refilter() {
    const { chosen, markedOnly: marked, order } = this;
    this.list.filter({ chosen, marked, reason: order.reason, words: this.search.value, ranks: order.ranks() });
    order.tell();
    this.details.tellPlace();
  }

  showAll() {
    this.chosen.clear();
    this.markedOnly = false;
    this.order.reason = -1;
    this.search.value = "";
    this.head.replaceChildren(...headParts(this));
    this.order.draw();
    this.refilter();
    this.search.focus();
  }

  toolButtons() {
    const layers = button("fg-tool fg-tool-wide", say("layers"), () => this.showLayers(this.layerBox.hidden));
    layers.setAttribute("aria-expanded", String(!this.layerBox.hidden));
    const tool = (text, key, act) => {
      const made = button("fg-tool", text, act);
      made.setAttribute("aria-label", say(key));
      made.title = say(key);
      return made;
    };
    return [
      layers,
      button("fg-tool fg-tool-wide fg-print", say("print"), () => window.print()),
      tool("+", "zoom_in", () => this.map.zoomIn(1)),
      tool("−", "zoom_out", () => this.map.zoomOut(1)),
      tool("⤢", "whole", () => this.view.home()),
    ];
  }

  showLayers(shown) {
    this.layerBox.hidden = !shown;
    this.tools.firstChild.setAttribute("aria-expanded", String(shown));
    this.view.again();
  }

  listen() {
    this.map.on("mousemove", (event) => this.point(event));
    this.map.on("mouseout", () => this.hover(-1));
    this.map.on("click", (event) => this.click(event));
    window.addEventListener("resize", () => this.resize());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.leave();
    });
  }

  resize() {
    const whole = this.view.untouched();
    this.map.invalidateSize();
    if (whole) this.view.home();
  }

  /* Say over the map what lies under the pointer. */
  point(event) {
    const found = this.layer.at(event.containerPoint);
    this.map.getContainer().style.cursor = found.length ? "pointer" : "";
    this.tip.hidden = !found.length;
    if (!found.length) return;
    const rank = found[0];
    const verdict = this.verdicts[this.sites.verdict[rank]];
    this.tip.replaceChildren(
      make("strong", "", isolated(short(siteName(this.sites, rank), 40))),
      make("span", "", `${pick(verdict.title)} · ${short(this.list.why(rank, this.rules), 60)}`),
      found.length > 1 ? make("span", "", say("sites_here", { n: count(found.length) })) : "",
    );
    const room = this.map.getSize().x - this.tip.offsetWidth - 16;
    this.tip.style.left = `${Math.min(event.containerPoint.x + 14, room)}px`;
    this.tip.style.top = `${event.containerPoint.y + 14}px`;
  }

  click(event) {
    const found = this.layer.at(event.containerPoint);
    this.tip.hidden = true;
    if (!found.length) {
      this.ask(event.latlng);
      return;
    }
    // Once more at the same place goes on to the next site there; for that the map stays.
    const rank = found[(found.indexOf(this.layer.selected) + 1) % found.length];
    this.select(rank, true, found.length > 1);
    this.list.follow(rank);
  }

  /* Name the shown zones at a place. */
  ask(latlng) {
    const scale = 2 ** this.map.getZoom();
    const [px, py] = [worldX(latlng.lng), worldY(latlng.lat)];
    const found = this.zones.at(px, py, 4 / scale);
    const lines = this.zones.told(px, py).map(pictureLine);
    lines.push(...found.slice(0, HERE_MOST).map(({ title, name, kind }) => make("li", "", isolated(pick(title)), kind ? ` · ${pick(kind.title)}` : "", name ? isolated(` ${short(name, 40)}`, "fg-fine") : "")));
    if (found.length > HERE_MOST) lines.push(make("li", "", `+${found.length - HERE_MOST}`));
    if (!lines.length) return;
    const high = Math.max(this.map.getSize().y - 100, 120);
    const popup = L.popup({ className: "fg-popup", closeButton: false, maxWidth: 280, maxHeight: high, autoPan: false })
      .setLatLng(latlng)
      .setContent(make("div", "", make("strong", "", say("here")), make("ul", "fg-lines", ...lines)))
      .openOn(this.map);
    this.view.free(popup);
  }

  /* Ring the site whose row is under the pointer: an element of its own, so that nothing is drawn again. */
  hover(rank) {
    if (rank < 0) this.tip.hidden = true;
    if (rank === this.hovered) return;
    this.hovered = rank;
    this.halo.remove();
    if (rank < 0 || !this.sites.placed[rank]) return;
    const [lon, lat] = lonLat(this.sites.x[rank], this.sites.y[rank]);
    this.halo.setLatLng([lat, lon]).addTo(this.map);
  }

  /* `stay`: the map is not fitted anew beside the panel, unless something would lie over the site. */
  select(rank, focus, stay = false) {
    const whole = this.view.untouched();
    this.view.held = stay;
    this.layer.selected = rank;
    this.layer.pane.redraw();
    this.details.show(rank, focus);
    document.body.classList.toggle("fg-open", rank >= 0);
    this.map.invalidateSize({ pan: false });
    const found = rank >= 0 ? detailsOf(this.sites, rank) : null;
    const groups = found ? this.details.byRule(found.findings) : [];
    this.mark(groups[0]);
    this.view.held = false;
    if (whole && !(stay && this.view.clear(rank))) this.view.home();
  }

  /* Draw what a rule speaks of, in the colour of its effect. */
  mark(group) {
    const { causes } = this.zones;
    const rank = this.layer.selected;
    this.shownRule = group ? group.rule_id : "";
    if (group && this.sites.placed[rank]) causes.show(group.parts, this.details.toneOf(group), [this.sites.x[rank], this.sites.y[rank]]);
    else causes.clear();
    this.details.press(this.shownRule);
    this.layerPanel.drawKey();
    this.zones.pane.redraw();
  }

  showCauses(group) {
    this.mark(group);
    this.fly(this.layer.selected);
  }

  open(rank) {
    this.map.closePopup();
    // The map flies there.
    if (this.sites.placed[rank]) this.view.leave();
    // It would hide the place that the map flies to.
    this.showLayers(false);
    this.select(rank, false);
    this.list.draw();
    this.fly(rank);
  }

  /* Close what was opened last: the panel of layers lies over the site's. */
  leave() {
    if (!this.layerBox.hidden) this.showLayers(false);
    else if (this.layer.selected >= 0) this.close();
    else this.map.closePopup();
  }

  close() {
    this.select(-1, false);
    this.list.draw();
    this.list.box.focus({ preventScroll: true });
  }

  /* Move the map to a site and what the rule shown speaks of, clear of the panel. */
  fly(rank) {
    if (!this.sites.placed[rank]) return;
    const { x, y } = this.sites;
    const own = ownerBox(this.sites.shapes, rank) || [x[rank], y[rank], x[rank], y[rank]];
    const [west, north] = lonLat(own[0], own[1]);
    const [east, south] = lonLat(own[2], own[3]);
    const up = GROUND_M / 111000;
    const along = up / Math.cos((north * Math.PI) / 180);
    const seen = this.zones.causes.ground(own);
    const [left, high] = lonLat(seen[0], seen[1]);
    const [right, low] = lonLat(seen[2], seen[3]);
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const ground = L.latLngBounds([[south - up, west - along], [north + up, east + along]]);
    ground.extend([[low, left], [high, right]]);
    // Of a site outside, what matters is where it lies from the district.
    if (this.verdicts[this.sites.verdict[rank]].id === "outside") {
      const { opening } = this.run;
      ground.extend([[opening[1], opening[0]], [opening[3], opening[2]]]);
    }
    this.map.flyToBounds(ground, {
      animate: !still,
      duration: 0.7,
      maxZoom: 17,
      paddingTopLeft: [64, 84],
      paddingBottomRight: this.covered(),
    });
  }

  /* How much of the map the panel covers, from the right and from below, in pixels. */
  covered() {
    const map = this.map.getContainer().getBoundingClientRect();
    const panel = this.details.box.getBoundingClientRect();
    if (panel.left > map.left + 10) return [Math.max(0, map.right - panel.left) + 24, 24];
    return [24, Math.max(0, map.bottom - panel.top) + 12];
  }
}

window.fulingMap = (map) => {
  window.fulingPage = new Page(map);
};
