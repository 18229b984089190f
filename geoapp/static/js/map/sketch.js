// How a drawing looks over the map: outlines being changed, their corners, a line being drawn, the parts of a cut.

import { worldX, worldY } from "./mercator.js";

const [INK, BRIGHT, MINE, NEAR] = ["#111827", "#FFE600", "rgba(255,230,0,0.22)", "rgba(11,87,208,0.16)"];
const PARTS = ["rgba(11,87,208,0.30)", "rgba(210,0,88,0.26)", "rgba(0,74,50,0.30)", "rgba(255,194,0,0.34)"];

const tracer = (context, view) => (points, close) => {
  context.beginPath();
  points.forEach(([lon, lat], i) => {
    const [x, y] = [worldX(lon, view.zoom) - view.x, worldY(lat, view.zoom) - view.y];
    if (i) context.lineTo(x, y);
    else context.moveTo(x, y);
  });
  if (close) context.closePath();
};

const stroke = (context, ...lines) => {
  for (const [colour, width] of lines) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
};

const dot = (context, view, [lon, lat], radius, fill, width = 2) => {
  context.beginPath();
  context.arc(worldX(lon, view.zoom) - view.x, worldY(lat, view.zoom) - view.y, radius, 0, 7);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = INK;
  context.lineWidth = width;
  context.stroke();
};

/** Corners in view only: an outline of thousands stays quick. */
const within = (view, [lon, lat]) => {
  const [x, y] = [worldX(lon, view.zoom) - view.x, worldY(lat, view.zoom) - view.y];
  return x > -20 && y > -20 && x < view.width + 20 && y < view.height + 20;
};

export const drawOutlines = (context, view, outlines, held) => {
  const trace = tracer(context, view);
  for (const feature of outlines.features.values()) {
    if (!feature.own && !feature.changed) continue;
    context.fillStyle = feature.own ? MINE : NEAR;
    for (const rings of feature.parts) {
      rings.forEach((ring, i) => {
        trace(ring, true);
        if (!i) context.fill();
        stroke(context, [INK, 4], [feature.own ? BRIGHT : "#FFFFFF", 2]);
      });
    }
  }
  for (const feature of outlines.features.values()) {
    for (const [parts, colour, dash] of feature.theirs ? [[feature.parts0, "#4B5563", [6, 5]], [feature.theirs, "#0B57D0", []]] : []) {
      context.setLineDash(dash);
      for (const rings of parts) rings.forEach((ring) => { trace(ring, true); stroke(context, ["#FFFFFF", 5], [colour, 3]); });
      context.setLineDash([]);
    }
  }
  for (const { ring } of outlines.own ? outlines.rings(outlines.own) : []) {
    ring.forEach((corner, i) => {
      const next = ring[(i + 1) % ring.length];
      const middle = [(corner[0] + next[0]) / 2, (corner[1] + next[1]) / 2];
      const long = Math.hypot(worldX(next[0], view.zoom) - worldX(corner[0], view.zoom), worldY(next[1], view.zoom) - worldY(corner[1], view.zoom)) > 30;
      if (long && within(view, middle)) dot(context, view, middle, 3.5, "rgba(255,255,255,0.75)", 1);
      if (within(view, corner)) dot(context, view, corner, 5.5, held?.ring === ring && held.index === i ? BRIGHT : "#FFFFFF");
    });
  }
};

export const drawPath = (context, view, points, close) => {
  if (!points.length) return;
  tracer(context, view)(points, close);
  if (close) {
    context.fillStyle = MINE;
    context.fill();
  }
  stroke(context, [INK, 4], [BRIGHT, 2]);
  for (const point of points) dot(context, view, point, 4.5, "#FFFFFF");
};

export const drawParts = (context, view, parts) => {
  parts.forEach((part, n) => {
    for (const rings of part.geometry.type === "MultiPolygon" ? part.geometry.coordinates : [part.geometry.coordinates]) {
      tracer(context, view)(rings[0], true);
      context.fillStyle = PARTS[n % PARTS.length];
      context.fill();
      stroke(context, [INK, 2]);
    }
  });
};

export const drawSnap = (context, view, at) => {
  if (!at) return;
  const [x, y] = [worldX(at[0], view.zoom) - view.x, worldY(at[1], view.zoom) - view.y];
  context.strokeStyle = "#D20058";
  context.lineWidth = 2;
  context.strokeRect(x - 7, y - 7, 14, 14);
};
