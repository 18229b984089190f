// Outlines being changed: their corners, which neighbours share them, snapping, and the area on the plane.

import { area, toPlane } from "./gk.js";
import { latOf, lonOf, worldX, worldY } from "./mercator.js";

const SAME = 2e-9;
/** Two corners closer than a fifth of a millimetre are one corner. */
const keyOf = ([lon, lat]) => `${Math.round(lon / SAME)},${Math.round(lat / SAME)}`;
const partsOf = (geometry) => (geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates]);
const open = (ring) => (keyOf(ring[0]) === keyOf(ring.at(-1)) ? ring.slice(0, -1) : ring).map(([lon, lat]) => [lon, lat]);

export class Outlines {
  constructor(meridian) {
    this.meridian = meridian;
    this.features = new Map();
    this.steps = [];
  }

  /** A feature of the collection: {id, version, key, parts: [[ring: [[lon, lat]]]]}; `own` is being changed itself. */
  add(feature, key, own = false) {
    const parts = partsOf(feature.geometry).map((rings) => rings.map(open));
    const area0 = this._area(parts);
    this.features.set(feature.id, { id: feature.id, version: feature.properties?.version, key, parts, parts0: structuredClone(parts), own, changed: false, area0 });
  }

  get own() {
    return [...this.features.values()].find((f) => f.own);
  }

  changed() {
    return [...this.features.values()].filter((f) => f.changed);
  }

  geometry(feature) {
    return { type: "MultiPolygon", coordinates: feature.parts.map((rings) => rings.map((ring) => [...ring, ring[0]])) };
  }

  /** Plane m² of a feature as it is drawn now. */
  area(feature) {
    return this._area(feature.parts);
  }

  _area(parts) {
    const plane = (ring) => area(ring.map(([lon, lat]) => toPlane(lon, lat, this.meridian)));
    return parts.reduce((sum, [shell, ...holes]) => sum + plane(shell) - holes.reduce((all, hole) => all + plane(hole), 0), 0);
  }

  *rings(only = null) {
    for (const feature of only ? [only] : this.features.values()) {
      for (const rings of feature.parts) for (const ring of rings) yield { feature, ring };
    }
  }

  /** What may be taken hold of near a place: {ring, index} a corner, {ring, index, half: true} the middle of a side. */
  handleAt(x, y, zoom, reach) {
    let best = null;
    const consider = (lonLat, handle, bonus) => {
      const distance = Math.hypot(worldX(lonLat[0], zoom) - x, worldY(lonLat[1], zoom) - y) - bonus;
      if (distance < reach && (!best || distance < best.distance)) best = { ...handle, distance };
    };
    for (const { ring } of this.rings(this.own)) {
      ring.forEach((corner, index) => {
        consider(corner, { ring, index }, 4);
        const next = ring[(index + 1) % ring.length];
        consider([(corner[0] + next[0]) / 2, (corner[1] + next[1]) / 2], { ring, index, half: true }, 0);
      });
    }
    return best;
  }

  /** Somebody else's newer outline of a feature, to be held beside mine; the next save is against their version. */
  theirs(feature) {
    const mine = this.features.get(feature.id);
    mine.theirs = partsOf(feature.geometry).map((rings) => rings.map(open));
    mine.version = feature.properties.version;
    return { base: mine.area0, theirs: this._area(mine.theirs), mine: this._area(mine.parts) };
  }

  /** Takes their outline wherever they have one. */
  yield() {
    for (const feature of this.features.values()) {
      if (!feature.theirs) continue;
      Object.assign(feature, { parts: feature.theirs, parts0: structuredClone(feature.theirs), area0: this._area(feature.theirs), changed: false, theirs: null });
    }
  }

  /** Everything as it is, to step back to. */
  remember() {
    this.steps.push([...this.features.values()].map((f) => [f.id, structuredClone(f.parts), f.changed]));
    if (this.steps.length > 100) this.steps.shift();
  }

  back() {
    const step = this.steps.pop();
    if (!step) return false;
    for (const [id, parts, changed] of step) Object.assign(this.features.get(id), { parts, changed });
    return true;
  }

  /** The corners that move with this one: its own, and the neighbours' at the same place when boundaries are shared. */
  together(corner, shared) {
    const here = keyOf(corner);
    const found = [];
    for (const { feature, ring } of this.rings(shared ? null : this.own)) {
      ring.forEach((other, index) => { if (keyOf(other) === here) found.push({ feature, ring, index }); });
    }
    return found;
  }

  /** A new corner on a side of the own outline, and on the neighbour's same side when shared; returns the corner. */
  insert(ring, index, shared) {
    const [a, b] = [ring[index], ring[(index + 1) % ring.length]];
    const corner = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const [ka, kb] = [keyOf(a), keyOf(b)];
    for (const { feature, ring: other } of this.rings(shared ? null : this.own)) {
      for (let i = 0; i < other.length; i += 1) {
        const [k0, k1] = [keyOf(other[i]), keyOf(other[(i + 1) % other.length])];
        if ((k0 === ka && k1 === kb) || (k0 === kb && k1 === ka)) {
          other.splice(i + 1, 0, [...corner]);
          feature.changed = true;
          break;
        }
      }
    }
    return corner;
  }

  move(held, [lon, lat]) {
    for (const { feature, ring, index } of held) {
      ring[index] = [lon, lat];
      feature.changed = true;
    }
  }

  /** Takes a corner away where a ring keeps three; returns whether it did. */
  remove(held) {
    if (held.some(({ ring }) => ring.length <= 3)) return false;
    for (const { feature, ring, index } of held) {
      ring.splice(index, 1);
      feature.changed = true;
    }
    return true;
  }

  /** The nearest corner, or else the nearest point of a side, within `reach` pixels of a place; corners that move are left out. */
  snap(lon, lat, zoom, reach, held = []) {
    const moving = new Set(held.map(({ ring, index }) => ring[index]));
    const [x, y] = [worldX(lon, zoom), worldY(lat, zoom)];
    let [corner, side] = [null, null];
    for (const { ring } of this.rings()) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
        if (moving.has(ring[i]) || moving.has(ring[j])) {
          if (moving.has(ring[i])) continue;
        }
        const [bx, by] = [worldX(ring[i][0], zoom), worldY(ring[i][1], zoom)];
        const far = Math.hypot(bx - x, by - y);
        if (far < reach && (!corner || far < corner.far)) corner = { far, at: ring[i] };
        if (moving.has(ring[j])) continue;
        const [ax, ay] = [worldX(ring[j][0], zoom), worldY(ring[j][1], zoom)];
        const [dx, dy] = [bx - ax, by - ay];
        const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
        if (along <= 0 || along >= 1) continue;
        const off = Math.hypot(ax + along * dx - x, ay + along * dy - y);
        if (off < reach && (!side || off < side.far)) side = { far: off, at: [lonOf(ax + along * dx, zoom), latOf(ay + along * dy, zoom)] };
      }
    }
    return corner?.at ?? side?.at ?? null;
  }
}
