/* The layers under the sites: drawn quietly, each switched on its own, and read only when first shown. */

class ZoneLayers {
  constructor(map, entries, background) {
    this.map = map;
    this.background = background;
    this.layers = entries.map((entry, place) => ({ entry, place, shapes: null, ids: [], names: [], shown: false }));
    this.causes = new Causes(this);
    this.graticule = entries.length === 0;
    map.createPane("zones").style.zIndex = 350;
    this.pane = new CanvasPane({ pane: "zones", paint: (brush, view) => this.paint(brush, view) });
    for (const layer of this.layers) if (layer.entry.style.shown) this.show(layer, true);
    this.pane.addTo(map);
  }

  load(layer) {
    if (layer.shapes) return;
    const block = readBlock(`fg-zone-${layer.place}`);
    if (block.picture) this.loadPicture(layer, block);
    layer.shapes = decodeShapes(block, block.id.length);
    layer.ids = block.id;
    layer.names = block.name;
    layer.classes = block.class || null;
  }

  /* A layer of cells comes as one picture in the map's own projection. */
  loadPicture(layer, block) {
    layer.box = [worldX(block.west), worldY(block.north), worldX(block.east), worldY(block.south)];
    layer.picture = new Image();
    layer.picture.onload = () => this.pane && this.pane._map && this.pane.redraw();
    layer.picture.src = block.picture;
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

  /* A feature of a layer by its id, as `{ layer, owner }`; null where it is not drawn. */
  feature(layerId, featureId) {
    const layer = this.layers.find((one) => one.entry.id === layerId);
    if (!layer || !featureId) return null;
    this.load(layer);
    const owner = layer.ids.indexOf(featureId);
    return owner < 0 ? null : { layer, owner };
  }

  /* Whether anything of a rule's parts can be drawn. */
  shows(parts) {
    return parts.some((part) => part.line || this.layers.some((one) => one.entry.id === part.layer && part.feature_id));
  }

  /* What the shown pictures tell of a world point; they are drawn in the district alone, where there is one. */
  told(px, py) {
    const district = this.layers.find((one) => one.entry.id === "district" && one.shapes);
    if (district && !district.ids.some((_, o) => hits(district.shapes, o, px, py, 0))) return [];
    return this.layers.filter((one) => one.shown && one.picture).map((layer) => ({ layer, told: readPicture(layer, px, py) }));
  }

  /* The features of the shown layers at a world point, top first. */
  at(px, py, reach) {
    const found = [];
    for (const layer of [...this.layers].reverse()) {
      if (!layer.shown) continue;
      for (let o = 0; o < layer.ids.length; o += 1) {
        if (hits(layer.shapes, o, px, py, reach)) found.push({ title: layer.entry.title, name: layer.names[o], kind: classOf(layer, o) });
      }
    }
    return found;
  }

  paint(brush, view) {
    for (const layer of this.layers) if (layer.shown) this.paintLayer(brush, view, layer);
    this.paintVeil(brush, view);
    if (this.graticule) paintGraticule(brush, view);
    this.causes.paint(brush, view);
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
    const style = styleAt(layer.entry.style, view.zoom);
    if (layer.picture) paintPicture(brush, view, layer);
    else if (style.merged) this.paintMerged(brush, view, layer, style);
    else this.paintEach(brush, view, layer, style);
    brush.restore();
  }

  /* Every feature on its own: features that lie upon each other must not cut each other out. */
  paintEach(brush, view, layer, style) {
    for (let o = 0; o < layer.ids.length; o += 1) {
      const box = ownerBox(layer.shapes, o);
      if (!box || !meets(view, ...box, 20)) continue;
      brush.beginPath();
      trace(brush, view, layer.shapes, o, 20, style.point);
      this.stroke(brush, styleOf(layer, o, style, view.zoom));
    }
  }

  /* All features as one ground, whose inner borders do not show: outlines first, then all that lies inside removed. */
  paintMerged(brush, view, layer, style) {
    const { sheet, pen } = blankSheet(brush, view);
    this.paintEach(pen, view, layer, { line: style.line, width: style.width * 2, dash: style.dash });
    pen.globalCompositeOperation = "destination-out";
    this.paintEach(pen, view, layer, { fill: "#000", line: "transparent", width: 0.01 });
    brush.drawImage(sheet, 0, 0, view.width, view.height);
    if (!style.fill) return;
    pen.globalCompositeOperation = "source-over";
    pen.clearRect(0, 0, view.width, view.height);
    this.paintEach(pen, view, layer, { fill: style.fill, line: style.fill, width: 0.6 });
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
      brush.globalAlpha = style.hatchLine ? 1 : 0.55;
      brush.fillStyle = hatch(brush, style.hatchLine || style.line, style.hatch, style.hatchLine ? 1.6 : 0.9, style.pattern);
      brush.fill("evenodd");
    }
    brush.globalAlpha = 1;
    brush.strokeStyle = style.line;
    brush.lineWidth = style.width;
    brush.setLineDash(style.dash || []);
    brush.stroke();
  }
}

/* The class of a feature; null in a layer that is drawn alike. */
function classOf(layer, owner) {
  return layer.classes ? layer.entry.classes[layer.classes[owner]] : null;
}

/* The style of a feature: that of its class; a line has no ground to fill. */
function styleOf(layer, owner, style, zoom) {
  const found = classOf(layer, owner);
  const own = found ? styleAt(found.style, zoom) : style;
  const { shapes } = layer;
  if (shapes.kind[shapes.first[owner]] !== LINE || !own.fill) return own;
  return { ...own, fill: null, hatch: null, width: own.width + 1 };
}

/* A layer's style seen from afar: thinner lines, and no dashes that would run into each other. */
function styleAt(style, zoom) {
  if (zoom >= 9.75 || style.opacity === 1) return style;
  return { ...style, width: style.width * 0.6, dash: null };
}
