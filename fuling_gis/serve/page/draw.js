/* Drawing of a point, a line or an area on the map, with mouse, finger or keys, and changing it afterwards. */
"use strict";

// Pixels within which a click on the first corner closes an area.
const CLOSE_PX = 12;
const DEGREES = 7;
// Metres off a straight line within which a point is not a corner.
const STRAIGHT_M = 0.5;
const KINDS = { Point: "point", LineString: "line", Polygon: "polygon" };

class Draw {
  constructor(ground, onDone) {
    this.ground = ground;
    this.map = ground.map;
    this.onDone = onDone;
    this.kind = null;
    this.at = [];
    this.layer = L.layerGroup().addTo(this.map);
    this.handles = L.layerGroup().addTo(this.map);
    this.map.on("click", (event) => this.clicked(event));
    this.map.on("mousemove", (event) => this.moved(event.latlng));
    this.map.on("dblclick", () => this.finish());
    document.addEventListener("keydown", (event) => this.key(event));
    byId("hint-finish").addEventListener("click", () => this.finish());
    byId("hint-undo").addEventListener("click", () => this.undo());
    byId("hint-cancel").addEventListener("click", () => this.stop());
  }

  get active() {
    return this.kind !== null;
  }

  start(kind) {
    this.stop();
    this.kind = kind;
    this.map.getContainer().classList.add("drawing");
    this.map.closePopup();
    this.paint();
    document.dispatchEvent(new Event("drawing"));
  }

  stop() {
    this.kind = null;
    this.at = [];
    this.cursor = null;
    this.layer.clearLayers();
    this.map.getContainer().classList.remove("drawing");
    byId("hint").hidden = true;
    document.dispatchEvent(new Event("drawing"));
  }

  clicked({ latlng, containerPoint }) {
    if (!this.active) return;
    if (this.kind === "point") {
      this.at = [latlng];
      this.finish();
      return;
    }
    if (this.kind === "polygon" && this.at.length > 2 && this.map.latLngToContainerPoint(this.at[0]).distanceTo(containerPoint) < CLOSE_PX) {
      this.finish();
      return;
    }
    // The second click of a double one falls on the corner just made.
    const last = this.at[this.at.length - 1];
    if (last && this.map.latLngToContainerPoint(last).distanceTo(containerPoint) < 3) return;
    this.at.push(latlng);
    this.paint();
  }

  moved(latlng) {
    if (!this.active || this.kind === "point") return;
    this.cursor = latlng;
    this.paint();
  }

  key(event) {
    if (!this.active || event.target.closest("input, textarea, select")) return;
    if (event.key === "Escape") this.stop();
    else if (event.key === "Enter" && !event.target.closest("button, summary, a")) this.finish();
    else if (event.key === "Backspace") this.undo();
    else return;
    event.preventDefault();
  }

  undo() {
    this.at.pop();
    this.paint();
  }

  finish() {
    const least = { point: 1, line: 2, polygon: 3 }[this.kind];
    if (!this.active || this.at.length < least) return;
    const geometry = geometryOf(this.kind, this.at.map((one) => [round(one.lng), round(one.lat)]));
    this.stop();
    this.onDone(geometry);
    this.change(geometry);
  }

  /* Give the corners of a drawn shape handles to drag. */
  change(geometry) {
    this.handles.clearLayers();
    if (!geometry) return;
    const places = placesOf(geometry);
    if (places.length > 60) return;
    places.forEach((place, number) => {
      const icon = L.divIcon({ className: geometry.type === "Point" ? "handle handle-point" : "handle", iconSize: [14, 14] });
      const handle = L.marker([place[1], place[0]], { icon, draggable: true, keyboard: false, pane: "draw" }).addTo(this.handles);
      handle.on("dragend", () => {
        const { lng, lat } = handle.getLatLng();
        const moved = places.map((one, other) => (other === number ? [round(lng), round(lat)] : one));
        const changed = geometryOf(KINDS[geometry.type], moved);
        this.onDone(changed);
        this.change(changed);
      });
    });
  }

