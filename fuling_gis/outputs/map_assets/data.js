/* The data of the page: read from its blocks, decoded into arrays, details opened one packet at a time. */

/* Marks that turn the text after them round, with which a name reads as another one, and control characters. */
const UNWANTED = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u007f-\u009f]/g;
/* An escape of JSON, and those that write a control character; the ones that break lines are kept. */
const ESCAPE = /\\(u[0-9a-f]{4}|.)/g;
const CONTROL = /^(b|u00[01][0-9a-f])$/;

function cleaned(text) {
  return text.replace(UNWANTED, "").replace(ESCAPE, (whole, code) => (CONTROL.test(code) ? "" : whole));
}

function readBlock(id) {
  const node = document.getElementById(id);
  if (!node) return null;
  const value = JSON.parse(cleaned(node.textContent));
  node.remove();
  return value;
}

/* Web Mercator, in pixels of a world that is 256 wide. */
function worldX(lon) {
  return ((lon + 180) / 360) * 256;
}

function worldY(lat) {
  const sine = Math.sin((lat * Math.PI) / 180);
  return 128 - (Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256;
}

function lonLat(x, y) {
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - y / 128))) * 180) / Math.PI;
  return [(x / 256) * 360 - 180, lat];
}

/* Decode differences of millionths of a degree into world coordinates. */
function decodePoints(flat) {
  const total = flat.length / 2;
  const x = new Float64Array(total);
  const y = new Float64Array(total);
  let lon = 0;
  let lat = 0;
  for (let i = 0; i < total; i += 1) {
    lon += flat[2 * i];
    lat += flat[2 * i + 1];
    x[i] = worldX(lon / 1e6);
    y[i] = worldY(lat / 1e6);
  }
  return { x, y };
}

const LINE = 1;
const RING = 2;

/* Decode shapes: rings with their boxes, and for each owner the run of its rings. */
function decodeShapes(block, owners) {
  const { x, y } = decodePoints(block.xy);
  const rings = block.size.length;
  const start = new Uint32Array(rings + 1);
  const box = new Float64Array(rings * 4);
  const first = new Uint32Array(owners + 1);
  for (let r = 0; r < rings; r += 1) {
    start[r + 1] = start[r] + block.size[r];
    first[block.owner[r] + 1] += 1;
    box.set(boxOf(x, y, start[r], start[r + 1]), r * 4);
  }
  for (let o = 0; o < owners; o += 1) first[o + 1] += first[o];
  return { x, y, start, box, first, owner: block.owner, kind: block.kind };
}

function boxOf(x, y, from, to) {
  let west = Infinity;
  let north = Infinity;
  let east = -Infinity;
  let south = -Infinity;
  for (let i = from; i < to; i += 1) {
    if (x[i] < west) west = x[i];
    if (x[i] > east) east = x[i];
    if (y[i] < north) north = y[i];
    if (y[i] > south) south = y[i];
  }
  return [west, north, east, south];
}

/* The box of all rings of an owner; null where it has none. */
function ownerBox(shapes, owner) {
  const from = shapes.first[owner];
  const to = shapes.first[owner + 1];
  if (from === to) return null;
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let r = from; r < to; r += 1) {
    box[0] = Math.min(box[0], shapes.box[r * 4]);
    box[1] = Math.min(box[1], shapes.box[r * 4 + 1]);
    box[2] = Math.max(box[2], shapes.box[r * 4 + 2]);
    box[3] = Math.max(box[3], shapes.box[r * 4 + 3]);
  }
  return box;
}

/* Whether a world point lies in an owner's rings (even-odd), or within `reach` of its lines and points. */
function hits(shapes, owner, px, py, reach) {
  let inside = false;
  for (let r = shapes.first[owner]; r < shapes.first[owner + 1]; r += 1) {
    const b = r * 4;
    if (px < shapes.box[b] - reach || px > shapes.box[b + 2] + reach) continue;
    if (py < shapes.box[b + 1] - reach || py > shapes.box[b + 3] + reach) continue;
    if (shapes.kind[r] === RING) {
      if (crosses(shapes, r, px, py)) inside = !inside;
    } else if (nearLine(shapes, r, px, py, reach)) return true;
  }
  return inside;
}

