/* Where the map opens: so that neither a site nor the district lies under the key, the tools or a panel. */

// Pixels kept free around what is fitted, beside what covers the map, and around a site.
const AIR_PX = 24;
const BESIDE_PX = 10;
const SITE_PX = 13;
// What is fitted has at least so much of the map's width and of its height.
const FREE_LEAST = 0.45;
const OPENING_MOST_ZOOM = 15;
// What may lie over the map.
const COVERS = ".fg-key, .leaflet-control-scale, .fg-tools, .fg-layer-panel, .fg-details";

class View {
  constructor(page) {
    this.page = page;
    this.map = page.map;
    this.seen = null;
    // While it is held the map stays where it stands.
    this.held = false;
  }

  /* Show the whole; what covers least goes before what is larger. */
  home() {
    const best = this.best();
    this.map.setView(best.centre, best.zoom, { animate: false });
    this.seen = best;
  }

  /* Show the whole again, where nobody has moved the map since. */
  again() {
    if (!this.held && this.untouched()) this.home();
  }

  leave() {
    this.seen = null;
  }

  untouched() {
    if (!this.seen || this.page.paper.seen || this.map.getZoom() !== this.seen.zoom) return false;
    const [now, then] = [this.map.getCenter(), this.seen.centre].map((one) => this.map.project(one, this.seen.zoom));
    return now.distanceTo(then) < 3;
  }

  best() {
    const covers = this.covers();
    let found = null;
    for (const one of this.choices(covers)) {
      one.hidden = this.hidden(one, covers);
      if (!found || one.hidden < found.hidden) found = one;
      if (!found.hidden) break;
    }
    return found;
  }

  /* What lies over the map, as boxes in its pixels: west, north, east, south. */
  covers() {
    const frame = this.map.getContainer().getBoundingClientRect();
    const found = [];
    for (const node of document.querySelectorAll(COVERS)) {
      const box = node.getBoundingClientRect();
      const [west, north] = [Math.max(box.left - frame.left, 0), Math.max(box.top - frame.top, 0)];
      const [east, south] = [Math.min(box.right - frame.left, frame.width), Math.min(box.bottom - frame.top, frame.height)];
      if (east > west && south > north) found.push([west, north, east, south]);
    }
    return found;
  }

  /* The ways to keep clear of what covers the map, each beside it or above or below it, nearest view first. */
  choices(covers) {
    const { x: wide, y: high } = this.map.getSize();
    let sides = [[AIR_PX, AIR_PX, AIR_PX, AIR_PX]];
    for (const [west, north, east, south] of covers) {
      const along = west + east < wide ? [0, east] : [2, wide - west];
      const up = north + south < high ? [1, south] : [3, high - north];
      const grown = [along, up].flatMap(([side, px]) => sides.map((one) => Object.assign([...one], { [side]: Math.max(one[side], px + BESIDE_PX) })));
      sides = [...new Map([...sides, ...grown].map((one) => [one.join(), one])).values()];
    }
    const free = ([west, north, east, south]) => wide - west - east >= FREE_LEAST * wide && high - north - south >= FREE_LEAST * high;
    const [first, ...others] = sides;
    return [first, ...others.filter(free)].map((one) => this.fitted(one)).sort((a, b) => b.zoom - a.zoom);
  }

  /* Zoom and middle at which the opening fills what the sides leave free. */
  fitted([west, north, east, south]) {
    const { opening } = this.page.run;
    const bounds = L.latLngBounds([[opening[1], opening[0]], [opening[3], opening[2]]]);
    const near = this.map.getBoundsZoom(bounds, false, L.point(west + east, north + south));
    const zoom = Math.min(near || this.map.getMinZoom(), OPENING_MOST_ZOOM);
    const [a, b] = [bounds.getSouthWest(), bounds.getNorthEast()].map((one) => this.map.project(one, zoom));
    const middle = a.add(b).divideBy(2).add([(east - west) / 2, (south - north) / 2]);
    return { zoom, centre: this.map.unproject(middle, zoom) };
  }

  /* How many sites and corners of the district a view would hide. */
  hidden({ zoom, centre }, covers) {
    const { sites, layer, zones } = this.page;
    const scale = 2 ** zoom;
    const corner = this.map.project(centre, zoom).subtract(this.map.getSize().divideBy(2));
    const under = (x, y, spare) => {
      const [px, py] = [x * scale - corner.x, y * scale - corner.y];
      return covers.some((c) => px > c[0] - spare && py > c[1] - spare && px < c[2] + spare && py < c[3] + spare);
    };
    let found = 0;
    for (let i = 0; i < sites.total; i += 1) if (sites.placed[i] && layer.visible[i] && under(sites.x[i], sites.y[i], SITE_PX)) found += 1;
    const district = zones.layers.find((one) => one.entry.id === "district" && one.shown);
    if (!district) return found;
    const { shapes } = district;
    for (let i = 0; i < shapes.x.length; i += 1) if (under(shapes.x[i], shapes.y[i], 2)) found += 1;
    const inside = (x, y) => district.ids.some((_, o) => hits(shapes, o, (x + corner.x) / scale, (y + corner.y) / scale, 0));
    for (const [west, north, east, south] of covers) {
      for (const [x, y] of [[west, north], [east, north], [west, south], [east, south]]) if (inside(x, y)) found += 1;
    }
    return found;
  }

  /* Whether nothing lies over a site, the map as it stands; in one column the map itself has moved on the page. */
  clear(rank) {
    const [lon, lat] = lonLat(this.page.sites.x[rank], this.page.sites.y[rank]);
    const { x, y } = this.map.latLngToContainerPoint([lat, lon]);
    const over = ([west, north, east, south]) => x > west - SITE_PX && y > north - SITE_PX && x < east + SITE_PX && y < south + SITE_PX;
    return !narrow() && !this.covers().some(over);
  }

  /* Move the map so far that a popup lies free. */
  free(popup) {
    const node = popup.getElement();
    const frame = this.map.getContainer().getBoundingClientRect();
    const box = node.getBoundingClientRect();
    const [left, top, right, bottom] = [box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top];
    let [dx, dy] = [Math.max(BESIDE_PX - left, 0) - Math.max(right + BESIDE_PX - frame.width, 0), Math.max(BESIDE_PX - top, 0)];
    for (const [west, north, east, south] of this.covers()) {
      if (left + dx >= east || right + dx <= west || top + dy >= south || bottom + dy <= north) continue;
      // Down from what lies above, up from what lies below, aside from what is as high as the map.
      if (south - north > Math.max(frame.height / 2, east - west)) dx += west + east > frame.width ? west - BESIDE_PX - right - dx : east + BESIDE_PX - left - dx;
      else dy += north + south < frame.height ? south + BESIDE_PX - top - dy : north - BESIDE_PX - bottom - dy;
    }
    if (dx || dy) this.map.panBy([-dx, -dy], { animate: false });
  }
}