  paint() {
    this.layer.clearLayers();
    const at = this.cursor && this.at.length ? [...this.at, this.cursor] : this.at;
    const crossing = this.kind === "polygon" && crosses(at);
    const style = { pane: "draw", interactive: false, color: crossing ? "#b00020" : "#1f4e79", weight: 2.5, dashArray: "6 4", fillOpacity: 0.15 };
    if (this.kind === "polygon" && at.length > 2) L.polygon(at, style).addTo(this.layer);
    else if (at.length > 1) L.polyline(at, style).addTo(this.layer);
    this.at.forEach((one, place) => L.circleMarker(one, { pane: "draw", interactive: false, radius: place ? 4 : 6, color: style.color, weight: 2, fillColor: "#fff", fillOpacity: 1 }).addTo(this.layer));
    const size = at.length > 1 ? sizeOf(this.kind, at) : "";
    byId("hint-text").textContent = [say(crossing ? "hint_crossing" : `hint_${this.kind}`), size].filter(Boolean).join(" · ");
    byId("hint").classList.toggle("warn", crossing);
    byId("hint").hidden = !this.active;
    byId("hint-finish").hidden = this.kind === "point";
    byId("hint-undo").hidden = !this.at.length;
  }
}

function round(value) {
  return Number(value.toFixed(DEGREES));
}

function geometryOf(kind, places) {
  if (kind === "point") return { type: "Point", coordinates: places[0] };
  if (kind === "line") return { type: "LineString", coordinates: places };
  return { type: "Polygon", coordinates: [[...places, places[0]]] };
}

function placesOf(geometry) {
  if (geometry.type === "Point") return [geometry.coordinates];
  return geometry.type === "LineString" ? geometry.coordinates : geometry.coordinates[0].slice(0, -1);
}

/* A geometry of the server's with its corners alone, which can be dragged; null where it is not of one piece. Sides that
   were moved have points between their ends, which are a hand's breadth off the straight line at the most. */
function cornered(geometry) {
  const rings = geometry && geometry.type === "Polygon" ? geometry.coordinates.length : 1;
  if (!geometry || !(geometry.type in KINDS) || rings > 1) return null;
  const places = placesOf(geometry);
  const closed = geometry.type === "Polygon";
  const kept = [];
  places.forEach((place, number) => {
    const last = number === places.length - 1;
    const before = kept.length ? kept[kept.length - 1] : closed ? places[places.length - 1] : null;
    const after = last ? (closed ? places[0] : null) : places[number + 1];
    if (!before || !after || offMetres(place, before, after) > STRAIGHT_M) kept.push(place);
  });
  return kept.length < (closed ? 3 : 1) ? null : geometryOf(KINDS[geometry.type], kept);
}

/* How far a place is from the line through two others, near enough for a few metres. */
function offMetres(place, one, other) {
  const east = Math.cos((place[1] * Math.PI) / 180) * 111320;
  const plane = (at) => [(at[0] - place[0]) * east, (at[1] - place[1]) * 110900];
  const [[a, b], [c, d]] = [plane(one), plane(other)];
  const length = Math.hypot(c - a, d - b);
  return length ? Math.abs(a * d - b * c) / length : Math.hypot(a, b);
}

/* Whether the outline through some places crosses itself. */
function crosses(at) {
  const n = at.length;
  if (n < 4) return false;
  const side = (a, b, c) => Math.sign((b.lng - a.lng) * (c.lat - a.lat) - (b.lat - a.lat) * (c.lng - a.lng));
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      if (j === i + 1 || (i === 0 && j === n - 1)) continue;
      const [a, b, c, d] = [at[i], at[(i + 1) % n], at[j], at[(j + 1) % n]];
      if (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) return true;
    }
  }
  return false;
}

/* Length or area on the ground, for the eye; the verdict uses the server's own. */
function sizeOf(kind, at) {
  const east = Math.cos((at[0].lat * Math.PI) / 180) * 111320;
  const plane = at.map((one) => [one.lng * east, one.lat * 110900]);
  if (kind === "line" || plane.length < 3) {
    let length = 0;
    for (let i = 1; i < plane.length; i++) length += Math.hypot(plane[i][0] - plane[i - 1][0], plane[i][1] - plane[i - 1][1]);
    return `≈ ${metres(length)}`;
  }
  let twice = 0;
  plane.forEach(([x, y], i) => {
    const [u, v] = plane[(i + 1) % plane.length];
    twice += x * v - u * y;
  });
  return `≈ ${squareMetres(Math.abs(twice) / 2)}`;
}

