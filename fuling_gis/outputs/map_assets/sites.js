/* The sites on the map: a colour and a sign for each verdict, a ring or hatching where it could be worse. */

// Above so many sites markers are small, and those that worse ones hide are not drawn.
const CROWD = 20000;
// Names are written where at most so many sites are in view; below this zoom only those of the worst verdicts.
const NAMED_MOST = 250;
// Of at most so many places in view it is written how many sites stand there.
const NUMBERED_MOST = 150;
const NAMED_ZOOM = 12.5;
const LOUD = new Set(["prohibited", "exit"]);

class SiteLayer {
  constructor(map, sites, verdicts, colours) {
    this.map = map;
    this.sites = sites;
    this.verdicts = verdicts;
    this.colours = colours;
    this.visible = new Uint8Array(sites.total).fill(1);
    this.selected = -1;
    this.stamps = new Map();
    // By spot: how many visible sites stand there, and the worst of them.
    this.number = new Uint32Array(sites.total);
    this.top = new Int32Array(sites.total);
    this.gather();
    map.createPane("sites").style.zIndex = 450;
    this.pane = new CanvasPane({ pane: "sites", paint: (brush, view) => this.paint(brush, view) });
    this.pane.addTo(map);
  }

  /* Count the visible sites of each place. */
  gather() {
    const { total, placed, spot } = this.sites;
    this.number.fill(0);
    for (let i = total - 1; i >= 0; i -= 1) {
      if (!this.visible[i] || !placed[i]) continue;
      this.number[spot[i]] += 1;
      this.top[spot[i]] = i;
    }
  }

  /* How many visible sites stand at the very place of one. */
  standing(rank) {
    return this.number[this.sites.spot[rank]];
  }

  /* The visible sites at the very place of one, worst first; none where it is not visible itself. */
  among(rank) {
    const { spot, placed, total } = this.sites;
    const found = [];
    if (!this.visible[rank] || !placed[rank]) return found;
    for (let i = spot[rank]; i < total; i += 1) if (spot[i] === spot[rank] && this.visible[i] && placed[i]) found.push(i);
    return found;
  }

  /* The one that is named for all at its place: the open one, else the worst. */
  front(rank) {
    const { spot } = this.sites;
    const open = this.selected >= 0 && this.visible[this.selected] && spot[this.selected] === spot[rank];
    return open ? this.selected : this.top[spot[rank]];
  }

  /* Radius of a marker in pixels: small where there are many and one looks from afar. */
  radius(zoom) {
    const crowd = this.sites.total > CROWD ? 3 : this.sites.total > 2000 ? 4 : 6.5;
    return Math.min(8.5, crowd + Math.max(0, zoom - 11) * 0.9);
  }

  marked(rank) {
    return isMarked(this.verdicts, this.sites.verdict[rank], this.sites.possible[rank]);
  }

  paint(brush, view) {
    const radius = this.radius(view.zoom);
    this.paintShapes(brush, view, 2 * radius);
    const seen = this.inView(view, radius);
    for (let k = seen.length - 1; k >= 0; k -= 1) if (this.uncovered(seen[k])) this.paintMarker(brush, view, seen[k], radius);
    this.paintNames(brush, view, radius);
    if (this.selected >= 0 && this.sites.placed[this.selected]) this.paintSelected(brush, view, radius);
    this.paintNumbers(brush, view, seen, radius);
  }

  /* The sites whose markers are drawn, worst first. In a crowd one that stands nearly under a worse one is left out. */
  inView(view, radius) {
    const { x, y, total, placed } = this.sites;
    const crowded = total > CROWD;
    const cell = crowded ? Math.max(radius, 4) : 1;
    const across = Math.ceil((view.width + 40) / cell);
    const taken = crowded ? new Uint8Array(across * Math.ceil((view.height + 40) / cell)) : null;
    const seen = [];
    for (let i = 0; i < total; i += 1) {
      if (!this.visible[i] || !placed[i] || i === this.selected) continue;
      const px = x[i] * view.scale - view.left;
      const py = y[i] * view.scale - view.top;
      if (px < -20 || py < -20 || px >= view.width + 20 || py >= view.height + 20) continue;
      if (crowded) {
        const k = Math.floor((py + 20) / cell) * across + Math.floor((px + 20) / cell);
        if (taken[k]) continue;
        taken[k] = 1;
      }
      seen.push(i);
    }
    return seen;
  }

  /* Whether a site's own shape is large enough to show by itself that it is marked. */
  large(rank, scale) {
    const { shapes } = this.sites;
    const r = shapes.first[rank];
    if (r === shapes.first[rank + 1]) return false;
    const wide = (shapes.box[r * 4 + 2] - shapes.box[r * 4]) * scale;
    const high = (shapes.box[r * 4 + 3] - shapes.box[r * 4 + 1]) * scale;
    return shapes.kind[r] === RING ? Math.min(wide, high) > 26 : Math.max(wide, high) > 60;
  }

