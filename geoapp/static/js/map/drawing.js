// Changing outlines on the map: corners with snapping and shared boundaries, new outlines, cuts, joins, pasted coordinates.

import { $, debounced, painted, toast } from "../dom.js";
import { decimal, MU_M2, t } from "../i18n.js";
import { askJson } from "../net.js";
import { area as ringArea, toPlane } from "./gk.js";
import { DrawForms } from "./drawforms.js";
import { Keeping } from "./keeping.js";
import { Outlines } from "./outline.js";
import { drawOutlines, drawParts, drawPath, drawSnap } from "./sketch.js";

const REACH = 11;
const SNAP = 10;
const AROUND = 0.0006;

const words = (m2) => t("{mu} 亩（{m2} m²）", { mu: decimal(m2 / MU_M2, 4), m2: decimal(m2, 2) });

export class Drawing {
  constructor(page) {
    Object.assign(this, { page, bar: $("#draw"), mode: "", path: [], outlines: null, parts: null, held: null });
    if (!this.bar) return;
    this.forms = new DrawForms(page, this);
    const place = page.map.container();
    for (const [name, act] of [["pointerdown", "_down"], ["pointermove", "_move"], ["pointerup", "_up"], ["pointercancel", "_up"]]) {
      place.addEventListener(name, (event) => this[act](event), { capture: true });
    }
    for (const name of ["mousedown", "click"]) place.addEventListener(name, (event) => { if (this.swallow) event.stopPropagation(); }, { capture: true });
    page.map.on("pointer", (at) => this._loose(at));
    page.map.on("dblclick", () => { if (this._drawsLine) this.end(); });
    $("#tool-draw").addEventListener("click", () => (this.active ? this.close() : this.start()));
    for (const button of document.querySelectorAll("[data-draw]")) button.addEventListener("click", () => this.act(button.dataset.draw));
    this.keeping = new Keeping(this);
    this.check = debounced(350, () => this.keeping.check());
  }

  get active() {
    return Boolean(this.bar) && !this.bar.hidden;
  }

  get _drawsLine() {
    return this.active && (this.mode === "new" || this.mode === "split");
  }

  /** The layer whose outlines are changed: that of the selected feature, or the first of areas. */
  get layer() {
    const { config, scene } = this.page;
    const named = config.layers.find((l) => l.id === scene.selected?.layer);
    return named?.polygon ? named : config.layers.find((l) => l.kind === "area" && l.polygon);
  }

  start() {
    if (this.page.state.values.asof) {
      toast(t("过去的日子只能看，不能改"), { key: "draw" });
      return;
    }
    if (this.page.measure.active) this.page.measure.close();
    this.bar.hidden = false;
    $("#tool-draw").setAttribute("aria-pressed", "true");
    this._to("");
  }

  close() {
    this.bar.hidden = true;
    $("#tool-draw").setAttribute("aria-pressed", "false");
    this._to("");
  }

  /** Leaves whatever is being drawn for another mode; nothing of it is saved. */
  _to(mode) {
    Object.assign(this, { mode, path: [], outlines: null, parts: null, held: null, loose: null, snapAt: null, fault: "", checked: "", clash: "" });
    this.page.map.cursor(mode === "new" || mode === "split" ? "crosshair" : "");
    this.page.map.doubleClickZoom(!mode);
    this._tell();
    this.page.map.rehighlight();
  }

  act(what) {
    const acts = {
      edit: () => this.edit(), new: () => this._new(), split: () => this._split(), merge: () => this.forms.merge(), paste: () => this.forms.paste(),
      back: () => this.back(), point: () => this._removeCorner(), end: () => this.end(), save: () => this.keeping.save(), mine: () => this.keeping.settle("mine"), theirs: () => this.keeping.settle("theirs"), cancel: () => this._to(""), close: () => this.close(),
    };
    acts[what]?.();
  }

  async _fetch(query) {
    const { layer } = this;
    return (await askJson(`/api/collections/${layer.id}/items?f=json&limit=200&${query}`)).features;
  }

