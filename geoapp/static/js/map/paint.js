// Paints one display tile: fills by legend class, patterns, cased outlines, red lines and boundaries.

import { POINT, LINE } from "./mvt.js";
import { patternOf } from "./symbols.js";

const FILL_ALPHA = 0.78;
const CASED_FROM_PX = 12;
const LINED_FROM_PX = 4;
const INK = "#1F2937";
export const RED_LINE = "#E60012";
export const BOUNDARY = "#7A8794";

/** Adds the parts of features to a path, in pixels of the canvas. */
export const trace = (path, feature, left, top, scale) => {
  for (const part of feature.parts) {
    path.moveTo(left + part[0] * scale, top + part[1] * scale);
    for (let i = 2; i < part.length; i += 2) path.lineTo(left + part[i] * scale, top + part[i + 1] * scale);
    if (feature.kind !== LINE) path.closePath();
  }
};

/** What a tile needs besides its data: canvas context, device pixel ratio, zoom, origin and size in world pixels. */
export class Painter {
  constructor(context, ratio, zoom, [x, y], size) {
    Object.assign(this, { context, ratio, zoom, x, y, size });
  }

  begin() {
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.context.clearRect(0, 0, this.size, this.size);
    this.context.lineJoin = "round";
  }

  /** `shows(feature)` is the filter; `classOf(feature)` its legend class. */
  layer(layer, placed, shows, classOf) {
    if (placed.rolledUp) this._rollup(layer, placed);
    else if (layer.kind === "boundary") this._boundary(placed, shows);
    else if (layer.kind === "outline") this._outline(placed, shows);
    else this._areas(layer, placed, shows, classOf);
  }

  _near(placed, feature) {
    const { left, top, scale } = placed;
    const [x0, y0, x1, y1] = feature.box;
    return left + x1 * scale >= this.x - 4 && left + x0 * scale <= this.x + this.size + 4
      && top + y1 * scale >= this.y - 4 && top + y0 * scale <= this.y + this.size + 4;
  }

  _trace(path, placed, feature) {
    trace(path, feature, placed.left - this.x, placed.top - this.y, placed.scale);
  }

  _areas(layer, placed, shows, classOf) {
    const byClass = new Map();
    const lines = { cased: new Path2D(), thin: new Path2D() };
    for (const feature of placed.features) {
      if (!this._near(placed, feature) || !shows(feature)) continue;
      const cls = classOf(feature);
      if (!byClass.has(cls)) byClass.set(cls, new Path2D());
      this._area(byClass.get(cls), lines, layer, placed, feature);
    }
    for (const [cls, path] of byClass) this._fill(path, cls);
    this._stroke(lines.cased, "#FFFFFF", 3);
    this._stroke(lines.cased, INK, 1);
    this._stroke(lines.thin, INK, 0.5);
  }

  _area(path, lines, layer, placed, feature) {
    const width = (feature.box[2] - feature.box[0]) * placed.scale;
    const height = (feature.box[3] - feature.box[1]) * placed.scale;
    if (feature.kind === POINT || (width < 2 && height < 2)) {
      if (layer.kind === "symbol") return;
      const x = placed.left - this.x + feature.parts[0][0] * placed.scale;
      const y = placed.top - this.y + feature.parts[0][1] * placed.scale;
      path.rect(x - 1, y - 1, 2, 2);
      return;
    }
    if (feature.kind !== LINE) this._trace(path, placed, feature);
    if (width >= CASED_FROM_PX) this._trace(lines.cased, placed, feature);
    else if (width >= LINED_FROM_PX) this._trace(lines.thin, placed, feature);
  }

  _fill(path, cls) {
    const { context } = this;
    context.globalAlpha = FILL_ALPHA;
    context.fillStyle = cls.fill;
    context.fill(path);
    context.globalAlpha = 1;
    const pattern = patternOf(context, cls, this.ratio);
    if (pattern) {
      context.fillStyle = pattern;
      context.fill(path);
    }
  }

  _stroke(path, colour, width, dash = []) {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.stroke(path);
    context.setLineDash([]);
  }

  _shown(placed, shows) {
    const path = new Path2D();
    for (const feature of placed.features) {
      if (this._near(placed, feature) && shows(feature)) this._trace(path, placed, feature);
    }
    return path;
  }

  _outline(placed, shows) {
    const path = this._shown(placed, shows);
    const width = this.zoom < 13 ? 1.8 : 2.5;
    this._stroke(path, "#FFFFFF", width + 2.5);
    this._stroke(path, RED_LINE, width, [12, 4, 2.5, 4]);
  }

  _boundary(placed, shows) {
    const path = this._shown(placed, shows);
    this.context.fillStyle = "rgba(255,255,255,0.55)";
    this.context.fill(path);
    this._stroke(path, "rgba(255,255,255,0.9)", 3);
    this._stroke(path, BOUNDARY, 1.2, [7, 3]);
  }

  _rollup(layer, placed) {
    for (const feature of placed.features) {
      const path = new Path2D();
      this._trace(path, placed, feature);
      const cls = layer.classes.find((c) => c.key === feature.props.top);
      this.context.globalAlpha = 0.35;
      this.context.fillStyle = cls ? cls.fill : "#9AA5B1";
      this.context.fill(path);
      this.context.globalAlpha = 1;
      this._stroke(path, BOUNDARY, 1);
    }
  }
}
