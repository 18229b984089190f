// Symbols and labels of one view, drawn over the tiles on one canvas so that nothing is cut at a tile's edge.

import { decimal, integer, t } from "../i18n.js";
import { POINT } from "./mvt.js";
import { anchor } from "./shapes.js";
import { drawGlyph, drawSymbol, FONT } from "./symbols.js";

const GLYPH_ZOOM = 17;
const NUMBER_ZOOM = 18;
const MOST_LABELS = 500;
const SPECK_PX = 9;
const MOST_DOTS = 2000;
const widths = new Map();

const widthOf = (context, text, font) => {
  const key = font + text;
  if (!widths.has(key)) {
    context.font = font;
    if (widths.size > 5000) widths.clear();
    widths.set(key, context.measureText(text).width);
  }
  return widths.get(key);
};

const fontOf = (size, weight = 400) => `${weight} ${size}px ${FONT}`;

class Boxes {
  constructor() {
    this.taken = [];
  }

  free(x0, y0, x1, y1) {
    return !this.taken.some((b) => x0 < b[2] && x1 > b[0] && y0 < b[3] && y1 > b[1]);
  }

  take(x0, y0, x1, y1) {
    this.taken.push([x0, y0, x1, y1]);
  }
}

/** Radius of point symbols at a zoom. */
export const radius = (zoom) => (zoom < 12 ? 4 : zoom < 13.5 ? 5 : zoom < 16 ? 8 : 10);

/** Draws a view; returns the symbols drawn, for hit tests: [{layer, feature, x, y, r}] in world pixels. */
export class Marks {
  constructor(context, view, ratio) {
    Object.assign(this, { context, view, ratio, boxes: new Boxes(), badges: new Boxes(), symbols: [], labels: 0 });
  }

  /** Each layer is {layer, pieces, shows, classOf}, pieces as `placed` tiles; places are the plain base map's names. */
  draw(layers, places) {
    this.context.lineJoin = "round";
    const named = new Set();
    const top = [...layers].reverse();
    for (const l of top) if (l.layer.kind === "symbol") this._symbols(l);
    for (const l of top) if (l.layer.kind === "area" && l.filtered) this._dots(l);
    for (const l of top) if (l.layer.kind === "outline") this._badges(l);
    for (const l of top) this._rollups(l, named);
    for (const l of top) if (l.layer.kind === "boundary") this._names(l, named);
    for (const place of places) if (!named.has(place.name)) this._place(place);
    for (const l of top) if (l.layer.kind === "symbol") this._symbolNames(l);
    if (this.view.zoom >= GLYPH_ZOOM) for (const l of top) if (l.layer.kind === "area") this._parcels(l);
    return this.symbols;
  }

  /** The largest piece of each feature with its anchor on the canvas. */
  *_features({ pieces, shows }, rolledUp = false) {
    const best = new Map();
    for (const placed of pieces) {
      if (placed.rolledUp !== rolledUp) continue;
      for (const feature of placed.features) {
        if (!rolledUp && !shows(feature)) continue;
        const at = anchor(feature);
        const size = at.size * placed.scale ** 2;
        const id = feature.id || feature.props.code;
        const here = { feature, placed, size, x: placed.left + at.x * placed.scale - this.view.x, y: placed.top + at.y * placed.scale - this.view.y };
        const known = best.get(id);
        if (!known || this._better(here, known)) best.set(id, here);
      }
    }
    for (const here of best.values()) {
      if (here.x > -40 && here.y > -40 && here.x < this.view.width + 40 && here.y < this.view.height + 40) yield here;
    }
  }

  _better(a, b) {
    const inside = (p) => p.x > this.view.pad && p.y > this.view.pad && p.x < this.view.width - this.view.pad && p.y < this.view.height - this.view.pad;
    return inside(a) === inside(b) ? a.size > b.size : inside(a);
  }

  _symbols(l) {
    const r = radius(this.view.zoom);
    for (const { feature, x, y } of this._features(l)) {
      drawSymbol(this.context, l.classOf(feature), x, y, r, this.ratio);
      this.boxes.take(x - r - 2, y - r - 2, x + r + 2, y + r + 2);
      this.symbols.push({ layer: l.layer, feature, x: this.view.x + x, y: this.view.y + y, r: r + 3 });
    }
  }

  _symbolNames(l) {
    const from = l.layer.label === l.layer.key ? 17 : 14;
    if (this.view.zoom < from) return;
    const r = radius(this.view.zoom);
    for (const { feature, x, y } of this._features(l)) {
      const text = feature.props[l.layer.label];
      if (text) this._text(String(text), x, y + r + 10, { size: 12, colour: "#111827" });
    }
  }

  /** What a filter left over is never lost for being small: areas of a few pixels become dots. */
  _dots(l) {
    let drawn = 0;
    for (const { feature, placed, x, y } of this._features(l)) {
      const across = Math.max(feature.box[2] - feature.box[0], feature.box[3] - feature.box[1]) * placed.scale;
      if (across >= SPECK_PX || drawn >= MOST_DOTS) continue;
      drawSymbol(this.context, { ...l.classOf(feature), shape: "circle" }, x, y, 4, this.ratio);
      this.symbols.push({ layer: l.layer, feature, x: this.view.x + x, y: this.view.y + y, r: 6 });
      drawn += 1;
    }
  }