  /** The selected feature with its neighbours; `geometry` replaces the outline, as a pasted list does. */
  async edit(geometry = null) {
    const { selected } = this.page.scene;
    const { layer } = this;
    if (!selected || selected.layer !== layer.id) {
      toast(t("请先在图上点选一个{title}", { title: layer.title }), { key: "draw" });
      return;
    }
    this._to("edit");
    try {
      const own = await askJson(`/api/collections/${layer.id}/items/${selected.id}?f=json`);
      await this._load(own, layer);
      if (geometry) {
        this.outlines.remember();
        const drawn = new Outlines(this.page.config.central_meridian);
        drawn.add({ id: own.id, geometry }, "", true);
        Object.assign(this.outlines.own, { parts: drawn.own.parts, changed: true });
        this.check();
      }
      const box = this._box(this.outlines.own.parts.flat(2));
      this.page.map.fit(box, 19);
    } catch (error) {
      this._to("");
      toast(error.message, { trouble: true, key: "draw" });
      return;
    }
    this._tell();
    this.page.map.rehighlight();
    painted("draw");
  }

  async _load(own, layer) {
    const outlines = new Outlines(this.page.config.central_meridian);
    if (own) outlines.add(own, own.properties[layer.key], true);
    const [w, s, e, n] = own ? this._box(outlines.own.parts.flat(2)) : this.page.map.view().bbox;
    for (const f of await this._fetch(`bbox=${[w - AROUND, s - AROUND, e + AROUND, n + AROUND].map((c) => c.toFixed(7)).join(",")}`)) {
      if (f.geometry && f.id !== own?.id && f.geometry.type.endsWith("Polygon")) outlines.add(f, f.properties[layer.key]);
    }
    this.outlines = outlines;
  }

  _box(points) {
    const [lons, lats] = [points.map((p) => p[0]), points.map((p) => p[1])];
    return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  }

  async _new() {
    this._to("new");
    try {
      await this._load(null, this.layer);
    } catch { /* drawing works without neighbours to snap to */ }
    this._tell();
  }

  async _split() {
    const { selected } = this.page.scene;
    const { layer } = this;
    if (!selected || selected.layer !== layer.id) {
      toast(t("请先在图上点选一个{title}", { title: layer.title }), { key: "draw" });
      return;
    }
    this._to("split");
    try {
      const own = await askJson(`/api/collections/${layer.id}/items/${selected.id}?f=json`);
      await this._load(own, layer);
      this.page.map.fit(this._box(this.outlines.own.parts.flat(2)), 19);
    } catch (error) {
      this._to("");
      toast(error.message, { trouble: true, key: "draw" });
    }
    this._tell();
  }

  /** A click on the map while a line or a new outline is drawn. Returns whether the click was ours. */
  clicked({ lon, lat, zoom }) {
    if (!this.active || !this.mode) return false;
    if (!this._drawsLine || this.ended) return true;
    const at = this._snapped(lon, lat, zoom);
    const last = this.path.at(-1);
    if (!last || Math.hypot(last[0] - at[0], last[1] - at[1]) > 1e-8) this.path.push(at);
    this._tell();
    this.page.map.rehighlight();
    if (this.mode === "split" && this.path.length > 1) this.check();
    return true;
  }

  _snapped(lon, lat, zoom, held = []) {
    this.snapAt = $("#draw-snap").checked ? this.outlines?.snap(lon, lat, zoom, SNAP, held) ?? null : null;
    return this.snapAt ? [...this.snapAt] : [lon, lat];
  }

  _loose(at) {
    if (!this._drawsLine || !at) return;
    this.loose = this._snapped(at.lon, at.lat, at.zoom);
    if (this.mode === "new") this._tell();
    this.page.map.rehighlight();
  }

  _place(event) {
    const box = this.page.map.container().getBoundingClientRect();
    const [ox, oy] = this.page.map.origin();
    return [ox + event.clientX - box.left, oy + event.clientY - box.top];
  }

  _down(event) {
    if (!this.active || this.mode !== "edit" || !this.outlines || event.button !== 0 || event.target.closest("button, a, .draw")) return;
    const { zoom } = this.page.map.view();
    const [x, y] = this._place(event);
    const handle = this.outlines.handleAt(x, y, zoom, event.pointerType === "touch" ? 2 * REACH : REACH);
    if (!handle) return;
    event.stopPropagation();
    event.preventDefault();
    this.swallow = true;
    this.page.map.container().setPointerCapture(event.pointerId);
    const shared = $("#draw-shared").checked;
    this.outlines.remember();
    const corner = handle.half ? this.outlines.insert(handle.ring, handle.index, shared) : handle.ring[handle.index];
    const index = handle.half ? handle.index + 1 : handle.index;
    this.drag = { held: this.outlines.together(corner, shared), moved: handle.half };
    this.held = { ring: handle.ring, index };
    this.page.map.rehighlight();
  }

