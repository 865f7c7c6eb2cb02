/* The map: the workspace's layers to switch on and off, the sites in the colours of their verdicts, and what a rule
   found, drawn where it lies. */
"use strict";

const FULING = [29.62, 107.39];
// Pixels across below which a site is hard to see.
const SMALL_PX = 16;
// Pixels that a place needs to be looked at.
const LEAST_PX = 110;
const SVG = "http://www.w3.org/2000/svg";

class Ground {
  constructor(onSite) {
    this.onSite = onSite;
    this.map = L.map("map", {
      zoomControl: false, attributionControl: false, zoomSnap: 0.25, minZoom: 7, maxZoom: 19, doubleClickZoom: false,
      zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
    this.map.setView(FULING, 9.5);
    this.entries = new Map();
    this.undrawn = [];
    this.pane("found", 450);
    this.pane("sites", 460);
    this.pane("draw", 470);
    this.foundRenderer = L.svg({ pane: "found", padding: 0.4 });
    this.siteRenderer = L.svg({ pane: "sites", padding: 0.4 });
    this.found = L.layerGroup().addTo(this.map);
    this.sites = L.layerGroup().addTo(this.map);
    this.shapes = new Map();
    this.quiet = () => false;
    L.control.scale({ imperial: false, position: "bottomleft" }).addTo(this.map);
    this.buttons();
    this.patterns();
    this.map.on("click", (event) => this.tell(event));
    this.map.on("zoomend", () => this.markSmall());
  }

  pane(name, z) {
    const pane = this.map.createPane(name);
    pane.style.zIndex = z;
    return pane;
  }

  buttons() {
    const box = make("div", "zoom");
    const add = (key, sign, act) => {
      const one = button("", sign, act);
      one.dataset.label = key;
      box.append(one);
    };
    add("zoom_in", "+", () => this.map.zoomIn(1));
    add("zoom_out", "−", () => this.map.zoomOut(1));
    add("whole", "⤢", () => this.fitWhole());
    byId("ground-region").append(box);
  }

  /* Strokes that mark what may be, for fills of SVG paths. */
  patterns() {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "patterns");
    svg.setAttribute("aria-hidden", "true");
    const defs = document.createElementNS(SVG, "defs");
    for (const [id, colour] of [["hatch-found", "#7a0010"], ["hatch-site", "#7a0010"]]) {
      const pattern = document.createElementNS(SVG, "pattern");
      for (const [key, value] of Object.entries({ id, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" })) pattern.setAttribute(key, value);
      const line = document.createElementNS(SVG, "rect");
      for (const [key, value] of Object.entries({ width: 1.6, height: 8, fill: colour })) line.setAttribute(key, value);
      pattern.append(line);
      defs.append(pattern);
    }
    svg.append(defs);
    document.body.append(svg);
  }

  /* Take the workspace's layers: an entry each, in drawing order. */
  async take(entries, background) {
    this.map.getContainer().style.background = background;
    // Of those that cannot be drawn it is told that they are there, and why.
    this.undrawn = entries.filter((entry) => entry.undrawn);
    entries.filter((entry) => !entry.undrawn).forEach((entry, place) => {
      const pane = `layer-${place}`;
      if (!this.entries.has(entry.id)) {
        this.pane(pane, 300 + place).style.pointerEvents = "none";
        this.entries.set(entry.id, { entry, pane, on: Boolean(entry.style.shown), loaded: null, drawn: null });
      }
    });
    await Promise.all([...this.entries.values()].filter((one) => one.on).map((one) => this.show(one, true)));
    // What the list covers is known when it is full.
    this.listLayers();
    this.fitWhole();
  }

  load(one) {
    if (!one.loaded) one.loaded = ask(`/api/layers/${encodeURIComponent(one.entry.id)}`).catch((fault) => {
      one.loaded = null;
      throw fault;
    });
    return one.loaded;
  }

  async show(one, on) {
    one.on = on;
    if (!on) {
      if (one.drawn) one.drawn.remove();
      return;
    }
    const shapes = await this.load(one);
    if (!one.on) return;
    const style = one.entry.style;
    if (!one.drawn) {
      const renderer = L.canvas({ pane: one.pane, padding: 0.3 });
      one.drawn = L.geoJSON(shapes, {
        pane: one.pane, renderer, interactive: false,
        style: {
          pane: one.pane, renderer, interactive: false, color: style.line, weight: style.width || 1, dashArray: style.dash ? style.dash.join(" ") : null,
          fill: Boolean(style.fill || style.hatch), fillColor: style.fill || style.line, fillOpacity: style.fill ? style.opacity : 0.1, smoothFactor: 0.6,
        },
        pointToLayer: (_, at) => L.circleMarker(at, { pane: one.pane, renderer, interactive: false, radius: 4, weight: 1.5, color: style.line, fillColor: style.fill || style.line, fillOpacity: 0.8 }),
      });
    }
    one.drawn.addTo(this.map);
  }

  listLayers() {
    const list = byId("layer-list");
    list.replaceChildren();
    const entries = [...this.entries.values()].reverse();
    const rest = make("details", "", make("summary", "", say("layers_other")));
    for (const one of entries) {
      const box = make("input");
      box.type = "checkbox";
      box.checked = one.on;
      box.addEventListener("change", () => this.show(one, box.checked).catch((fault) => tellFault(fault)));
      const title = one.entry.title[Words.lang] || one.entry.id;
      const place = one.entry.style.shown ? list : rest;
      const left = one.entry.left_out ? make("small", "", say("layer_left", { n: number(one.entry.left_out, 0) })) : null;
      place.append(make("label", "layer", box, layerSwatch(one.entry.style), make("span", "", title), one.entry.computed ? make("small", "", say("layer_computed")) : null, left));
    }
    if (rest.children.length > 1) list.append(rest);
    if (!this.undrawn.length) return;
    const told = this.undrawn.map((entry) => make("li", "", isolated(entry.title[Words.lang] || entry.id), make("small", "", entry.undrawn[Words.lang])));
    list.append(make("details", "undrawn", make("summary", "", say("layers_undrawn", { n: told.length })), make("ul", "plain-list", ...told)));
  }

  fitWhole() {
    const district = this.entries.get("district");
    if (district && district.drawn) this.fit(district.drawn.getBounds(), 12);
    else this.map.setView(FULING, 9.5);
  }

  /* Draw the sites of an answer. chosen: the row that is open. */
  drawSites(sites, colours, chosen) {
    this.sites.clearLayers();
    this.shapes.clear();
    for (const site of [...sites].reverse()) {
      if (!site.geometry) continue;
      const open = site.row === chosen;
      const style = {
        pane: "sites", renderer: this.siteRenderer, color: open ? "#111" : "#333", weight: open ? 3 : 1.5, fillColor: colours[site.verdict], fillOpacity: 0.8, opacity: 1,
      };
      const add = (extra) => L.geoJSON(site.geometry, {
        style: { ...style, ...extra },
        pointToLayer: (_, at) => L.circleMarker(at, { ...style, ...extra, radius: open ? 10 : 8 }),
      });
      const shape = add({}).addTo(this.sites);
      if (site.could_be_worse) add({ fillOpacity: 1, fillColor: "url(#hatch-site)", color: "#7a0010", dashArray: "5 4", interactive: false }).addTo(this.sites);
      shape.on("click", (event) => {
        if (this.quiet()) return;
        L.DomEvent.stop(event);
        this.onSite(site.row);
      });
      this.shapes.set(site.row, shape);
    }
    this.painted = [sites, colours, chosen];
    this.marks = this.marks || L.layerGroup().addTo(this.map);
    this.markSmall();
  }

  /* A site that is too small to be seen gets a dot in its place. */
  markSmall() {
    if (!this.painted) return;
    const [sites, colours, chosen] = this.painted;
    this.marks.clearLayers();
    for (const site of sites) {
      const shape = this.shapes.get(site.row);
      if (!shape || site.geometry.type === "Point") continue;
      const box = shape.getBounds();
      const size = this.map.latLngToLayerPoint(box.getSouthEast()).distanceTo(this.map.latLngToLayerPoint(box.getNorthWest()));
      if (size > SMALL_PX) continue;
      const worse = site.could_be_worse;
      const dot = L.circleMarker(box.getCenter(), { pane: "sites", renderer: this.siteRenderer, radius: site.row === chosen ? 10 : 8, color: worse ? "#7a0010" : "#333", weight: worse ? 2.5 : 1.5, dashArray: worse ? "4 2.5" : null, fillColor: colours[site.verdict], fillOpacity: 0.9 }).addTo(this.marks);
      dot.on("click", (event) => {
        if (this.quiet()) return;
        L.DomEvent.stop(event);
        this.onSite(site.row);
      });
    }
  }

  fitSites(row) {
    const shape = this.shapes.get(row);
    const all = row === undefined ? L.featureGroup([...this.shapes.values()]) : shape;
    if (!all || (row === undefined && !this.shapes.size)) return;
    const box = all.getBounds();
    if (box.isValid()) this.fit(box, 60, row === undefined ? 14 : 15);
  }

  /* Show a part of the map where nothing covers it. margin: pixels about it. */
  fit(box, margin, maxZoom) {
    const [right, below] = this.covered();
    const { x, y } = this.map.getSize();
    // Where little is left, as under the open list on a phone, some of the margin goes first, and then the allowance.
    const room = (size, taken) => (size - taken - 2 * margin >= LEAST_PX ? [margin, margin + taken] : size - taken >= LEAST_PX + 16 ? [8, taken + 8] : [8, 8]);
    const [left, rightAll] = room(x, right);
    const [top, belowAll] = room(y, below);
    this.map.fitBounds(box, { paddingTopLeft: [left, top], paddingBottomRight: [rightAll, belowAll], maxZoom });
  }

  /* How much of the map is covered, from the right and from below, in pixels: by the list of layers, from the side that
     leaves more, and by the verdict that a phone shows. */
  covered() {
    const map = this.map.getContainer().getBoundingClientRect();
    const seen = (id) => {
      const box = byId(id).getBoundingClientRect();
      return box.width ? box : null;
    };
    const layers = seen("layers");
    const pill = seen("pill");
    const below = pill ? map.bottom - pill.top : 0;
    if (!layers) return [0, below];
    const [right, under] = [map.right - layers.left, Math.max(below, map.bottom - layers.top)];
    return (map.width - right) * (map.height - below) >= map.width * (map.height - under) ? [right, below] : [0, under];
  }

  /* Show what one finding found: its zones, hatched where it is a maybe, and the distances measured. */
  async showFound(finding) {
    this.found.clearLayers();
    this.showing = finding;
    if (!finding) return;
    for (const part of finding.evidence) {
      const one = this.entries.get(part.layer);
      if (one && part.feature_id) {
        const shapes = await this.load(one).catch(() => null);
        if (this.showing !== finding) return;
        const meant = shapes ? shapes.features.filter((feature) => feature.properties.id === part.feature_id) : [];
        const maybe = part.part_answer === "maybe";
        const style = { pane: "found", renderer: this.foundRenderer, interactive: false, color: "#7a0010", weight: 2.5, fillColor: maybe ? "url(#hatch-found)" : "#7a0010", fillOpacity: maybe ? 0.5 : 0.14 };
        L.geoJSON({ type: "FeatureCollection", features: meant }, { style, pointToLayer: (_, at) => L.circleMarker(at, { ...style, radius: 7 }) }).addTo(this.found);
      }
      if (part.line) {
        const ends = part.line.map(([x, y]) => [y, x]);
        L.polyline(ends, { pane: "found", renderer: this.foundRenderer, interactive: false, color: "#fff", weight: 5 }).addTo(this.found);
        const line = L.polyline(ends, { pane: "found", renderer: this.foundRenderer, interactive: false, color: "#111", weight: 2.2, dashArray: "6 4" }).addTo(this.found);
        const limit = part.threshold_m ? ` (${say("limit_is", { m: metres(part.threshold_m) })})` : "";
        line.bindTooltip(make("span", "", metres(part.distance_m) + limit), { permanent: true, direction: "center", className: "measure" }).openTooltip();
      }
    }
  }

  /* Say which zones of the layers shown lie where somebody clicked. */
  tell(event) {
    if (this.quiet()) return;
    const at = [event.latlng.lng, event.latlng.lat];
    const lines = [];
    for (const one of [...this.entries.values()].reverse()) {
      if (!one.on || !one.drawn || one.entry.id === "district") continue;
      one.drawn.eachLayer((shape) => {
        const { geometry, properties } = shape.feature;
        if (lines.length < 8 && holds(geometry, at)) lines.push(make("li", "", layerSwatch(one.entry.style), make("span", "", `${one.entry.title[Words.lang]}${properties.name && properties.name !== one.entry.title[Words.lang] ? ` · ${properties.name}` : ""}`)));
      });
    }
    if (lines.length) L.popup({ maxWidth: 300, closeButton: false }).setLatLng(event.latlng).setContent(make("ul", "here", ...lines)).openOn(this.map);
    else this.map.closePopup();
  }
}

function layerSwatch(style) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 14");
  svg.setAttribute("class", "swatch");
  svg.setAttribute("aria-hidden", "true");
  const rect = document.createElementNS(SVG, "rect");
  const values = { x: 1, y: 1, width: 18, height: 12, rx: 2, fill: style.fill || style.line || "none", "fill-opacity": style.fill ? Math.max(style.opacity || 0, 0.25) : style.hatch ? 0.14 : 0, stroke: style.line || "#888", "stroke-width": style.width || 1 };
  if (style.dash) values["stroke-dasharray"] = style.dash.join(" ");
  for (const [key, value] of Object.entries(values)) rect.setAttribute(key, value);
  svg.append(rect);
  return svg;
}

/* Whether a polygon of GeoJSON holds a place, by the even-odd rule over all its rings. */
function holds(geometry, [x, y]) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : [];
  let inside = false;
  for (const ring of polygons.flat()) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
  }
  return inside;
}
