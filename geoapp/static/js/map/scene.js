// What is drawn: layers in order, filters, classes, selection. Knows tiles and canvases, not the map library.

import { Marks, radius } from "./marks.js";
import { LINE, POINT } from "./mvt.js";
import { Painter, trace } from "./paint.js";
import { anchor, contains, lineDistance2 } from "./shapes.js";
import { SIZE, TileStore, place } from "./tiles.js";

const DARK = "#111827";
const BRIGHT = "#FFE600";
const LINE_REACH_PX = 6;
const OTHER = { key: "", label: "", fill: "#9AA5B1", ink: "#111827", glyph: "", pattern: "plain", shape: "" };
const ALL = () => true;

export class Scene {
  constructor(layers, ground, hooks) {
    this.layers = layers;
    this.ground = ground;
    this.store = new TileStore(layers, hooks);
    this.visible = new Set(layers.filter((l) => l.visible).map((l) => l.id));
    this.filters = new Map();
    this.statuses = new Map();
    this.symbols = [];
    this.selected = null;
    this.chosen = { layer: "", ids: new Set() };
    this.hovered = null;
    this.classes = new Map(layers.map((l) => [l.id, new Map(l.classes.flatMap((c) => c.codes.map((code) => [code, c])))]));
  }

  shown() {
    return this.layers.filter((layer) => this.visible.has(layer.id));
  }

  /** The code a feature is drawn by, with changes that its tile does not know yet. */
  code(layer, feature) {
    const own = layer.legend_by === "status" && !layer.asof ? this.statuses.get(`${layer.id}/${feature.id}`) : null;
    return own && !(feature.revision >= own.revision) ? own.code : feature.props[layer.legend_by];
  }

  classOf(layer, feature) {
    return this.classes.get(layer.id).get(this.code(layer, feature)) ?? OTHER;
  }

  shows(layer, feature) {
    return (this.filters.get(layer.id) ?? ALL)(feature, this.code(layer, feature));
  }

  want({ x, y, z }) {
    for (const layer of this.shown()) this.store.request(layer, TileStore.source(layer, z, x, y));
  }

  /** How many of a display tile's layers are here: "none", "some" or "all". */
  readiness({ x, y, z }) {
    const settled = this.shown().filter((layer) => this.store.settled(layer, TileStore.source(layer, z, x, y))).length;
    return settled === this.shown().length ? "all" : settled ? "some" : "none";
  }

  paintTile(context, ratio, { x, y, z }) {
    const painter = new Painter(context, ratio, z, [x * SIZE, y * SIZE], SIZE);
    painter.begin();
    for (const layer of this.shown()) {
      const at = TileStore.source(layer, z, x, y);
      const tile = this.store.peek(layer, at);
      if (tile) painter.layer(layer, place(layer, tile, at), (f) => this.shows(layer, f), (f) => this.classOf(layer, f));
    }
  }

  _window(view) {
    return [view.x, view.y, view.x + view.width, view.y + view.height];
  }

  drawMarks(context, view, ratio) {
    const layers = this.shown().map((layer) => ({
      layer,
      pieces: [...this.store.placed(layer, view.zoom, this._window(view))],
      shows: (f) => this.shows(layer, f),
      classOf: (f) => this.classOf(layer, f),
      filtered: this.filters.has(layer.id),
    }));
    this.symbols = new Marks(context, view, ratio).draw(layers, this.ground.places(view.zoom));
  }

  /** A status shown before its tile knows it; `revision` is the first tile that will. */
  setStatus(layer, id, code, revision = Infinity) {
    this.statuses.set(`${layer.id}/${id}`, { code, revision });
  }

  /** The save was refused, or a tile of this revision tells everything. */
  settle(layer, revision) {
    for (const [key, own] of this.statuses) if (key.startsWith(`${layer.id}/`) && own.revision === Infinity) own.revision = revision;
  }

  unsetStatus(layer, id) {
    this.statuses.delete(`${layer.id}/${id}`);
  }