  /* Draw the shapes that are larger than the marker that stands on them. */
  paintShapes(brush, view, least) {
    const { shapes } = this.sites;
    for (let r = shapes.owner.length - 1; r >= 0; r -= 1) {
      const rank = shapes.owner[r];
      if (shapes.first[rank] !== r || !this.visible[rank] || rank === this.selected) continue;
      const box = ownerBox(shapes, rank);
      if (Math.max(box[2] - box[0], box[3] - box[1]) * view.scale < least) continue;
      if (meets(view, ...box, 20)) this.paintShape(brush, view, rank, 1);
    }
  }

  paintShape(brush, view, rank, weight) {
    const verdict = this.verdicts[this.sites.verdict[rank]];
    const areal = this.sites.shapes.kind[this.sites.shapes.first[rank]] === RING;
    brush.beginPath();
    trace(brush, view, this.sites.shapes, rank);
    brush.setLineDash([]);
    if (areal) {
      brush.globalAlpha = 0.62;
      brush.fillStyle = verdict.colour;
      brush.fill("evenodd");
      if (this.marked(rank)) {
        brush.globalAlpha = 0.9;
        brush.fillStyle = hatch(brush, this.colours.mark, 7, 1.3);
        brush.fill("evenodd");
      }
      brush.globalAlpha = 1;
    }
    brush.lineJoin = "round";
    brush.strokeStyle = this.marked(rank) ? this.colours.mark : this.colours.outline;
    brush.lineWidth = (areal ? 1.4 : 6) + weight * (this.marked(rank) ? 0.8 : 0);
    brush.stroke();
    if (!areal) {
      brush.strokeStyle = verdict.colour;
      brush.lineWidth = 3.6;
      brush.stroke();
    }
  }

  paintMarker(brush, view, rank, radius) {
    const px = this.sites.x[rank] * view.scale - view.left;
    const py = this.sites.y[rank] * view.scale - view.top;
    const ring = this.marked(rank) && !this.large(rank, view.scale);
    const stamp = this.stamp(this.sites.verdict[rank], ring, radius, view.sharp);
    // On whole dots and at its own size a picture is copied, not computed.
    const size = stamp.width / view.sharp;
    const left = Math.round((px - size / 2) * view.sharp) / view.sharp;
    const top = Math.round((py - size / 2) * view.sharp) / view.sharp;
    brush.drawImage(stamp, left, top, size, size);
  }

  /* The picture of a marker, drawn once. */
  stamp(verdict, marked, radius, sharp) {
    const key = `${verdict} ${marked} ${radius} ${sharp}`;
    if (!this.stamps.has(key)) this.stamps.set(key, markerPicture(this.verdicts[verdict], marked, radius, this.colours, sharp));
    return this.stamps.get(key);
  }

  /* Whether something is to be seen of a site's marker: its ring, below another one, only where it could be worse than that. */
  uncovered(rank) {
    const front = this.front(rank);
    return rank === front || (this.marked(rank) && this.sites.possible[rank] < this.sites.verdict[front]);
  }

  /* How many sites stand where there are several, at the upper right of their marker; a dot where numbers would hide the markers. */
  paintNumbers(brush, view, seen, radius) {
    const several = new Set();
    for (const rank of [this.selected, ...seen]) if (rank >= 0 && this.standing(rank) > 1) several.add(this.sites.spot[rank]);
    const dense = several.size > NUMBERED_MOST;
    for (const spot of [...several].reverse()) {
      const rank = this.front(spot);
      const beside = 0.75 * (rank === this.selected ? radius + 9 : radius);
      const text = dense ? "" : count(this.number[spot]);
      const key = `number ${text} ${view.sharp}`;
      if (!this.stamps.has(key)) this.stamps.set(key, numberPicture(text, view.sharp));
      const stamp = this.stamps.get(key);
      const [wide, high] = [stamp.width / view.sharp, stamp.height / view.sharp];
      const over = dense ? high / 2 : 4;
      const px = this.sites.x[rank] * view.scale - view.left + beside - over;
      const py = this.sites.y[rank] * view.scale - view.top - beside - high + over;
      brush.drawImage(stamp, Math.round(px * view.sharp) / view.sharp, Math.round(py * view.sharp) / view.sharp, wide, high);
    }
  }

