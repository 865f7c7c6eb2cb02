/* A visible range that comes as one picture: painted, and read off pixel by pixel. */

// So many pixels a picture that is read off has at most; a damaged one is not trusted with memory.
const PICTURE_MOST = 16e6;

function paintPicture(brush, view, layer) {
  if (!layer.picture.complete || !meets(view, ...layer.box, 0)) return;
  const [west, north, east, south] = layer.box;
  const left = west * view.scale - view.left;
  const top = north * view.scale - view.top;
  // Cells stay cells however near one looks.
  brush.imageSmoothingEnabled = false;
  brush.drawImage(layer.picture, left, top, (east - west) * view.scale, (south - north) * view.scale);
}

/* What a picture tells of a world point: the id of its state, and the other states within one cell around. */
function readPicture(layer, px, py) {
  const [west, north, east, south] = layer.box;
  if (px < west || px > east || py < north || py > south) return { state: beyondPicture(layer, px, py), beside: [] };
  const pixels = pixelsOf(layer);
  if (!pixels) return { state: "range_unknown", beside: [] };
  const column = Math.min(pixels.width - 1, Math.floor(((px - west) / (east - west)) * pixels.width));
  const row = Math.min(pixels.height - 1, Math.floor(((py - north) / (south - north)) * pixels.height));
  const state = stateOfPixel(layer, pixels, column, row);
  const beside = new Set();
  const reach = layer.entry.coarse_px;
  for (let r = Math.max(0, row - reach); r <= Math.min(pixels.height - 1, row + reach); r += 1) {
    for (let c = Math.max(0, column - reach); c <= Math.min(pixels.width - 1, column + reach); c += 1) beside.add(stateOfPixel(layer, pixels, c, r));
  }
  beside.delete(state);
  return { state, beside: [...beside] };
}

/* Beyond the picture nothing is seen, where that is known. */
function beyondPicture(layer, px, py) {
  const { known } = layer.entry;
  if (!known) return "range_unknown";
  const [lon, lat] = lonLat(px, py);
  return lon > known[0] && lat > known[1] && lon < known[2] && lat < known[3] ? "range_unseen" : "range_unknown";
}

/* The pixels of a picture, read once; null where it cannot be read. */
function pixelsOf(layer) {
  const { naturalWidth: wide, naturalHeight: high } = layer.picture;
  if (!layer.pixels && layer.picture.complete && wide && wide * high <= PICTURE_MOST) {
    const sheet = document.createElement("canvas");
    sheet.width = wide;
    sheet.height = high;
    const pen = sheet.getContext("2d", { willReadFrequently: true });
    pen.drawImage(layer.picture, 0, 0);
    layer.pixels = pen.getImageData(0, 0, wide, high);
  }
  return layer.pixels || null;
}

/* A state by its colour: clear is not seen, all but clear is without a result, else the class whose colour is nearest. */
function stateOfPixel(layer, pixels, column, row) {
  const [red, green, blue, opacity] = pixels.data.subarray((row * pixels.width + column) * 4, (row * pixels.width + column) * 4 + 4);
  if (opacity === 0) return "range_unseen";
  if (opacity < 8) return "range_unknown";
  let [nearest, least] = ["range_unknown", Infinity];
  for (const { id, style } of layer.entry.classes) {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(style.fill.slice(at, at + 2), 16));
    const off = Math.abs(red - r) + Math.abs(green - g) + Math.abs(blue - b) + Math.abs(opacity - 255 * style.opacity);
    if (off < least) [nearest, least] = [id, off];
  }
  return nearest;
}

/* A line for people on what a picture tells of a place. */
function pictureLine({ layer, told }) {
  const m = metres(Math.round(layer.entry.coarse_m));
  const line = make("li", "fg-told", isolated(`${pick(layer.entry.title)} `), make("strong", "", say(told.state)));
  const fine = [say("range_read", { m })];
  if (told.beside.length) fine.unshift(say("range_beside", { m, states: told.beside.map((one) => say(one)).join(say("and")) }));
  line.append(make("span", "fg-fine", fine.join(" · ")));
  return line;
}
