/* One canvas over the map for everything of one kind: no object per feature, drawn again when the map has moved. */

// The canvas reaches beyond the map by this share of its size on every side, so that a short pan shows no edge.
const PADDING = 0.3;
// The part of the canvas beyond the map, at each side.
const MARGIN = PADDING / (1 + 2 * PADDING);

// The least number of dots for a pixel; more for paper.
const Sharp = { least: 1 };

const CanvasPane = L.Renderer.extend({
  options: { padding: PADDING },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.setAttribute("aria-hidden", "true");
    this._brush = this._container.getContext("2d");
  },

  _destroyContainer() {
    cancelAnimationFrame(this._asked);
    this._container.remove();
    this._container = null;
  },

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const sharp = Math.max(Math.min(window.devicePixelRatio || 1, 2), Sharp.least);
    const canvas = this._container;
    L.DomUtil.setPosition(canvas, this._bounds.min);
    canvas.width = Math.round(size.x * sharp);
    canvas.height = Math.round(size.y * sharp);
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    this._paint(sharp);
  },

  /* Draw again where the map stands still. */
  redraw() {
    cancelAnimationFrame(this._asked);
    this._asked = requestAnimationFrame(() => this._map && this._update());
  },

  _paint(sharp) {
    const zoom = this._map.getZoom();
    const origin = this._map.getPixelOrigin().add(this._bounds.min);
    const size = this._bounds.getSize();
    if (!size.x || !size.y) return;
    const view = { zoom, scale: 2 ** zoom, left: origin.x, top: origin.y, width: size.x, height: size.y, sharp };
    this._brush.setTransform(sharp, 0, 0, sharp, 0, 0);
    this._brush.clearRect(0, 0, size.x, size.y);
    this.options.paint(this._brush, view);
  },
});

/* Whether a world box meets the view, with some pixels to spare. */
function meets(view, west, north, east, south, spare) {
  return (
    east * view.scale - view.left >= -spare &&
    west * view.scale - view.left <= view.width + spare &&
    south * view.scale - view.top >= -spare &&
    north * view.scale - view.top <= view.height + spare
  );
}

/* Add an owner's rings to the path; points become small pictures. */
function trace(brush, view, shapes, owner, spare = 20, point = "circle") {
  for (let r = shapes.first[owner]; r < shapes.first[owner + 1]; r += 1) {
    const b = r * 4;
    if (!meets(view, shapes.box[b], shapes.box[b + 1], shapes.box[b + 2], shapes.box[b + 3], spare)) continue;
    traceRing(brush, view, shapes, r, point);
  }
}

function traceRing(brush, view, shapes, ring, point) {
  const { x, y, start, kind } = shapes;
  const from = start[ring];
  const to = start[ring + 1];
  let lastX = x[from] * view.scale - view.left;
  let lastY = y[from] * view.scale - view.top;
  if (kind[ring] === 0) {
    tracePoint(brush, lastX, lastY, point);
    return;
  }
  brush.moveTo(lastX, lastY);
  for (let i = from + 1; i < to; i += 1) {
    const px = x[i] * view.scale - view.left;
    const py = y[i] * view.scale - view.top;
    if (Math.abs(px - lastX) + Math.abs(py - lastY) < 0.6 && i < to - 1) continue;
    brush.lineTo(px, py);
    lastX = px;
    lastY = py;
  }
  if (kind[ring] === RING) brush.closePath();
}

const hatches = new Map();

// The strokes of each pattern, as fractions of its tile; drawn thrice across it, so that it has no seam.
const STROKES = {
  "/": [[0, 1, 1, 0]],
  "\\": [[0, 0, 1, 1]],
  x: [[0, 1, 1, 0], [0, 0, 1, 1]],
  "-": [[0, 0.5, 1, 0.5]],
  "|": [[0.5, 0, 0.5, 1]],
  ".": [[0.5, 0.5, 0.5, 0.51]],
};

/* A pattern of strokes, so many pixels apart. */
function hatch(brush, colour, gap, width, strokes = "/") {
  const key = `${colour} ${gap} ${width} ${strokes}`;
  if (!hatches.has(key)) {
    const tile = document.createElement("canvas");
    tile.width = gap * 2;
    tile.height = gap * 2;
    const pen = tile.getContext("2d");
    pen.scale(2, 2);
    pen.strokeStyle = colour;
    pen.lineWidth = strokes === "." ? width * 2 : width;
    pen.lineCap = strokes === "." ? "round" : "square";
    for (const shift of [-gap, 0, gap]) {
      pen.beginPath();
      for (const [x, y, toX, toY] of STROKES[strokes]) {
        pen.moveTo(shift + x * gap, y * gap);
        pen.lineTo(shift + toX * gap, toY * gap);
      }
      pen.stroke();
    }
    const pattern = brush.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix([0.5, 0, 0, 0.5, 0, 0]));
    hatches.set(key, pattern);
  }
  return hatches.get(key);
}

// The corners of a point's picture, in pixels from its middle; without one it is a circle.
const CORNERS = {
  square: [[-3, -3], [3, -3], [3, 3], [-3, 3]],
  triangle: [[0, -4.5], [4.2, 3], [-4.2, 3]],
  inverted: [[0, 4.5], [4.2, -3], [-4.2, -3]],
  diamond: [[0, -4.5], [4.5, 0], [0, 4.5], [-4.5, 0]],
  cross: [[-1.5, -4.5], [1.5, -4.5], [1.5, -1.5], [4.5, -1.5], [4.5, 1.5], [1.5, 1.5], [1.5, 4.5], [-1.5, 4.5], [-1.5, 1.5], [-4.5, 1.5], [-4.5, -1.5], [-1.5, -1.5]],
};

/* Add the picture of a point to the path. */
function tracePoint(brush, x, y, shape) {
  const corners = CORNERS[shape];
  if (!corners) {
    brush.moveTo(x + 3, y);
    brush.arc(x, y, 3, 0, 2 * Math.PI);
    return;
  }
  corners.forEach(([dx, dy], place) => (place ? brush.lineTo(x + dx, y + dy) : brush.moveTo(x + dx, y + dy)));
  brush.closePath();
}
