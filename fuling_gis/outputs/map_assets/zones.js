/* The layers under the sites: drawn quietly, each switched on its own, and read only when first shown. */

class ZoneLayers {
  constructor(map, entries, mark) {
    this.map = map;
    this.mark = mark;
    this.layers = entries.map((entry, place) => ({ entry, place, shapes: null, ids: [], names: [], shown: false }));
    this.highlit = [];
    this.graticule = entries.length === 0;
    map.createPane("zones").style.zIndex = 350;
    this.pane = new CanvasPane({ pane: "zones", padding: 0.3, paint: (brush, view) => this.paint(brush, view) });
    for (const layer of this.layers) if (layer.entry.style.shown) this.show(layer, true);
    this.pane.addTo(map);
  }

  load(layer) {
    if (layer.shapes) return;
    const block = readBlock(`fg-zone-${layer.place}`);
    layer.shapes = decodeShapes(block, block.id.length);
    layer.ids = block.id;
    layer.names = block.name;
  }

  show(layer, shown) {
    layer.shown = shown;
    if (shown) this.load(layer);
    if (this.pane && this.pane._map) this.pane.redraw();
  }

  showGraticule(shown) {
    this.graticule = shown;
    this.pane.redraw();
  }

  /* Outline the features that a site's findings name; an empty list takes the outlines away. */
  highlight(named) {
    this.highlit = [];
    for (const { layer, feature } of named) {
      const found = this.layers.find((one) => one.entry.id === layer);
      if (!found) continue;
      this.load(found);
      const owner = found.ids.indexOf(feature);
      if (owner >= 0 && feature) this.highlit.push({ layer: found, owner });
    }
    this.pane.redraw();
  }

  /* The features of the shown layers at a world point, top first. */
  at(px, py, reach) {
    const found = [];
    for (const layer of [...this.layers].reverse()) {
      if (!layer.shown) continue;
      for (let o = 0; o < layer.ids.length; o += 1) {
        if (hits(layer.shapes, o, px, py, reach)) found.push({ title: layer.entry.title, name: layer.names[o] });
      }
    }
    return found;
  }

  paint(brush, view) {
    for (const layer of this.layers) if (layer.shown) this.paintLayer(brush, view, layer);
    if (this.graticule) paintGraticule(brush, view);
    brush.setLineDash([]);
    for (const { layer, owner } of this.highlit) {
      brush.beginPath();
      trace(brush, view, layer.shapes, owner);
      brush.lineWidth = 5;
      brush.strokeStyle = "rgba(255, 255, 255, 0.85)";
      brush.stroke();
      brush.lineWidth = 2.4;
      brush.strokeStyle = layer.entry.style.line;
      brush.stroke();
    }
  }

  paintLayer(brush, view, layer) {
    const style = layer.entry.style;
    brush.beginPath();
    for (let o = 0; o < layer.ids.length; o += 1) {
      trace(brush, view, layer.shapes, o);
      if (o % 400 === 399) {
        this.stroke(brush, style);
        brush.beginPath();
      }
    }
    this.stroke(brush, style);
  }

  stroke(brush, style) {
    if (style.fill) {
      brush.globalAlpha = style.opacity === undefined ? 1 : style.opacity;
      brush.fillStyle = style.fill;
      brush.fill("evenodd");
    }
    if (style.hatch) {
      brush.globalAlpha = 0.55;
      brush.fillStyle = hatch(brush, style.line, style.hatch, 0.9);
      brush.fill("evenodd");
    }
    brush.globalAlpha = 1;
    brush.strokeStyle = style.line;
    brush.lineWidth = style.width;
    brush.setLineDash(style.dash || []);
    brush.stroke();
  }
}

const GRATICULE_STEPS = [10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];

/* Meridians and parallels, some 120 to 300 px apart, with their degrees. */
function paintGraticule(brush, view) {
  const wide = (view.width / view.scale / 256) * 360;
  const step = GRATICULE_STEPS.find((one) => (one / wide) * view.width < 260) || 0.001;
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  const [west, north] = lonLat(view.left / view.scale, view.top / view.scale);
  const [east, south] = lonLat((view.left + view.width) / view.scale, (view.top + view.height) / view.scale);
  brush.setLineDash([]);
  brush.lineWidth = 1;
  brush.strokeStyle = "rgba(75, 85, 99, 0.22)";
  brush.fillStyle = "rgba(75, 85, 99, 0.75)";
  brush.font = "11px sans-serif";
  for (let lon = Math.ceil(west / step) * step; lon < east; lon += step) {
    const px = Math.round(worldX(lon) * view.scale - view.left) + 0.5;
    brush.strokeRect(px, -1, 0, view.height + 2);
    brush.fillText(`${lon.toFixed(digits)}°`, px + 3, view.height * (0.3 / 1.6) + 13);
  }
  for (let lat = Math.ceil(south / step) * step; lat < north; lat += step) {
    const py = Math.round(worldY(lat) * view.scale - view.top) + 0.5;
    brush.strokeRect(-1, py, view.width + 2, 0);
    brush.fillText(`${lat.toFixed(digits)}°`, view.width * (0.3 / 1.6) + 4, py - 3);
  }
}
