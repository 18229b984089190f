// Geometry of decoded features in tile units: where a label stands, what lies under a point.

import { LINE, POINT } from "./mvt.js";

/** Twice the signed area of a ring; positive for an outer ring in tile units (y down). */
const twiceArea = (ring) => {
  let sum = 0;
  const n = ring.length;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) sum += ring[j] * ring[i + 1] - ring[i] * ring[j + 1];
  return sum;
};

const centroid = (ring, twice) => {
  let [x, y] = [0, 0];
  const n = ring.length;
  const [ox, oy] = ring;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
    const cross = (ring[j] - ox) * (ring[i + 1] - oy) - (ring[i] - ox) * (ring[j + 1] - oy);
    x += (ring[j] + ring[i] - 2 * ox) * cross;
    y += (ring[j + 1] + ring[i + 1] - 2 * oy) * cross;
  }
  return [ox + x / (3 * twice), oy + y / (3 * twice)];
};

/** The middle of the widest stretch of a feature at one height. */
const widest = (parts, y) => {
  const crossings = [];
  for (const ring of parts) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [y0, y1] = [ring[j + 1], ring[i + 1]];
      if (y0 > y !== y1 > y) crossings.push(ring[j] + ((y - y0) / (y1 - y0)) * (ring[i] - ring[j]));
    }
  }
  crossings.sort((a, b) => a - b);
  let best = null;
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const width = crossings[i + 1] - crossings[i];
    if (!best || width > best.width) best = { width, x: (crossings[i] + crossings[i + 1]) / 2 };
  }
  return best;
};

/** {x, y, size}: a point inside the feature and the area of its largest part; reckoned once. */
export const anchor = (feature) => {
  if (feature.anchor) return feature.anchor;
  const [first] = feature.parts;
  if (feature.kind === POINT || feature.kind === LINE) {
    const middle = feature.kind === POINT ? 0 : (first.length >> 2) * 2;
    feature.anchor = { x: first[middle], y: first[middle + 1], size: 0 };
    return feature.anchor;
  }
  let largest = first;
  let most = 0;
  for (const ring of feature.parts) {
    const twice = Math.abs(twiceArea(ring));
    if (twice > Math.abs(most)) [largest, most] = [ring, twiceArea(ring)];
  }
  let [x, y] = most ? centroid(largest, most) : [first[0], first[1]];
  if (most && !contains(feature, x, y)) {
    y = Math.floor(y) + 0.5;
    x = widest([largest], y)?.x ?? x;
  }
  feature.anchor = { x, y, size: Math.abs(most) / 2 };
  return feature.anchor;
};

/** Is the point inside? By winding number, so that a repeated part does not become a hole. */
export const contains = (feature, x, y) => {
  const [x0, y0, x1, y1] = feature.box;
  if (x < x0 || x > x1 || y < y0 || y > y1 || feature.kind === POINT || feature.kind === LINE) return false;
  let winding = 0;
  for (const ring of feature.parts) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [ax, ay, bx, by] = [ring[j], ring[j + 1], ring[i], ring[i + 1]];
      const side = (bx - ax) * (y - ay) - (x - ax) * (by - ay);
      if (ay <= y && by > y && side > 0) winding += 1;
      else if (ay > y && by <= y && side < 0) winding -= 1;
    }
  }
  return winding !== 0;
};

/** Squared distance from a point to the feature's nearest line, in tile units. */
export const lineDistance2 = (feature, x, y) => {
  let least = Infinity;
  for (const part of feature.parts) {
    const closed = feature.kind !== LINE;
    for (let i = closed ? 0 : 2, j = closed ? part.length - 2 : 0; i < part.length; j = i, i += 2) {
      const [ax, ay] = [part[j], part[j + 1]];
      const [dx, dy] = [part[i] - ax, part[i + 1] - ay];
      const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
      least = Math.min(least, (ax + along * dx - x) ** 2 + (ay + along * dy - y) ** 2);
    }
  }
  return least;
};
