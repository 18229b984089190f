// Choosing many features: box, lasso, Shift and click, what the filter shows, a village, or a pasted list of numbers.

import { $, debounced, framed, painted, toast } from "../dom.js";
import { decimal, integer, t } from "../i18n.js";
import { send } from "./saving.js";

const LIST_MOST = 800;
const ADDRESS_MOST = 3500;

const inside = (points, x, y) => {
  let within = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i, i += 1) {
    const [xi, yi] = points[i];
    const [xj, yj] = points[j];
    if ((yi > y) !== (yj > y) && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within;
  }
  return within;
};

export class Selecting {
  /** `page` is the map page. The bar shows how many and how much; `changed()` after each change. */
  constructor(page) {
    Object.assign(this, { page, bar: $("#select-bar"), mode: "", path: [], weights: new Map() });
    this.confirm = debounced(200, () => this._confirm());
    const place = page.map.container();
    for (const [name, act] of [["pointerdown", "_down"], ["pointermove", "_move"], ["pointerup", "_up"], ["pointercancel", "_cancel"]]) {
      place.addEventListener(name, (event) => this[act](event), { capture: true });
    }
    for (const name of ["mousedown", "click"]) place.addEventListener(name, (event) => { if (this._mine(event)) event.stopPropagation(); }, { capture: true });
    $("#tool-select")?.addEventListener("click", () => this.setMode(this.mode ? "" : "box"));
    for (const button of document.querySelectorAll("[data-select]")) button.addEventListener("click", () => this._do(button.dataset.select));
    $("#paste-form")?.addEventListener("submit", (event) => this._pasted(event));
    this.drag = framed(() => this._dragged());
  }

  get layer() {
    const { config, scene } = this.page;
    return config.layers.find((l) => l.id === scene.chosen.layer) ?? config.layers.find((l) => l.kind === "area");
  }

  get ids() {
    return this.page.scene.chosen.ids;
  }

  setMode(mode) {
    this.mode = mode;
    $("#tool-select")?.setAttribute("aria-pressed", String(Boolean(mode)));
    for (const button of document.querySelectorAll("[data-select=box], [data-select=lasso]")) button.setAttribute("aria-pressed", String(button.dataset.select === mode));
    this.page.map.cursor(mode ? "crosshair" : "");
    this._show();
  }

  _do(what) {
    const acts = {
      box: () => this.setMode(this.mode === "box" ? "" : "box"),
      lasso: () => this.setMode(this.mode === "lasso" ? "" : "lasso"),
      filter: () => this._byFilter(),
      paste: () => $("#paste").showModal(),
      "paste-close": () => $("#paste").close(),
      clear: () => this.clear(),
      print: () => location.assign(this._sheet()),
      list: () => location.assign(`${this.layer.page}?ids=${[...this.ids].join(",")}`),
    };
    acts[what]?.();
  }

  clear() {
    this.choose(new Set());
    this.setMode("");
  }

  /** The selection is exactly these ids from now on. */
  choose(ids, layer = this.layer) {
    this.page.scene.chosen = { layer: layer.id, ids };
    this.sum = null;
    this.page.map.rehighlight();
    this._show();
    if (ids.size) this.confirm();
    painted("select-many");
    this.page.selectionChanged?.();
  }

  _mine(event) {
    return (this.mode || event.shiftKey) && !this.page.measure.active && !this.page.drawing?.active && event.button === 0 && !event.target.closest("button, a");
  }