  /** The features of a selection, outlined together. */
  _chosenOutlines(context, view) {
    const layer = this.layers.find((l) => l.id === this.chosen.layer);
    if (!layer || !this.chosen.ids.size) return;
    const path = new Path2D();
    for (const placed of this.store.placed(layer, view.zoom, this._window(view))) {
      if (placed.rolledUp) continue;
      for (const feature of placed.features) {
        if (this.chosen.ids.has(feature.id)) trace(path, feature, placed.left - view.x, placed.top - view.y, placed.scale);
      }
    }
    context.lineJoin = "round";
    for (const [colour, width] of [[DARK, 4], [BRIGHT, 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke(path);
    }
    for (const s of this.symbols) if (s.layer.id === layer.id && this.chosen.ids.has(s.feature.id)) strokeRing(context, s.x - view.x, s.y - view.y, s.r, [[DARK, 4], [BRIGHT, 2]]);
  }

  drawHighlights(context, view) {
    this._chosenOutlines(context, view);
    if (this.hovered && !same(this.hovered, this.selected)) this._outline(context, view, this.hovered, [["#FFFFFF", 4], [DARK, 2]]);
    if (!this.selected) return;
    const corner = this._outline(context, view, this.selected, [["#FFFFFF", 7], [DARK, 5], [BRIGHT, 2.5]]);
    if (corner) drawTick(context, corner);
  }

  /** Strokes every piece of a feature inside its own tile; returns the top right corner of what was drawn. */
  _outline(context, view, target, strokes) {
    const layer = this.layers.find((l) => l.id === target.layer);
    let corner = null;
    for (const placed of this.store.placed(layer, view.zoom, this._window(view))) {
      for (const feature of placed.features) {
        if (placed.rolledUp || !matches(layer, feature, target)) continue;
        this._strokePiece(context, view, placed, feature, strokes);
        const x = placed.left + feature.box[2] * placed.scale - view.x;
        const y = placed.top + feature.box[1] * placed.scale - view.y;
        corner = corner ? [Math.max(corner[0], x), Math.min(corner[1], y)] : [x, y];
      }
    }
    const symbol = this.symbols.find((s) => s.layer.id === target.layer && matches(layer, s.feature, target));
    if (symbol) strokeRing(context, symbol.x - view.x, symbol.y - view.y, symbol.r + 2, strokes);
    return symbol ? [symbol.x - view.x + symbol.r, symbol.y - view.y - symbol.r] : corner;
  }

  _strokePiece(context, view, placed, feature, strokes) {
    if (feature.kind === POINT) return;
    const [left, top] = [placed.left - view.x, placed.top - view.y];
    context.save();
    context.beginPath();
    context.rect(left, top, placed.width, placed.width);
    context.clip();
    const path = new Path2D();
    trace(path, feature, left, top, placed.scale);
    context.lineJoin = "round";
    for (const [colour, width] of strokes) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke(path);
    }
    context.restore();
  }

  /** The feature under a world pixel: symbols first, then areas, red lines, boundaries; null when none. */
  hit(zoom, x, y, reach = 0) {
    let nearest = null;
    for (const s of this.symbols) {
      const away = Math.hypot(s.x - x, s.y - y);
      if (away <= s.r + reach && (!nearest || away < nearest.away)) nearest = { away, layer: s.layer, feature: s.feature };
    }
    if (nearest) return nearest;
    const shown = this.shown().reverse();
    const rank = { symbol: 0, area: 1, outline: 2, boundary: 3 };
    for (const layer of shown.sort((a, b) => rank[a.kind] - rank[b.kind])) {
      const feature = this._hitLayer(layer, zoom, x, y, reach);
      if (feature) return { layer, feature };
    }
    return null;
  }

  _hitLayer(layer, zoom, x, y, reach) {
    for (const placed of this.store.placed(layer, zoom, [x, y, x, y])) {
      const [u, v] = [(x - placed.left) / placed.scale, (y - placed.top) / placed.scale];
      const near = (LINE_REACH_PX + reach) / placed.scale;
      for (const feature of placed.features) {
        if (placed.rolledUp ? contains(feature, u, v) : this._touches(layer, feature, u, v, near)) {
          return placed.rolledUp ? { ...feature, rolledUp: true } : feature;
        }
      }
    }
    return null;
  }

  _touches(layer, feature, u, v, near) {
    const [x0, y0, x1, y1] = feature.box;
    if (u < x0 - near || u > x1 + near || v < y0 - near || v > y1 + near || !this.shows(layer, feature)) return false;
    if (contains(feature, u, v)) return true;
    const lined = feature.kind === LINE || feature.kind === POINT || layer.kind === "outline";
    return lined && lineDistance2(feature, u, v) <= near * near;
  }

  /** Shown features of a layer in a window, each once, with their anchor in world pixels. */
  featuresIn(layer, zoom, box) {
    const found = new Map();
    for (const placed of this.store.placed(layer, zoom, box)) {
      if (placed.rolledUp) continue;
      for (const feature of placed.features) {
        if (found.has(feature.id) || !this.shows(layer, feature)) continue;
        const at = anchor(feature);
        const [x, y] = [placed.left + at.x * placed.scale, placed.top + at.y * placed.scale];
        if (x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]) found.set(feature.id, { feature, x, y });
      }
    }
    return [...found.values()];
  }

  symbolReach(zoom) {
    return radius(zoom);
  }
}

const matches = (layer, feature, target) =>
  target.id ? feature.id === target.id : feature.props[layer.key] !== undefined && String(feature.props[layer.key]) === target.key;

const same = (a, b) => Boolean(b) && a.layer === b.layer && (a.id ? a.id === b.id : a.key === b.key);

const strokeRing = (context, x, y, r, strokes) => {
  context.beginPath();
  context.arc(x, y, r, 0, 7);
  for (const [colour, width] of strokes) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
};

const drawTick = (context, [x, y]) => {
  context.beginPath();
  context.arc(x, y, 9, 0, 7);
  context.fillStyle = BRIGHT;
  context.fill();
  context.strokeStyle = DARK;
  context.lineWidth = 2;
  context.stroke();
  context.beginPath();
  context.moveTo(x - 4, y);
  context.lineTo(x - 1, y + 3.5);
  context.lineTo(x + 4.5, y - 3.5);
  context.stroke();
};
