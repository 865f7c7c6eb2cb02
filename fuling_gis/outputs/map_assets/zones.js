/* The layers under the sites: drawn quietly, each switched on its own, and read only when first shown. */

class ZoneLayers {
  constructor(map, entries, background) {
    this.map = map;
    this.background = background;
    this.layers = entries.map((entry, place) => ({ entry, place, shapes: null, ids: [], names: [], shown: false }));
    this.highlit = [];
    this.measures = [];
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

  /* Outline the features that a site's findings name, and draw the distances measured; no findings clear them. */
  highlight(findings, sites, rank) {
    this.highlit = [];
    this.measures = [];
    const seen = new Set();
    for (const part of findings) {
      const key = `${part.layer} ${part.feature_id}`;
      const layer = this.layers.find((one) => one.entry.id === part.layer);
      if (!layer || !part.feature_id || seen.has(key)) continue;
      seen.add(key);
      this.load(layer);
      const owner = layer.ids.indexOf(part.feature_id);
      if (owner < 0) continue;
      this.highlit.push({ layer, owner });
      if (part.distance_m > 0 && sites.placed[rank]) {
        this.measures.push({ ...shortest(sites, rank, layer.shapes, owner), text: metres(part.distance_m) });
      }
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
    this.paintVeil(brush, view);
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
    for (const measure of this.measures) paintMeasure(brush, view, measure);
  }

  /* Let the ground beyond the district recede. */
  paintVeil(brush, view) {
    const district = this.layers.find((one) => one.entry.id === "district" && one.shown);
    if (!district) return;
    brush.beginPath();
    brush.rect(-10, -10, view.width + 20, view.height + 20);
    for (let o = 0; o < district.ids.length; o += 1) trace(brush, view, district.shapes, o);
    brush.globalAlpha = 0.6;
    brush.fillStyle = this.background;
    brush.fill("evenodd");
    brush.globalAlpha = 1;
  }

  paintLayer(brush, view, layer) {
    brush.save();
    const district = layer.entry.computed && this.layers.find((one) => one.entry.id === "district" && one.shapes);
    if (district) {
      brush.beginPath();
      for (let o = 0; o < district.ids.length; o += 1) trace(brush, view, district.shapes, o);
      brush.clip("evenodd");
    }
    if (layer.entry.style.merged) this.paintMerged(brush, view, layer);
    else this.paintEach(brush, view, layer);
    brush.restore();
  }

  /* Every feature on its own: features that lie upon each other must not cut each other out. */
  paintEach(brush, view, layer) {
    for (let o = 0; o < layer.ids.length; o += 1) {
      const box = ownerBox(layer.shapes, o);
      if (!box || !meets(view, ...box, 20)) continue;
      brush.beginPath();
      trace(brush, view, layer.shapes, o);
      this.stroke(brush, layer.entry.style);
    }
  }

  /* All features as one ground, whose inner borders do not show: outlines first, then all that lies inside removed. */
  paintMerged(brush, view, layer) {
    const { style } = layer.entry;
    const sheet = document.createElement("canvas");
    const sharp = brush.canvas.width / view.width;
    sheet.width = brush.canvas.width;
    sheet.height = brush.canvas.height;
    const pen = sheet.getContext("2d");
    pen.scale(sharp, sharp);
    this.paintEach(pen, view, { ...layer, entry: { style: { line: style.line, width: style.width * 2, dash: style.dash } } });
    pen.globalCompositeOperation = "destination-out";
    this.paintEach(pen, view, { ...layer, entry: { style: { fill: "#000", line: "transparent", width: 0.01 } } });
    brush.drawImage(sheet, 0, 0, view.width, view.height);
    if (!style.fill) return;
    pen.globalCompositeOperation = "source-over";
    pen.clearRect(0, 0, view.width, view.height);
    this.paintEach(pen, view, { ...layer, entry: { style: { fill: style.fill, line: style.fill, width: 0.6 } } });
    brush.globalAlpha = style.opacity;
    brush.drawImage(sheet, 0, 0, view.width, view.height);
    brush.globalAlpha = 1;
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

/* The shortest line from a site to a feature as drawn; the figure beside it is the one that was computed. */
function shortest(sites, rank, shapes, owner) {
  const from = outline(sites.shapes, rank);
  if (!from.length) from.push([[sites.x[rank], sites.y[rank]]]);
  const to = outline(shapes, owner);
  const best = { gap: Infinity, line: null };
  for (const one of from) for (const other of to) nearer(one, other, best);
  for (const one of to) for (const other of from) nearer(one, other, best);
  return { line: best.line };
}

/* An owner's rings as lists of points. */
function outline(shapes, owner) {
  const rings = [];
  for (let r = shapes.first[owner]; r < shapes.first[owner + 1]; r += 1) {
    const ring = [];
    for (let i = shapes.start[r]; i < shapes.start[r + 1]; i += 1) ring.push([shapes.x[i], shapes.y[i]]);
    rings.push(ring);
  }
  return rings;
}

/* Keep the best line from the points of one ring to the edges of another. */
function nearer(points, ring, best) {
  for (const [px, py] of points) {
    for (let i = 0; i < ring.length; i += 1) {
      const [ax, ay] = ring[i];
      const [bx, by] = ring[Math.min(i + 1, ring.length - 1)];
      const length = (bx - ax) ** 2 + (by - ay) ** 2;
      const along = length ? Math.max(0, Math.min(1, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length)) : 0;
      const x = ax + along * (bx - ax);
      const y = ay + along * (by - ay);
      const gap = (x - px) ** 2 + (y - py) ** 2;
      if (gap < best.gap) {
        best.gap = gap;
        best.line = [px, py, x, y];
      }
    }
  }
}

function paintMeasure(brush, view, { line, text }) {
  const [ax, ay, bx, by] = [0, 1, 2, 3].map((k) => line[k] * view.scale - (k % 2 ? view.top : view.left));
  brush.beginPath();
  brush.moveTo(ax, ay);
  brush.lineTo(bx, by);
  brush.setLineDash([]);
  brush.lineWidth = 4;
  brush.strokeStyle = "rgba(255, 255, 255, 0.9)";
  brush.stroke();
  brush.setLineDash([5, 4]);
  brush.lineWidth = 1.6;
  brush.strokeStyle = "#111827";
  brush.stroke();
  if (Math.hypot(bx - ax, by - ay) < 30) return;
  brush.setLineDash([]);
  brush.font = "600 12px sans-serif";
  const wide = brush.measureText(text).width + 10;
  const [x, y] = [(ax + bx) / 2, (ay + by) / 2];
  brush.fillStyle = "#111827";
  brush.beginPath();
  brush.rect(x - wide / 2, y - 10, wide, 20);
  brush.fill();
  brush.fillStyle = "#FFFFFF";
  brush.fillText(text, x - wide / 2 + 5, y + 4.5);
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