  /* Names beside the markers: of all where few are in view, from afar of those that a rule forbids or lets not stay. */
  paintNames(brush, view, radius) {
    const seen = [];
    for (let i = 0; i < this.sites.total && seen.length <= NAMED_MOST; i += 1) {
      if (!this.visible[i] || !this.sites.placed[i] || this.front(i) !== i) continue;
      if (meets(view, this.sites.x[i], this.sites.y[i], this.sites.x[i], this.sites.y[i], 0)) seen.push(i);
    }
    if (seen.length > NAMED_MOST) return;
    brush.font = `12px ${LABEL_FONTS}`;
    const taken = [...this.boxOfKey(view), ...seen.map((rank) => this.boxOf(view, rank, radius + 2))];
    const afar = view.zoom < NAMED_ZOOM;
    for (const rank of seen) {
      if (!afar || rank === this.selected || LOUD.has(this.verdicts[this.sites.verdict[rank]].id)) this.paintName(brush, view, rank, radius, taken);
    }
  }

  /* The box of the key that lies on the map, in pixels of the drawing; none where there is no key. */
  boxOfKey(view) {
    const key = document.querySelector(".fg-key");
    if (!key || key.hidden) return [];
    const [box, map] = [key.getBoundingClientRect(), this.map.getContainer().getBoundingClientRect()];
    const [left, top] = [MARGIN * view.width - map.left, MARGIN * view.height - map.top];
    return box.width ? [[box.left + left, box.top + top, box.right + left, box.bottom + top]] : [];
  }

  /* A marker's box in pixels: west, north, east, south. */
  boxOf(view, rank, reach) {
    const px = this.sites.x[rank] * view.scale - view.left;
    const py = this.sites.y[rank] * view.scale - view.top;
    return [px - reach, py - reach, px + reach, py + reach];
  }

  /* Write a name right or left of its marker, where nothing else stands. */
  paintName(brush, view, rank, radius, taken) {
    const name = short(siteName(this.sites, rank), 14);
    const n = this.standing(rank);
    const text = n > 1 ? say("name_of_several", { name, n: count(n) }) : name;
    const beside = rank === this.selected ? radius + 16 : radius + 6;
    const px = this.sites.x[rank] * view.scale - view.left;
    const py = this.sites.y[rank] * view.scale - view.top;
    const wide = brush.measureText(text).width;
    const [left, right] = [MARGIN * view.width, (1 - MARGIN) * view.width];
    const within = (x) => px < left || px > right || (x > left + 4 && x + wide < right - 4);
    const open = (x) => within(x) && !taken.some((t) => x < t[2] && x + wide > t[0] && py - 7 < t[3] && py + 7 > t[1]);
    const free = [px + beside, px - beside - wide].find(open);
    if (free === undefined) return;
    taken.push([free, py - 7, free + wide, py + 7]);
    brush.lineWidth = 3.5;
    brush.lineJoin = "round";
    brush.strokeStyle = "rgba(255, 255, 255, 0.92)";
    brush.strokeText(text, free, py + 4);
    brush.fillStyle = "#1F2933";
    brush.fillText(text, free, py + 4);
  }

  paintSelected(brush, view, radius) {
    const rank = this.selected;
    const px = this.sites.x[rank] * view.scale - view.left;
    const py = this.sites.y[rank] * view.scale - view.top;
    if (ownerBox(this.sites.shapes, rank)) this.paintShape(brush, view, rank, 2);
    if (!this.large(rank, view.scale)) this.paintHalo(brush, px, py, radius + 9);
    this.paintMarker(brush, view, rank, Math.max(radius, 7));
  }

  paintHalo(brush, px, py, radius) {
    brush.beginPath();
    brush.setLineDash([]);
    brush.arc(px, py, radius, 0, 2 * Math.PI);
    brush.lineWidth = 6;
    brush.strokeStyle = "rgba(255, 255, 255, 0.9)";
    brush.stroke();
    brush.lineWidth = 2.5;
    brush.strokeStyle = "#111827";
    brush.stroke();
  }

  /* The ranks of the visible sites at a container point, worst first. */
  at(point) {
    const scale = 2 ** this.map.getZoom();
    const origin = this.map.getPixelOrigin().add(this.map.containerPointToLayerPoint(point));
    const px = origin.x / scale;
    const py = origin.y / scale;
    const reach = (this.radius(this.map.getZoom()) + 4) / scale;
    const found = [];
    for (let i = 0; i < this.sites.total; i += 1) {
      if (!this.visible[i] || !this.sites.placed[i]) continue;
      const dx = this.sites.x[i] - px;
      const dy = this.sites.y[i] - py;
      if (dx * dx + dy * dy <= reach * reach || hits(this.sites.shapes, i, px, py, 4 / scale)) found.push(i);
    }
    return found;
  }
}

/* Whether `possible` is worse than the verdict; a rejected row never is. Places follow the order of the list. */
function isMarked(verdicts, verdict, possible) {
  return verdicts[verdict].id !== "rejected" && possible < verdict;
}

function siteName(sites, rank) {
  return sites.name[rank] || sites.site_id[rank] || say("row", { row: sites.row[rank] });
}

function short(text, length) {
  const letters = [...text];
  return letters.length > length ? `${letters.slice(0, length).join("")}…` : text;
}
