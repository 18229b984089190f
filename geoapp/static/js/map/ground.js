// The plain base map from our own data: graticule, water, roads and the town's edge; and the place names for the labels.

import { latOf, lonOf, worldX, worldY } from "./mercator.js";
import { FONT } from "./symbols.js";

const STEPS_SECONDS = [1800, 900, 600, 300, 120, 60, 30, 15, 10, 5, 2, 1];
const APART_PX = 150;
const LINES = {
  river: [["#B9D3E6", 4]],
  road: [["#D5D8D2", 4.5], ["#FFFFFF", 3]],
  edge: [["#B6BEC6", 1.5]],
};

const flat = (coordinates) => coordinates.flatMap(([lon, lat]) => [worldX(lon, 0), worldY(lat, 0)]);

const linesOf = ({ geometry, properties }, fallback) => {
  const kind = LINES[properties.kind] ? properties.kind : fallback;
  const { type, coordinates } = geometry;
  if (type === "LineString") return [{ kind, points: flat(coordinates) }];
  if (type === "MultiLineString" || type === "Polygon") return coordinates.map((ring) => ({ kind, points: flat(ring) }));
  if (type === "MultiPolygon") return coordinates.flat().map((ring) => ({ kind, points: flat(ring) }));
  return [];
};

export class Ground {
  constructor() {
    this.plain = true;
    this.lines = [];
    this.points = [];
  }

  /** Takes {places, water_roads, town}, each a GeoJSON collection. */
  load(context) {
    this.lines = [
      ...(context.town?.features ?? []).flatMap((f) => linesOf(f, "edge")),
      ...(context.water_roads?.features ?? []).flatMap((f) => linesOf(f, "road")),
    ];
    this.points = (context.places?.features ?? []).map(({ geometry, properties }) => {
      const [x, y] = flat([geometry.coordinates]);
      return { name: properties.name, kind: properties.kind, x, y };
    });
  }

  /** Names with their place in world pixels of a zoom; the town's own name first. */
  places(zoom) {
    if (!this.plain) return [];
    const scale = 2 ** zoom;
    return [...this.points].sort((a, b) => (b.kind === "town") - (a.kind === "town")).map((p) => ({ ...p, x: p.x * scale, y: p.y * scale }));
  }

  draw(context, view) {
    if (!this.plain) return;
    for (const kind of ["edge", "river", "road"]) {
      for (const [colour, width] of LINES[kind]) this._stroke(context, view, kind, colour, width);
    }
    this._graticule(context, view);
  }

  _stroke(context, view, kind, colour, width) {
    const scale = 2 ** view.zoom;
    context.beginPath();
    for (const line of this.lines) {
      if (line.kind !== kind) continue;
      line.points.forEach((_, i, points) => {
        if (i % 2) return;
        const [x, y] = [points[i] * scale - view.x, points[i + 1] * scale - view.y];
        if (i) context.lineTo(x, y);
        else context.moveTo(x, y);
      });
    }
    context.lineJoin = context.lineCap = "round";
    context.strokeStyle = colour;
    context.lineWidth = view.zoom < 13 ? width * 0.6 : width;
    context.stroke();
  }

  _graticule(context, view) {
    const perSecond = worldX(1 / 3600, view.zoom) - worldX(0, view.zoom);
    const step = STEPS_SECONDS.findLast((s) => s * perSecond >= APART_PX) ?? 1800;
    const [west, east] = [lonOf(view.x, view.zoom), lonOf(view.x + view.width, view.zoom)];
    const [north, south] = [latOf(view.y, view.zoom), latOf(view.y + view.height, view.zoom)];
    context.strokeStyle = "rgba(100,116,139,0.28)";
    context.fillStyle = "#64748B";
    context.lineWidth = 1;
    context.font = `11px ${FONT}`;
    context.textBaseline = "top";
    context.textAlign = "left";
    context.beginPath();
    for (let s = Math.ceil((west * 3600) / step) * step; s <= east * 3600; s += step) this._meridian(context, view, s);
    for (let s = Math.ceil((south * 3600) / step) * step; s <= north * 3600; s += step) this._parallel(context, view, s);
    context.stroke();
  }

  _meridian(context, view, seconds) {
    const x = Math.round(worldX(seconds / 3600, view.zoom) - view.x) + 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, view.height);
    context.fillText(degrees(seconds), x + 4, view.pad + 4);
  }

  _parallel(context, view, seconds) {
    const y = Math.round(worldY(seconds / 3600, view.zoom) - view.y) + 0.5;
    context.moveTo(0, y);
    context.lineTo(view.width, y);
    context.fillText(degrees(seconds), view.pad + 64, y + 3);
  }
}

const two = (n) => String(n).padStart(2, "0");
const degrees = (seconds) => `${Math.floor(seconds / 3600)}°${two(Math.floor(seconds / 60) % 60)}′${seconds % 60 ? `${two(seconds % 60)}″` : ""}`;