function crosses(shapes, ring, px, py) {
  const { x, y, start } = shapes;
  let odd = false;
  for (let i = start[ring], j = start[ring + 1] - 1; i < start[ring + 1]; j = i, i += 1) {
    if (y[i] > py !== y[j] > py && px < ((x[j] - x[i]) * (py - y[i])) / (y[j] - y[i]) + x[i]) odd = !odd;
  }
  return odd;
}

function nearLine(shapes, ring, px, py, reach) {
  const { x, y, start } = shapes;
  for (let i = start[ring]; i < start[ring + 1]; i += 1) {
    const j = Math.min(i + 1, start[ring + 1] - 1);
    const dx = x[j] - x[i];
    const dy = y[j] - y[i];
    const length = dx * dx + dy * dy;
    const along = length ? Math.max(0, Math.min(1, ((px - x[i]) * dx + (py - y[i]) * dy) / length)) : 0;
    if (Math.hypot(x[i] + along * dx - px, y[i] + along * dy - py) <= reach) return true;
  }
  return false;
}

/* The sites, by rank: worst first. */
function loadSites() {
  const block = readBlock("fg-sites");
  const total = block.row.length;
  const anchors = decodePoints(block.x_y);
  const placed = new Uint8Array(total).fill(1);
  for (const rank of block.unplaced) placed[rank] = 0;
  const shapes = decodeShapes(block.shapes, total);
  delete block.x_y;
  delete block.shapes;
  return { ...block, total, x: anchors.x, y: anchors.y, placed, shapes, spot: spots(anchors, placed) };
}

/* For every site the first one that stands at the very same place. */
function spots({ x, y }, placed) {
  const found = new Map();
  return Uint32Array.from(placed, (stands, i) => {
    if (!stands) return i;
    const key = `${x[i]} ${y[i]}`;
    if (!found.has(key)) found.set(key, i);
    return found.get(key);
  });
}

const packets = new Map();

/* Everything known of one site; null where the page carries no details of it. */
function detailsOf(sites, rank) {
  if (rank >= sites.detailed) return null;
  const k = Math.floor(rank / sites.packet);
  if (!packets.has(k)) {
    const packet = readBlock(`fg-detail-${k}`);
    const ends = [0];
    for (const number of packet.number) ends.push(ends[ends.length - 1] + number);
    packets.set(k, { ...packet, ends, lines: linesOf(packet.line) });
  }
  const packet = packets.get(k);
  const place = rank % sites.packet;
  const findings = [];
  for (let f = packet.ends[place]; f < packet.ends[place + 1]; f += 1) {
    findings.push({ ...entryAt(packet.finding, packet.words, f, FINDING_TEXTS), line: packet.lines.get(f) || null });
  }
  return { ...entryAt(packet.site, packet.words, place, SITE_TEXTS), findings };
}

/* The measured distances of a packet by the place of their finding: both ends in world pixels, metres, name. */
function linesOf(block) {
  const { x, y } = decodePoints(block.xy);
  const entry = (k) => ({ line: [x[2 * k], y[2 * k], x[2 * k + 1], y[2 * k + 1]], m: block.m[k], name: block.name[k] });
  return new Map(block.finding.map((place, k) => [place, entry(k)]));
}

const SITE_TEXTS = new Set(
  "source activity nature unchecked_by depends_on units units_maybe status problem".split(" "),
);
const FINDING_TEXTS = new Set(
  ("rule_id effect answer cause predicate part_answer layer feature_id feature_name readings exemption").split(" "),
);

function entryAt(columns, words, place, texts) {
  const entry = {};
  for (const name of Object.keys(columns)) {
    const value = columns[name][place];
    entry[name] = texts.has(name) ? words[value] : value;
  }
  return entry;
}

/* The parts of a text that joins several with `;`. */
function listed(text) {
  return text ? text.split(";").map((part) => part.trim()).filter(Boolean) : [];
}