  _move(event) {
    if (!this.drag) return;
    event.stopPropagation();
    const { zoom } = this.page.map.view();
    const [lon, lat] = this.page.map.toLonLat(...this._place(event));
    this.outlines.move(this.drag.held, this._snapped(lon, lat, zoom, this.drag.held));
    this.drag.moved = true;
    this._tell();
    this.page.map.rehighlight();
    painted("draw-move");
  }

  _up(event) {
    if (!this.drag) return;
    event.stopPropagation();
    if (!this.drag.moved) this.outlines.back();
    this.drag = null;
    this.snapAt = null;
    setTimeout(() => { this.swallow = false; }, 0);
    this.check();
    this._tell();
    this.page.map.rehighlight();
  }

  _removeCorner() {
    if (!this.held || !this.outlines) return;
    this.outlines.remember();
    const held = this.outlines.together(this.held.ring[this.held.index], $("#draw-shared").checked);
    if (!this.outlines.remove(held)) {
      this.outlines.back();
      toast(t("图形至少要有三个角点"), { key: "draw" });
    }
    this.held = null;
    this.check();
    this._tell();
    this.page.map.rehighlight();
  }

  /** One step back inside the drawing; returns false when there is nothing to step back to. */
  back() {
    if (!this.active || !this.mode) return false;
    const done = this._drawsLine ? this.path.pop() !== undefined : this.outlines?.back() ?? false;
    Object.assign(this, { held: null, parts: null, ended: false, checked: "" });
    if (done) this.check();
    this._tell();
    this.page.map.rehighlight();
    return done;
  }

  escape() {
    if (this.mode) this._to("");
    else this.close();
  }

  end() {
    if (this.mode === "new" && this.path.length > 2) this.forms.create({ type: "Polygon", coordinates: [[...this.path, this.path[0]]] });
    else if (this.mode === "split") this.keeping.check();
  }

  _tell() {
    const { mode } = this;
    for (const button of this.bar?.querySelectorAll("[data-when]") ?? []) button.hidden = !button.dataset.when.split(" ").includes(this.clash ? "clash" : mode || "idle");
    const label = $("#draw-words");
    if (!label) return;
    const own = this.outlines?.own;
    if (this.clash) label.textContent = this.clash;
    else if (mode === "edit" && own) {
      const [now, others] = [this.outlines.area(own), this.outlines.changed().filter((f) => !f.own).length];
      const change = now - own.area0;
      label.textContent = [`${own.key} ${words(now)}`, Math.abs(change) >= 0.005 ? t("比原来 {sign}{m2} m²", { sign: change > 0 ? "+" : "−", m2: decimal(Math.abs(change), 2) }) : "", others ? t("另 {n} 块一起变", { n: others }) : ""].filter(Boolean).join(" · ");
    } else if (mode === "new") {
      const points = this.loose ? [...this.path, this.loose] : this.path;
      label.textContent = points.length > 2 ? words(ringArea(points.map(([lon, lat]) => toPlane(lon, lat, this.page.config.central_meridian)))) : t("在图上依次点出角点，双击或按 Enter 结束");
    } else if (mode === "split") label.textContent = this.path.length > 1 ? t("{key} 分割", { key: own?.key ?? "" }) : t("点出一条穿过图形的线，两端画到图形外面");
    else label.textContent = t("点选一块后修改图形或分割；选中几块后合并；也可以新画或粘贴坐标");
    const more = $("#draw-check");
    more.textContent = this.fault || this.checked;
    more.classList.toggle("is-bad", Boolean(this.fault));
    const save = this.bar.querySelector("[data-draw=save]");
    if (save) save.disabled = (mode === "edit" && Boolean(this.fault)) || (mode === "split" && !this.parts) || (mode === "new" && this.path.length < 3);
  }

  draw(context, view) {
    if (!this.active || !this.mode) return;
    if (this.mode === "edit" && this.outlines) drawOutlines(context, view, this.outlines, this.held);
    if (this.parts) drawParts(context, view, this.parts);
    if (this._drawsLine) drawPath(context, view, this.loose && !this.ended ? [...this.path, this.loose] : this.path, this.mode === "new" && this.path.length > 1);
    drawSnap(context, view, this.snapAt);
  }
}
