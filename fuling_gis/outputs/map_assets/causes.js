/* What one rule says of the site that is open: its zones, the line at its distance, and the distance measured. */

// A limit is not drawn once it is so many pixels wide that nobody could see it as a line.
const LIMIT_MOST_PX = 9000;
// A zone is brought into view whole where it ends within so many metres of the site.
const NEAR_GROUND_M = 5000;

// Layers that are drawn as water.
const WATERS = new Set(["river", "reservoir"]);

class Causes {
  constructor(zones) {
    this.zones = zones;
    this.clear();
  }

  clear() {
    this.found = [];
    this.limits = [];
    this.measures = [];
  }

  /* Take the parts of a rule. tone: the colour of its effect; at: the site's place, in world pixels. */
  show(parts, tone, at) {
    this.clear();
    this.tone = tone;
    this.at = at;
    for (const part of parts) this.take(part);
  }

  take(part) {
    const feature = this.zones.feature(part.layer, part.feature_id);
    if (feature && !this.found.some((one) => one.layer === feature.layer && one.owner === feature.owner)) {
      this.found.push({ ...feature, doubtful: part.answer === "maybe" });
    }
    if (feature && part.threshold_m > 0) this.takeLimit(feature, part);
    if (part.line) {
      const name = part.line.name ? `${short(part.line.name, 14)} ` : "";
      this.measures.push({ line: part.line.line, text: `${name}${metres(part.line.m)}`, m: part.line.m });
    }
  }

  takeLimit(feature, part) {
    const same = this.limits.find((one) => one.m === part.threshold_m);
    if (!same) this.limits.push({ m: part.threshold_m, features: [feature], line: part.line });
    else if (!same.features.some((one) => one.layer === feature.layer && one.owner === feature.owner)) same.features.push(feature);
  }

  /* The world box of what is to be seen together: the site, the distances, zones that end nearby. */
  ground(box) {
    const seen = [...box];
    const grow = (x, y) => {
      seen[0] = Math.min(seen[0], x);
      seen[1] = Math.min(seen[1], y);
      seen[2] = Math.max(seen[2], x);
      seen[3] = Math.max(seen[3], y);
    };
    const { x: perMetre } = worldPerMetre(lonLat(box[0], box[1])[1]);
    const reach = NEAR_GROUND_M * perMetre;
    for (const { line, m } of this.measures) if (m <= NEAR_GROUND_M) grow(line[2], line[3]);
    for (const limit of this.limits) if (limit.line && limit.m <= NEAR_GROUND_M) grow(...limitPlace(limit));
    for (const { layer, owner } of this.found) {
      const zone = ownerBox(layer.shapes, owner);
      if (!zone || zone[0] < box[0] - reach || zone[1] < box[1] - reach || zone[2] > box[2] + reach || zone[3] > box[3] + reach) continue;
      grow(zone[0], zone[1]);
      grow(zone[2], zone[3]);
    }
    return seen;
  }

  paint(brush, view) {
    for (const limit of this.limits) this.paintLimit(brush, view, limit, "band");
    const water = (one) => WATERS.has(one.layer.entry.id);
    for (const one of this.found) if (!water(one)) this.paintGround(brush, view, one);
    // Water stays blue under the tints.
    if (this.found.length) for (const layer of this.zones.layers) if (layer.shown && WATERS.has(layer.entry.id)) this.zones.paintLayer(brush, view, layer);
    for (const one of this.found) if (water(one) && one.doubtful) this.paintGround(brush, view, one);
    for (const limit of this.limits) this.paintLimit(brush, view, limit, "line");
    for (const one of this.found) this.paintOutline(brush, view, one);
    // The nearest stands on top.
    for (const measure of [...this.measures].sort((a, b) => b.m - a.m)) paintMeasure(brush, view, measure);
    for (const limit of this.limits) this.paintLimitName(brush, view, limit);
  }

  paintGround(brush, view, { layer, owner, doubtful }) {
    if (layer.shapes.kind[layer.shapes.first[owner]] !== RING) return;
    brush.beginPath();
    trace(brush, view, layer.shapes, owner);
    brush.globalAlpha = doubtful ? 0.7 : 0.17;
    brush.fillStyle = doubtful ? hatch(brush, this.tone, 10, 1.6) : this.tone;
    brush.fill("evenodd");
    brush.globalAlpha = 1;
  }

  paintOutline(brush, view, { layer, owner }) {
    brush.beginPath();
    trace(brush, view, layer.shapes, owner);
    brush.setLineDash([]);
    brush.lineJoin = "round";
    for (const [width, colour] of [[6.5, "rgba(255, 255, 255, 0.9)"], [4, "#333333"], [2.4, this.tone]]) {
      brush.lineWidth = width;
      brush.strokeStyle = colour;
      brush.stroke();
    }
  }

