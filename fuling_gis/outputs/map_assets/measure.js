/* The distance that was measured, drawn: from a site to the feature that its findings name. */

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
  const long = Math.hypot(bx - ax, by - ay);
  if (long < 30) return;
  brush.setLineDash([]);
  brush.font = "600 12px sans-serif";
  const wide = brush.measureText(text).width + 10;
  // In the middle of the line, or beyond its end where the site's own marker takes the room.
  const short = long < wide + 60;
  const x = short ? bx + ((bx - ax) / long) * (wide / 2 + 6) : (ax + bx) / 2;
  const y = short ? by + ((by - ay) / long) * 16 : (ay + by) / 2;
  brush.fillStyle = "#111827";
  brush.beginPath();
  brush.rect(x - wide / 2, y - 10, wide, 20);
  brush.fill();
  brush.fillStyle = "#FFFFFF";
  brush.fillText(text, x - wide / 2 + 5, y + 4.5);
}
