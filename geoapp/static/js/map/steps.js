// Changing the status of the open feature: by the card's buttons or the keys 1 to 9 and 0, at once on the map.

import { $, painted, shown, toast } from "../dom.js";
import { t } from "../i18n.js";
import { loginUrl } from "../net.js";
import { choose } from "./clash.js";
import { cardUrl } from "./panel.js";
import { send } from "./saving.js";

export class Steps {
  /** `page` is the map page: scene, legend, panel, map, config, saving. */
  constructor(page) {
    this.page = page;
    page.panel.body.addEventListener("submit", (event) => this._submitted(event));
  }

  _submitted(event) {
    const form = event.target;
    if (!form.action.endsWith("/status")) return;
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    this._save(data.get("status"), data);
  }

  /** A digit stands for the legend's class of that number. */
  key(digit) {
    const { panel } = this.page;
    const layer = panel.now && this._layer();
    if (!layer || layer.legend_by !== "status" || !this.page.config.rights.includes("EDIT")) return false;
    const cls = layer.classes.find((c) => c.n === Number(digit));
    if (!cls) return false;
    const offered = [...panel.body.querySelectorAll("form[action$='/status'] [name=status]")].map((b) => b.value);
    const code = cls.codes.find((c) => offered.includes(c)) ?? cls.codes[0];
    const data = new FormData();
    data.set("status", code);
    data.set("version", panel.body.querySelector("article.card")?.dataset.version ?? "");
    this._save(code, data);
    return true;
  }

  _layer() {
    return this.page.config.layers.find((l) => l.id === this.page.panel.now.layer);
  }

  async _save(code, data) {
    const { page } = this;
    if (page.state.values.asof) {
      toast(t("正在看过去的某一天，回到现在才能修改"), { key: "saved" });
      return;
    }
    const layer = this._layer();
    const { key, id, feature } = page.panel.now;
    const from = feature ? page.scene.classOf(layer, feature) : null;
    const to = layer.classes.find((c) => c.codes.includes(code));
    const was = feature ? page.scene.code(layer, feature) : null;
    page.scene.setStatus(layer, id, code);
    page.legend.shift(layer, feature, from, to);
    page.map.repaintBox(page.panel.bbox);
    page.panel.restate(layer, to);
    painted("status");
    data.delete("csrf_token");
    try {
      const words = t("{key} 已改为{label}", { key, label: to?.label ?? code });
      await page.saving.run(layer, words, async () => (await Promise.all([this._sent(layer, key, data), shown()]))[0], was && (() => this._back(layer, id, feature, to, from, was)));
      this.repeat = { code, note: data.get("note") ?? "" };
    } catch (error) {
      page.scene.unsetStatus(layer, id);
      page.legend.refresh();
      page.map.repaint();
      page.panel.reload();
      const action = error.kind === "session" ? { label: t("重新登录"), run: () => location.assign(loginUrl()) } : null;
      toast(error.message, { trouble: true, key: "saved", action });
    }
  }

  /** Sends the step; when a colleague changed the same field meanwhile, asks whose value stands. */
  async _sent(layer, key, data) {
    const url = `${cardUrl(layer, key)}/status`;
    try {
      return await send(url, { form: data });
    } catch (error) {
      if (error.status !== 412 || !error.body?.conflicts?.length) throw error;
      if (!(await choose(layer, error.body))) throw error;
      data.set("version", error.body.current);
      return send(url, { form: data });
    }
  }

  /** What stood before, at once; the server confirms. */
  _back(layer, id, feature, now, before, code) {
    const { page } = this;
    page.scene.setStatus(layer, id, code);
    page.legend.shift(layer, feature, now, before);
    page.map.repaintBox(page.panel.now?.id === id ? page.panel.bbox : null);
    if (page.panel.now?.id === id) page.panel.restate(layer, before);
  }

  /** 同上: the latest status once more, on the feature open now. */
  again() {
    if (!this.repeat || !this.page.panel.now) return false;
    const data = new FormData();
    data.set("status", this.repeat.code);
    data.set("note", this.repeat.note);
    data.set("version", $("#panel article.card")?.dataset.version ?? "");
    this._save(this.repeat.code, data);
    return true;
  }
}