  /* What lies within a rule's distance of its zone: a wide stroke along the outline, or of it only the rim. */
  paintLimit(brush, view, limit, part) {
    const per = worldPerMetre(lonLat(this.at[0], this.at[1])[1]);
    const reach = limit.m * per.x * view.scale;
    if (reach < 3 || reach > LIMIT_MOST_PX) return;
    const ratio = per.y / per.x;
    const outlines = new Path2D();
    for (const { layer, owner } of limit.features) trace(outlines, view, layer.shapes, owner, reach * ratio + 20);
    const path = new Path2D();
    path.addPath(outlines, new DOMMatrix([1, 0, 0, 1 / ratio, 0, 0]));
    const { sheet, pen } = blankSheet(brush, view);
    pen.scale(1, ratio);
    pen.lineJoin = "round";
    pen.lineCap = "round";
    const line = part === "line";
    this.band(pen, path, 2 * reach + (line ? 2 : 0), line ? INK : this.tone);
    pen.globalCompositeOperation = "destination-out";
    if (line) this.band(pen, path, 2 * reach - 2, INK);
    else pen.fill(path, "evenodd");
    brush.globalAlpha = line ? 0.85 : 0.1;
    brush.drawImage(sheet, 0, 0, view.width, view.height);
    brush.globalAlpha = 1;
  }

  band(pen, path, width, colour) {
    pen.strokeStyle = colour;
    pen.fillStyle = colour;
    pen.lineWidth = width;
    pen.stroke(path);
    pen.fill(path, "evenodd");
  }

  /* The distance itself, written on its line where the measured line, made longer, meets it. */
  paintLimitName(brush, view, limit) {
    if (!limit.line) return;
    const [x, y] = limitPlace(limit);
    const px = x * view.scale - view.left;
    const py = y * view.scale - view.top;
    brush.font = `600 12px ${LABEL_FONTS}`;
    brush.textAlign = "center";
    brush.lineJoin = "round";
    brush.lineWidth = 4;
    brush.strokeStyle = "rgba(255, 255, 255, 0.95)";
    brush.fillStyle = INK;
    const text = say("limit", { m: metres(limit.m) });
    const near = Math.hypot(px - (this.at[0] * view.scale - view.left), py - (this.at[1] * view.scale - view.top)) < 40;
    brush.strokeText(text, px, py + (near ? -24 : -7));
    brush.fillText(text, px, py + (near ? -24 : -7));
    brush.textAlign = "start";
  }

  /* What of this the key explains: pairs of a picture and a text. */
  key() {
    const lines = this.found.slice(0, 4).map(({ layer, owner, doubtful }) => {
      const name = layer.names[owner];
      const title = pick(layer.entry.title) || layer.entry.id;
      const style = { line: WATERS.has(layer.entry.id) ? this.tone : "#333333", width: 1.6, fill: doubtful ? null : WATERS.has(layer.entry.id) ? layer.entry.style.fill : this.tone, opacity: 0.45, hatch: doubtful ? 7 : null, hatchLine: this.tone };
      return [layerSwatch(style), placeName(title, short(name, 18))];
    });
    if (this.found.length > 4) lines.push(["", `+${this.found.length - 4}`]);
    for (const { m } of this.limits) lines.push([lineSwatch([], 1.6), say("limit", { m: metres(m) })]);
    if (this.measures.length) lines.push([lineSwatch([5, 3], 2.2), say("measured")]);
    return lines;
  }
}

/* Where the measured line, made longer or shorter, meets the limit: a world point. */
function limitPlace({ line, m }) {
  const [x, y, toX, toY] = line.line;
  return [toX + ((x - toX) / line.m) * m, toY + ((y - toY) / line.m) * m];
}

/* A transparent canvas of the size of another, to be drawn on in its view. */
function blankSheet(brush, view) {
  const sheet = document.createElement("canvas");
  sheet.width = brush.canvas.width;
  sheet.height = brush.canvas.height;
  const pen = sheet.getContext("2d");
  const sharp = brush.canvas.width / view.width;
  pen.scale(sharp, sharp);
  return { sheet, pen };
}

/* A short piece of line, for the key. */
function lineSwatch(dash, width) {
  const picture = make("canvas", "fg-layer-swatch fg-line-swatch");
  picture.width = 52;
  picture.height = 32;
  picture.setAttribute("aria-hidden", "true");
  const pen = picture.getContext("2d");
  pen.scale(2, 2);
  pen.setLineDash(dash);
  pen.lineWidth = width;
  pen.strokeStyle = INK;
  pen.beginPath();
  pen.moveTo(2, 8);
  pen.lineTo(24, 8);
  pen.stroke();
  return picture;
}
