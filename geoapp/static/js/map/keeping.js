// Keeping what was drawn: asked of the server first (parts of a cut, overlaps, gaps), then saved as one operation.

import { toast } from "../dom.js";
import { decimal, integer, MU_M2, t } from "../i18n.js";
import { askJson } from "../net.js";
import { checkWords, faultOf } from "./faults.js";
import { send } from "./saving.js";

export class Keeping {
  constructor(drawing) {
    this.drawing = drawing;
  }

  async check() {
    const { layer, mode } = this.drawing;
    try {
      if (mode === "split" && this.drawing.path.length > 1) {
        const found = await send(`/api/collections/${layer.id}/items/${this.drawing.outlines.own.id}/split`, {
          json: { line: this._line(), dry_run: true }, headers: { "If-Match": `"${this.drawing.outlines.own.version}"` },
        });
        this.drawing.parts = found.parts;
        this.drawing.fault = "";
        this.drawing.checked = t("切成 {n} 块：{parts}；原图形 {whole} 亩", { n: found.parts.length, parts: found.parts.map((p) => t("{mu} 亩", { mu: decimal(p.area_mu, 4) })).join(" ＋ "), whole: decimal(found.whole.area_mu, 4) });
      } else if (mode === "edit" && this.drawing.outlines.changed().length) {
        const { checks } = await send(`/api/collections/${layer.id}/outlines`, { json: { features: this._features(), dry_run: true } });
        this.drawing.fault = faultOf(checks);
        this.drawing.checked = checkWords(checks);
      } else this.drawing.checked = "";
    } catch (error) {
      if (mode === "split") this.drawing.parts = null;
      this.drawing.fault = error.message;
      this.drawing.checked = "";
    }
    if (mode === this.drawing.mode) this.drawing._tell();
    this.drawing.page.map.rehighlight();
  }

  _line() {
    return { type: "LineString", coordinates: this.drawing.path };
  }

  _features() {
    return this.drawing.outlines.changed().map((f) => ({ id: f.id, version: f.version, geometry: this.drawing.outlines.geometry(f) }));
  }

  async save() {
    const { layer, mode } = this.drawing;
    const done = (answer) => {
      this.drawing.page.scene.settle(layer, 0);
      this.drawing._to("");
      if (mode !== "split") return;
      this.drawing.page.picking.deselect();
      this.drawing.page.selecting.choose(new Set(answer.ids), layer);
    };
    try {
      if (mode === "new") {
        this.drawing.end();
        return;
      }
      if (mode === "split") {
        if (!this.drawing.parts) { toast(this.drawing.fault || t("请画一条穿过图形的线"), { key: "draw" }); return; }
        const { own } = this.drawing.outlines;
        const answer = await this.drawing.page.saving.run(layer, t("已分割 {key}", { key: own.key }), () => send(`/api/collections/${layer.id}/items/${own.id}/split`, { json: { line: this._line() }, headers: { "If-Match": `"${own.version}"` } }));
        done(answer);
        return;
      }
      const features = this._features();
      if (!features.length) { toast(t("图形没有改动"), { key: "draw" }); return; }
      done(await this.drawing.page.saving.run(layer, t("已保存 {n} 个图形", { n: integer(features.length) }), () => send(`/api/collections/${layer.id}/outlines`, { json: { features } })));
    } catch (error) {
      if (mode === "edit" && error.status === 412 && error.body?.stale) await this._clashed(layer, error.body.stale);
      else toast(error.message, { trouble: true, key: "saved" });
    }
  }

  /** Three outlines on the map: as it was, as a colleague made it, as I drew it; with what lies between them. */
  async _clashed(layer, stale) {
    const { drawing } = this;
    try {
      const found = await Promise.all(stale.map(({ id }) => askJson(`/api/collections/${layer.id}/items/${id}?f=json`)));
      const areas = found.map((feature) => ({ key: feature.properties[layer.key], by: feature.properties.updated_by, ...drawing.outlines.theirs(feature) }));
      const mu = (m2) => decimal(m2 / MU_M2, 4);
      const more = (m2) => `${m2 < 0 ? "−" : "+"}${decimal(Math.abs(m2) / MU_M2, 4)}`;
      drawing.clash = areas.map((a) => t("{by} 已改过 {key}：原来 {base} 亩（灰虚线），{by} {theirs} 亩（蓝线，{d1}），您 {mine} 亩（黄线，{d2}）", { by: a.by, key: a.key, base: mu(a.base), theirs: mu(a.theirs), d1: more(a.theirs - a.base), mine: mu(a.mine), d2: more(a.mine - a.base) })).join("；");
    } catch (error) {
      toast(error.message, { trouble: true, key: "saved" });
    }
    drawing._tell();
    drawing.page.map.rehighlight();
  }

  /** Mine or theirs, for every outline that was changed twice. */
  settle(side) {
    const { drawing } = this;
    drawing.clash = "";
    if (side === "mine") {
      for (const feature of drawing.outlines.features.values()) feature.theirs = null;
      this.save();
      return;
    }
    drawing.outlines.yield();
    drawing.outlines.steps = [];
    if (drawing.outlines.changed().length) this.check();
    drawing._tell();
    drawing.page.map.rehighlight();
  }
}
