// Measuring on the CGCS2000 plane of the town's zone: metres along a line, mu and m² of an area.

import { $, copy, toast } from "../dom.js";
import { decimal, MU_M2, t } from "../i18n.js";
import { area, length, toPlane } from "./gk.js";
import { worldX, worldY } from "./mercator.js";

const INK = "#111827";
const BRIGHT = "#FFE600";

export class Measure {
  constructor(config, adapter) {
    Object.assign(this, { config, adapter, box: $("#measure"), points: [], mode: "area", ended: false });
    for (const button of document.querySelectorAll("[data-measure]")) {
      button.addEventListener("click", () => this._do(button.dataset.measure));
    }
    adapter.on("pointer", (place) => {
      if (!this.active || this.ended || !this.points.length) return;
      this.loose = place && [place.lon, place.lat];
      this._tell();
      adapter.rehighlight();
    });
    adapter.on("dblclick", () => { if (this.active) this.end(); });
  }

  get active() {
    return !this.box.hidden;
  }

  toggle() {
    if (this.active) {
      this.close();
      return;
    }
    this.box.hidden = false;
    $("#tool-measure").setAttribute("aria-pressed", "true");
    this.adapter.cursor("crosshair");
    this.adapter.doubleClickZoom(false);
    this._clear();
  }

  close() {
    this.box.hidden = true;
    $("#tool-measure").setAttribute("aria-pressed", "false");
    this.adapter.cursor("");
    this.adapter.doubleClickZoom(true);
    this._clear();
  }

  /** Escape first ends the line, then the tool. */
  escape() {
    if (this.points.length && !this.ended) this.end();
    else this.close();
  }

  add(lon, lat) {
    if (this.ended) this._clear();
    const last = this.points.at(-1);
    if (last && Math.abs(last[0] - lon) < 1e-8 && Math.abs(last[1] - lat) < 1e-8) return;
    this.points.push([lon, lat]);
    this._changed();
  }

  end() {
    this.ended = true;
    this.loose = null;
    this._changed();
  }

  _clear() {
    this.points = [];
    this.ended = false;
    this.loose = null;
    this._changed();
  }

  _changed() {
    this._tell();
    this.adapter.rehighlight();
  }

  _do(what) {
    const view = this.adapter.view();
    const acts = {
      distance: () => { this.mode = what; this._changed(); },
      area: () => { this.mode = what; this._changed(); },
      centre: () => this.add(view.lon, view.lat),
      back: () => { this.points.pop(); this.ended = false; this._changed(); },
      clear: () => this._clear(),
      copy: () => copy(this.text()).then(() => toast(t("已复制"), { key: "copied" })),
      close: () => this.close(),
    };
    acts[what]();
    for (const button of document.querySelectorAll("[data-measure=distance], [data-measure=area]")) {
      button.setAttribute("aria-pressed", String(button.dataset.measure === this.mode));
    }
  }

  _plane() {
    const points = this.loose ? [...this.points, this.loose] : this.points;
    return points.map(([lon, lat]) => toPlane(lon, lat, this.config.central_meridian));
  }

  /** The result in words, area in mu first. */
  text() {
    const points = this._plane();
    if (this.mode === "distance") return t("距离 {n} 米", { n: decimal(length(points), 2) });
    if (points.length < 3) return t("周长 {n} 米", { n: decimal(length(points), 2) });
    const m2 = area(points);
    const around = length([...points, points[0]]);
    return t("面积 {mu} 亩（{m2} m²），周长 {around} 米", { mu: decimal(m2 / MU_M2, 4), m2: decimal(m2, 2), around: decimal(around, 2) });
  }

  _tell() {
    $("#measure-result").textContent = this.points.length ? this.text() : t("在图上点选，双击或按 Enter 结束");
  }

  /** Draws the line or ring over the map. */
  draw(context, view) {
    const points = (this.loose ? [...this.points, this.loose] : this.points).map(([lon, lat]) => [worldX(lon, view.zoom) - view.x, worldY(lat, view.zoom) - view.y]);
    if (!points.length) return;
    context.beginPath();
    points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    if (this.mode === "area" && points.length > 2) {
      context.closePath();
      context.fillStyle = "rgba(255,230,0,0.2)";
      context.fill();
    }
    for (const [colour, width] of [[INK, 4], [BRIGHT, 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    }
    for (const [x, y] of points) {
      context.beginPath();
      context.arc(x, y, 4, 0, 7);
      context.fillStyle = "#FFFFFF";
      context.fill();
      context.strokeStyle = INK;
      context.lineWidth = 2;
      context.stroke();
    }
  }
}