  _at(event) {
    const box = this.page.map.container().getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  _down(event) {
    if (!this._mine(event)) return;
    event.stopPropagation();
    event.preventDefault();
    this.page.map.container().setPointerCapture(event.pointerId);
    this.path = [this._at(event)];
    this.start = { add: event.shiftKey || event.ctrlKey, before: new Set(event.shiftKey || event.ctrlKey ? this.ids : []), layer: this.layer };
  }

  _move(event) {
    if (!this.start) return;
    event.stopPropagation();
    this.path.push(this._at(event));
    this.drag();
  }

  _cancel() {
    this.start = null;
    this.path = [];
    this.page.map.rehighlight();
  }

  _up(event) {
    if (!this.start) return;
    event.stopPropagation();
    const [[x0, y0], [x1, y1]] = [this.path[0], this.path.at(-1)];
    if (Math.hypot(x1 - x0, y1 - y0) < 5 && this.path.length < 12) this._toggleAt(x1, y1);
    else this.choose(this._covered());
    this._cancel();
  }

  /** Shift and click takes one feature in or out. */
  _toggleAt(x, y) {
    const { map, scene } = this.page;
    const [ox, oy] = map.origin();
    const hit = scene.hit(map.view().zoom, ox + x, oy + y, 0);
    if (!hit || hit.feature.rolledUp || (this.ids.size && hit.layer.id !== this.layer.id)) return;
    const ids = new Set(this.ids);
    if (!ids.delete(hit.feature.id)) ids.add(hit.feature.id);
    this.choose(ids, hit.layer);
  }

  _ring() {
    if (this.mode === "lasso") return this.path;
    const [[x0, y0], [x1, y1]] = [this.path[0], this.path.at(-1)];
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
  }

  /** Ids whose middle lies inside what was drawn, with those chosen before. */
  _covered() {
    const { map, scene } = this.page;
    const [ox, oy] = map.origin();
    const ring = this._ring().map(([x, y]) => [ox + x, oy + y]);
    const xs = ring.map((p) => p[0]);
    const ys = ring.map((p) => p[1]);
    const found = scene.featuresIn(this.start.layer, map.view().zoom, [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]);
    const ids = new Set(this.start.before);
    for (const { feature, x, y } of found) {
      if (!inside(ring, x, y)) continue;
      ids.add(feature.id);
      this.weights.set(feature.id, feature.props[this.start.layer.weight]);
    }
    return ids;
  }

  _dragged() {
    if (!this.start) return;
    const ids = this._covered();
    this._tell(ids, null);
    this.page.map.rehighlight();
    painted("lasso");
  }

  /** The box or lasso while it is drawn. */
  draw(context, view) {
    if (!this.start || this.path.length < 2) return;
    const pad = view.pad ?? 0;
    context.beginPath();
    this._ring().forEach(([x, y], i) => (i ? context.lineTo(x + pad, y + pad) : context.moveTo(x + pad, y + pad)));
    context.closePath();
    context.fillStyle = "rgba(11,87,208,0.12)";
    context.fill();
    context.strokeStyle = "#0B57D0";
    context.lineWidth = 2;
    context.setLineDash([6, 4]);
    context.stroke();
    context.setLineDash([]);
  }

  async _byFilter() {
    const { state } = this.page;
    const { layer } = this;
    const query = this.page.queryOfShown(layer, state.values);
    try {
      const answer = await fetch(`/ids.json?${query}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(t("服务暂时不可用，请稍后重试"));
      this.choose(new Set((await answer.json()).ids), layer);
    } catch (error) {
      toast(error.message, { trouble: true, key: "select" });
    }
  }

  async _pasted(event) {
    event.preventDefault();
    const keys = $("#paste-text").value.split(/[\s,，、;；]+/).filter(Boolean);
    if (!keys.length) return;
    const out = $("#paste-result");
    try {
      const found = await send("/selection.json", { json: { layer: this.layer.id, keys } });
      out.textContent = t("找到 {n} 个", { n: found.ids.length }) + found.missing.map((m) => `\n${t("没有 {text}", { text: m.text })}${m.nearest.length ? t("，最接近：{keys}", { keys: m.nearest.join("、") }) : ""}`).join("");
      this.choose(new Set(found.ids), this.layer);
      if (!found.missing.length) $("#paste").close();
      if (found.bbox) this.page.map.fit(found.bbox);
    } catch (error) {
      out.textContent = error.message;
    }
  }

  /** Where the selection is put on paper, on the day looked at. */
  _sheet() {
    const { asof } = this.page.state.values;
    return `/print?layer=${this.layer.id}&ids=${[...this.ids].join(",")}${asof ? `&asof=${asof}` : ""}`;
  }

  /** The exact sum comes from the server. */
  async _confirm() {
    const asked = this.page.scene.chosen;
    if (!asked.ids.size) return;
    try {
      const sum = await send("/selection.json", { json: { layer: asked.layer, ids: [...asked.ids] } });
      if (this.page.scene.chosen !== asked) return;
      this.sum = sum;
      this._show();
    } catch (error) {
      toast(error.message, { trouble: true, key: "select" });
    }
  }

  _show() {
    const { ids, bar } = this;
    if (!bar) return;
    bar.hidden = !ids.size && !this.mode;
    for (const button of bar.querySelectorAll("[data-needs]")) button.disabled = !ids.size;
    const list = bar.querySelector("[data-select=list]");
    if (list) list.hidden = ids.size > LIST_MOST;
    const print = bar.querySelector("[data-select=print]");
    if (print) print.hidden = this._sheet().length > ADDRESS_MOST;
    this._tell(ids, this.sum);
  }

  _tell(ids, sum) {
    const words = $("#select-count");
    if (!words) return;
    const { layer } = this;
    if (!ids.size) {
      words.textContent = this.mode ? t("拖动框选；Shift 加选") : "";
      return;
    }
    const counter = layer.counter ?? t("条");
    const known = [...ids].map((id) => this.weights.get(id));
    const live = known.every((w) => w !== undefined) ? known.reduce((a, w) => a + Number(w), 0) : null;
    const weight = sum ? sum.weight : live;
    words.textContent = layer.weight && weight !== null
      ? t("已选 {n} {counter} · {weight} {unit}", { n: integer(ids.size), counter, weight: decimal(weight, 2), unit: layer.weight_unit ?? "" })
      : t("已选 {n} {counter}", { n: integer(ids.size), counter });
  }
}
