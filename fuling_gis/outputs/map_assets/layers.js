/* The panel of layers: a switch for each, how it is drawn, and what to know of it. The key names those shown. */

// So many lines the key has; the panel has all.
const KEY_MOST = 9;

class LayerPanel {
  /* changed: called when the key has become another. */
  constructor(zones, panel, key, changed) {
    this.zones = zones;
    this.changed = changed;
    this.box = panel;
    this.key = key;
  }

  draw() {
    this.box.replaceChildren(make("h2", "", say("layers")));
    const list = make("ul", "fg-layers");
    for (const layer of [...this.zones.layers].reverse()) list.append(this.row(layer));
    list.append(this.graticuleRow());
    this.box.append(list);
    const coarsest = Math.max(0, ...this.zones.layers.map((layer) => layer.entry.simplified_m));
    if (coarsest) this.box.append(make("p", "fg-fine", say("layers_simplified", { m: rounded(coarsest, 1) })));
    else this.box.append(make("p", "fg-fine", say("layers_none")));
    this.drawKey();
  }

  /* The key: what the open site's rule shows, then the layers; on paper, which has no panel, all that are shown. */
  drawKey(paper = false) {
    const shown = [...this.zones.layers].reverse().filter((layer) => layer.shown);
    const causes = this.zones.causes.key();
    const most = causes.length ? KEY_MOST - 4 : KEY_MOST;
    const lines = causes.map(([picture, text]) => make("li", "fg-key-cause", picture, isolated(text)));
    let [room, named] = [paper ? Infinity : most, 0];
    for (const { entry } of shown) {
      room -= entry.classes ? 2 : 1;
      if (room < 0) break;
      lines.push(keyLine(entry));
      named += 1;
    }
    if (shown.length > named) lines.push(make("li", "", `+${shown.length - named}`));
    this.key.replaceChildren(...lines);
    this.key.hidden = !lines.length;
    this.key.setAttribute("aria-label", say("layers"));
    this.changed();
  }

  row(layer) {
    const { entry } = layer;
    const text = make("span", "fg-layer-text", isolated(pick(entry.title) || entry.id));
    text.append(make("span", "fg-fine", this.remarks(entry).join(" · ")));
    const box = checkbox(layer.shown, (shown) => {
      this.zones.show(layer, shown);
      this.drawKey();
    });
    if (entry.classes) text.append(classList(entry));
    return make("li", "", make("label", "", box, entry.classes ? "" : layerSwatch(entry.style, entry.points), text));
  }

  remarks(entry) {
    const said = [];
    if (entry.picture) said.push(say("layer_range", { m: rounded(entry.error_m, 1), cell: rounded(entry.cell_m, 1) }));
    else if (entry.computed) said.push(say("layer_computed"));
    else said.push(say("layer_features", { n: count(entry.features) }));
    if (!entry.computed) said.push(say(entry.accuracy_stated ? "layer_accuracy" : "layer_accuracy_assumed", { m: rounded(entry.accuracy_m, 2) }));
    if (entry.indicative) said.push(say("layer_indicative"));
    if (entry.left_out) said.push(say("layer_left_out", { n: count(entry.left_out) }));
    return said;
  }

  graticuleRow() {
    const box = checkbox(this.zones.graticule, (shown) => this.zones.showGraticule(shown));
    const style = { line: "#9AA3AE", width: 1 };
    return make("li", "", make("label", "", box, layerSwatch(style), make("span", "fg-layer-text", say("graticule"))));
  }
}

/* A layer in the key: its picture and its name, or its name and the pictures of its classes. */
function keyLine(entry) {
  const name = isolated(pick(entry.title) || entry.id);
  return entry.classes ? make("li", "fg-key-classed", name, classList(entry)) : make("li", "", layerSwatch(entry.style, entry.points), name);
}

/* What the colours within one layer mean. */
function classList(entry) {
  return make("span", "fg-classes", ...entry.classes.map(({ title, style }) => make("span", "fg-class", layerSwatch(style), isolated(pick(title)))));
}

function checkbox(on, changed) {
  const box = make("input");
  box.type = "checkbox";
  box.checked = on;
  box.addEventListener("change", () => changed(box.checked));
  return box;
}

/* A small picture of how a layer is drawn; points: whether it has points alone. */
function layerSwatch(style, points = false) {
  const picture = make("canvas", "fg-layer-swatch");
  picture.width = 52;
  picture.height = 32;
  picture.setAttribute("aria-hidden", "true");
  const pen = picture.getContext("2d");
  pen.scale(2, 2);
  pen.beginPath();
  if (points) tracePoint(pen, 13, 8, style.point);
  else pen.rect(2, 2, 22, 12);
  ZoneLayers.prototype.stroke(pen, style);
  return picture;
}
