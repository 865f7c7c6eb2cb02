/* The distance that was measured, drawn: from a site to the nearest place of the feature that its findings name. */

const INK = "#111827";

/* World pixels in a metre at a latitude, along the parallel and along the meridian (GRS 80, as CGCS2000 has it). */
function worldPerMetre(lat) {
  const sine = Math.sin((lat * Math.PI) / 180);
  const squared = 0.0066943800229;
  const bend = 1 - squared * sine * sine;
  const across = 6378137 / Math.sqrt(bend);
  const along = (6378137 * (1 - squared)) / bend ** 1.5;
  const stretch = 256 / (2 * Math.PI * Math.sqrt(1 - sine * sine));
  return { x: stretch / across, y: stretch / along };
}

/* Draw a measured distance, with its figure where there is room: on the line, or beyond its end. */
function paintMeasure(brush, view, { line, text }) {
  const [ax, ay, bx, by] = [0, 1, 2, 3].map((k) => line[k] * view.scale - (k % 2 ? view.top : view.left));
  brush.lineCap = "butt";
  for (const [width, colour, dash] of [[5, "rgba(255, 255, 255, 0.95)", []], [2.2, INK, [6, 4]]]) {
    brush.beginPath();
    brush.moveTo(ax, ay);
    brush.lineTo(bx, by);
    brush.setLineDash(dash);
    brush.lineWidth = width;
    brush.strokeStyle = colour;
    brush.stroke();
  }
  brush.setLineDash([]);
  dot(brush, bx, by);
  const long = Math.hypot(bx - ax, by - ay);
  if (long < 16) return;
  brush.font = `600 12px ${LABEL_FONTS}`;
  const wide = brush.measureText(text).width + 12;
  const seen = clipped(ax, ay, bx, by, view);
  if (!seen) return;
  const tight = Math.hypot(seen[2] - seen[0], seen[3] - seen[1]) < wide + 60;
  const x = tight ? bx + ((bx - ax) / long) * (wide / 2 + 10) : (seen[0] + seen[2]) / 2;
  const y = tight ? by + ((by - ay) / long) * 20 : (seen[1] + seen[3]) / 2;
  const room = MARGIN * view.width + wide / 2 + 4;
  plate(brush, text, Math.max(room, Math.min(view.width - room, x)), y, wide);
}

const LABEL_FONTS = '"Noto Sans CJK SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", "Segoe UI", sans-serif';

function dot(brush, x, y) {
  brush.beginPath();
  brush.arc(x, y, 4, 0, 2 * Math.PI);
  brush.fillStyle = INK;
  brush.fill();
  brush.lineWidth = 1.5;
  brush.strokeStyle = "#FFFFFF";
  brush.stroke();
}

/* A dark plate with a text in its middle. */
function plate(brush, text, x, y, wide) {
  brush.fillStyle = INK;
  brush.beginPath();
  brush.roundRect(x - wide / 2, y - 11, wide, 22, 4);
  brush.fill();
  brush.fillStyle = "#FFFFFF";
  brush.textAlign = "center";
  brush.fillText(text, x, y + 4.5);
  brush.textAlign = "start";
}

/* The part of a line within the map's own view, which is smaller than the canvas; null where it has none. */
function clipped(ax, ay, bx, by, view) {
  const spareX = MARGIN * view.width;
  const spareY = MARGIN * view.height;
  let from = 0;
  let to = 1;
  const edges = [
    [ax - bx, ax - spareX],
    [bx - ax, view.width - spareX - ax],
    [ay - by, ay - spareY],
    [by - ay, view.height - spareY - ay],
  ];
  for (const [step, room] of edges) {
    if (step === 0) {
      if (room < 0) return null;
    } else if (step < 0) from = Math.max(from, room / step);
    else to = Math.min(to, room / step);
  }
  if (from >= to) return null;
  return [ax + from * (bx - ax), ay + from * (by - ay), ax + to * (bx - ax), ay + to * (by - ay)];
}