  /** The code in a square of the stage's colour, and the name beside it. */
  _badges(l) {
    for (const { feature, x, y } of this._features(l)) {
      const code = String(feature.props[l.layer.key] ?? "");
      const cls = l.classOf(feature);
      const w = Math.max(20, widthOf(this.context, code, fontOf(11, 600)) + 8);
      if (!this.badges.free(x - w / 2, y - 9, x + w / 2, y + 9)) continue;
      for (const boxes of [this.badges, this.boxes]) boxes.take(x - w / 2 - 1, y - 10, x + w / 2 + 1, y + 10);
      this._badge(code, cls, x, y, w);
      this.symbols.push({ layer: l.layer, feature, x: this.view.x + x, y: this.view.y + y, r: 11 });
      const name = feature.props[l.layer.label];
      if (this.view.zoom >= 13 && name && name !== code) this._text(String(name), x, y + 18, { size: 12, weight: 600, colour: "#7A0010" });
    }
  }

  _badge(code, cls, x, y, w) {
    const c = this.context;
    c.fillStyle = "#FFFFFF";
    c.fillRect(x - w / 2 - 1.5, y - 10.5, w + 3, 21);
    c.fillStyle = cls.fill;
    c.fillRect(x - w / 2, y - 9, w, 18);
    c.strokeStyle = "#7A0010";
    c.lineWidth = 1;
    c.strokeRect(x - w / 2, y - 9, w, 18);
    c.font = fontOf(11, 600);
    c.fillStyle = cls.ink;
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.fillText(code, x, y + 0.5);
  }

  _rollups(l, named) {
    for (const { feature, x, y } of this._features(l, true)) {
      const { name, n, done_pct: done } = feature.props;
      const words = { name, n: integer(n), counter: l.layer.counter ?? t("条"), percent: decimal(done ?? 0, 0) };
      const text = done === undefined ? t("{name} {n} {counter}", words) : t("{name} {n} {counter} {percent}%", words);
      if (this._text(text, x, y, { size: 13, weight: 600, colour: "#111827" })) named.add(name);
    }
  }

  _names(l, named) {
    if (this.view.zoom < 10.5) return;
    for (const { feature, x, y } of this._features(l)) {
      const name = feature.props[l.layer.label];
      if (!name || named.has(name)) continue;
      named.add(name);
      this._text(name, x, y, { size: this.view.zoom < 12 ? 12 : 13, weight: 600, colour: "#475569" });
    }
  }

  _place({ name, kind, x, y }) {
    const [px, py] = [x - this.view.x, y - this.view.y];
    const town = kind === "town";
    if (!town && this.view.zoom < 11) return;
    this._text(name, px, py, { size: town ? 15 : 12, weight: town ? 600 : 400, colour: "#334155" });
  }

  _parcels(l) {
    for (const { feature, placed, x, y } of this._features(l)) {
      if (this.labels > MOST_LABELS) return;
      if (feature.kind === POINT) continue;
      const width = (feature.box[2] - feature.box[0]) * placed.scale;
      const height = (feature.box[3] - feature.box[1]) * placed.scale;
      if (width < 18 || height < 16) continue;
      const lines = this.view.zoom >= NUMBER_ZOOM ? this._lines(l.layer, feature, width, height) : [];
      const cls = l.classOf(feature);
      const tall = 16 + lines.length * 14;
      const half = Math.max(9, ...lines.map((text) => widthOf(this.context, text, fontOf(12)) / 2 + 2));
      if (!this.boxes.free(x - half, y - tall / 2, x + half, y + tall / 2)) continue;
      this.boxes.take(x - half, y - tall / 2, x + half, y + tall / 2);
      drawGlyph(this.context, cls, x, y - lines.length * 7, 13);
      lines.forEach((text, i) => this._ink(text, x, y + 9 - lines.length * 7 + (i + 0.5) * 14, cls));
      this.labels += 1;
    }
  }

  _lines(layer, feature, width, height) {
    const lines = [String(feature.props[layer.label] ?? "")];
    const weight = feature.props[layer.weight];
    if (weight !== undefined) lines.push(`${decimal(weight, 2)} ${layer.weight_unit ?? ""}`.trim());
    const wide = Math.max(...lines.map((text) => widthOf(this.context, text, fontOf(12))));
    return wide + 8 < width && height > 52 ? lines : [];
  }

  _ink(text, x, y, cls) {
    const c = this.context;
    c.font = fontOf(12);
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.strokeStyle = cls.fill;
    c.lineWidth = 3;
    c.strokeText(text, x, y);
    c.fillStyle = cls.ink;
    c.fillText(text, x, y);
  }

  /** Text with a white halo where there is room; says whether there was. */
  _text(text, x, y, { size, weight = 400, colour }) {
    const c = this.context;
    const font = fontOf(size, weight);
    const half = widthOf(c, text, font) / 2 + 3;
    if (!this.boxes.free(x - half, y - size * 0.7, x + half, y + size * 0.7)) return false;
    this.boxes.take(x - half, y - size * 0.7, x + half, y + size * 0.7);
    c.font = font;
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.strokeStyle = "rgba(255,255,255,0.92)";
    c.lineWidth = 3.5;
    c.strokeText(text, x, y);
    c.fillStyle = colour;
    c.fillText(text, x, y);
    return true;
  }
}
