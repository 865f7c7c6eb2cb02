/* Meridians and parallels, for a map without a base map. */

const GRATICULE_STEPS = [10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];

/* Meridians and parallels, some 120 to 300 px apart, with their degrees. */
function paintGraticule(brush, view) {
  const wide = (view.width / view.scale / 256) * 360;
  const step = GRATICULE_STEPS.find((one) => (one / wide) * view.width < 260) || 0.001;
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  const [west, north] = lonLat(view.left / view.scale, view.top / view.scale);
  const [east, south] = lonLat((view.left + view.width) / view.scale, (view.top + view.height) / view.scale);
  brush.setLineDash([]);
  brush.lineWidth = 1;
  brush.strokeStyle = "rgba(75, 85, 99, 0.22)";
  brush.fillStyle = "rgba(75, 85, 99, 0.75)";
  brush.font = "11px sans-serif";
  for (let lon = Math.ceil(west / step) * step; lon < east; lon += step) {
    const px = Math.round(worldX(lon) * view.scale - view.left) + 0.5;
    brush.strokeRect(px, -1, 0, view.height + 2);
    brush.fillText(`${lon.toFixed(digits)}°`, px + 3, view.height * MARGIN + 13);
  }
  for (let lat = Math.ceil(south / step) * step; lat < north; lat += step) {
    const py = Math.round(worldY(lat) * view.scale - view.top) + 0.5;
    brush.strokeRect(-1, py, view.width + 2, 0);
    brush.fillText(`${lat.toFixed(digits)}°`, view.width * MARGIN + 4, py - 3);
  }
}
