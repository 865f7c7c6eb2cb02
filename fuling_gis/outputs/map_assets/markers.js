/* The picture of a marker, the same on the map, in the list and in the legend. */

const SIGNS = {
  prohibited: "cross",
  exit: "dash",
  restricted: "stroke",
  undecided: "query",
  advised: "dot",
};

/* Draw a marker: a disc, its sign where there is room, and a ring where it is marked. */
function markerPicture(verdict, marked, radius, colours, sharp = 2) {
  const half = Math.ceil(radius + 6);
  const picture = document.createElement("canvas");
  picture.width = Math.round(half * 2 * sharp);
  picture.height = picture.width;
  const pen = picture.getContext("2d");
  pen.scale(sharp, sharp);
  pen.translate(half, half);
  if (marked) {
    // A small disc has a thin ring, else thousands of rings hide the discs.
    const thick = Math.min(1, radius / 7);
    disc(pen, radius + 4 * thick, colours.mark);
    disc(pen, radius + 1.9 * thick, "#FFFFFF");
  } else if (radius > 5) disc(pen, radius + 1.2, "rgba(255, 255, 255, 0.9)");
  disc(pen, radius, verdict.colour);
  pen.lineWidth = radius > 5 ? 1 : 0.7;
  pen.strokeStyle = colours.outline;
  pen.beginPath();
  pen.arc(0, 0, radius - pen.lineWidth / 2, 0, 2 * Math.PI);
  pen.stroke();
  if (radius >= 5.5) sign(pen, SIGNS[verdict.id], radius * 0.46);
  return picture;
}

function disc(pen, radius, colour) {
  pen.beginPath();
  pen.arc(0, 0, radius, 0, 2 * Math.PI);
  pen.fillStyle = colour;
  pen.fill();
}

function sign(pen, kind, arm) {
  pen.strokeStyle = "#111111";
  pen.fillStyle = "#111111";
  pen.lineWidth = Math.max(1.4, arm * 0.42);
  pen.lineCap = "round";
  pen.beginPath();
  if (kind === "cross") {
    pen.moveTo(-arm, -arm);
    pen.lineTo(arm, arm);
    pen.moveTo(arm, -arm);
    pen.lineTo(-arm, arm);
  } else if (kind === "dash") {
    pen.moveTo(-arm * 1.1, 0);
    pen.lineTo(arm * 1.1, 0);
  } else if (kind === "stroke") {
    pen.moveTo(0, -arm * 1.1);
    pen.lineTo(0, arm * 0.3);
    pen.moveTo(0, arm * 1.1);
    pen.lineTo(0, arm * 1.12);
  } else if (kind === "query") {
    pen.font = `700 ${arm * 3}px sans-serif`;
    pen.textAlign = "center";
    pen.fillText("?", 0, arm * 1.05);
  } else if (kind === "dot") {
    pen.arc(0, 0, arm * 0.45, 0, 2 * Math.PI);
    pen.fill();
    return;
  }
  pen.stroke();
}

/* A number on a dark ground with round ends; a dot without one. */
function numberPicture(text, sharp) {
  const picture = document.createElement("canvas");
  const pen = picture.getContext("2d");
  const font = `700 10px ${LABEL_FONTS}`;
  pen.font = font;
  const high = text ? 15 : 6;
  const wide = text ? Math.max(high, Math.ceil(pen.measureText(text).width) + 9) : high;
  picture.width = Math.round(wide * sharp);
  picture.height = Math.round(high * sharp);
  pen.scale(sharp, sharp);
  pen.lineCap = "round";
  for (const [colour, thick] of [["#FFFFFF", high], ["#1F2933", high - 2]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    pen.beginPath();
    pen.moveTo(high / 2, high / 2);
    pen.lineTo(Math.max(wide - high / 2, high / 2 + 0.01), high / 2);
    pen.stroke();
  }
  pen.font = font;
  pen.fillStyle = "#FFFFFF";
  pen.textAlign = "center";
  pen.fillText(text, wide / 2, high / 2 + 3.6);
  return picture;
}

/* A marker as on the map, for lists and the legend. */
function swatch(verdict, marked, colours) {
  const picture = markerPicture(verdict, marked, 7, colours);
  picture.className = "fg-swatch";
  picture.style.width = `${picture.width / 2}px`;
  picture.style.height = `${picture.height / 2}px`;
  picture.setAttribute("aria-hidden", "true");
  return picture;
}