// A typed angle: its side before or behind, degrees, and perhaps minutes and seconds.
const ANGLE = String.raw`([NSEW]|北纬|南纬|东经|西经)?\s*([-+]?\d+(?:\.\d+)?)(?:\s*[°度](?:\s*(\d+(?:\.\d+)?)\s*['分](?:\s*(\d+(?:\.\d+)?)\s*(?:"|''|秒)?)?)?)?\s*([NSEW])?`;
const PAIR = new RegExp(`^${ANGLE}\\s*[,;\\s]\\s*${ANGLE}$`, "i");

/* Read an angle's parts as degrees, with what it says that it is; null where they are none. */
function angle([head, degrees, minutes, seconds, tail]) {
  if (head && tail) return null;
  const side = (head || tail || "").toUpperCase();
  const [d, m, s] = [Math.abs(Number(degrees)), Number(minutes || 0), Number(seconds || 0)];
  if (m >= 60 || s >= 60 || (minutes !== undefined && d % 1) || (seconds !== undefined && m % 1)) return null;
  const negative = degrees.startsWith("-") !== ["S", "W", "南纬", "西经"].includes(side);
  const value = round(d + m / 60 + s / 3600);
  return { value: negative ? -value : value, lat: /^[NS北南]/.test(side), lon: /^[EW东西]/.test(side) };
}

/* Read a line as longitude and latitude; null where it is none. Latitude may stand first where it says what it is. */
function readPair(line, number) {
  const text = line.replace(/[″“”]/g, '"').replace(/[′‘’]/g, "'").replace(/[º˚]/g, "°").normalize("NFKC").trim();
  const found = text.match(PAIR);
  const [one, other] = found ? [angle(found.slice(1, 6)), angle(found.slice(6, 11))] : [null, null];
  if (!one || !other || (one.lat && other.lat) || (one.lon && other.lon)) return null;
  const said = one.lat || one.lon || other.lat || other.lon;
  const [lon, lat] = one.lat || other.lon ? [other.value, one.value] : [one.value, other.value];
  // In China the two cannot be taken for each other.
  if (!said && lon >= 3 && lon <= 54 && lat >= 73 && lat <= 136) throw new Refused(say("type_swapped", { line: number, text: `${lat},${lon}` }));
  return Math.abs(lon) > 180 || Math.abs(lat) > 90 ? null : [lon, lat];
}

// Typed metres of a plane system, each perhaps behind its letter.
const METRE = String.raw`(?:[XYNE东北]\s*[=:]?)?\s*(\d{6,8}(?:\.\d+)?)`;
const METRES = new RegExp(`^${METRE}\\s*[,;\\s]\\s*${METRE}$`, "i");

/* Read a line as easting and northing in metres, in either order; null where it is none. In China no easting, with the
   number of its zone before it or without, is among the northings. */
function readMetres(line) {
  const found = line.normalize("NFKC").trim().match(METRES);
  if (!found) return null;
  const pair = [Number(found[1]), Number(found[2])];
  const north = pair.map((one) => one > 1.9e6 && one < 6.1e6);
  return north[0] === north[1] ? null : north[0] ? pair.reverse() : pair;
}

/* Name the CGCS2000 system whose zone an easting begins with, of 3 degrees or of 6; nothing where it begins with none. */
function zoneSystems([easting]) {
  const zone = Math.floor(easting / 1e6);
  if (zone >= 25 && zone <= 45) return [`EPSG:${4513 + zone - 25}`];
  return zone >= 13 && zone <= 23 ? [`EPSG:${4491 + zone - 13}`] : [];
}

/* Read typed coordinates, a pair a line, all of degrees or all of metres; throws a sentence where a line is none. */
function readPlaces(text) {
  const places = [];
  let metres = null;
  text.split(/\n/).forEach((line, place) => {
    if (!line.trim()) return;
    const plane = metres === false ? null : readMetres(line);
    const pair = plane || (metres ? null : readPair(line, place + 1));
    metres = Boolean(plane);
    if (!pair) throw new Refused(say("type_bad", { line: place + 1, text: line.trim().slice(0, 40) }));
    places.push(pair);
  });
  const last = places[places.length - 1];
  if (places.length > 3 && last[0] === places[0][0] && last[1] === places[0][1]) places.pop();
  if (!places.length) throw new Refused(say("type_bad", { line: 1, text: "" }));
  return { geometry: geometryOf(places.length === 1 ? "point" : places.length === 2 ? "line" : "polygon", places), metres };
}
