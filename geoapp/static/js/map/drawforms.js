// What a drawing asks in words: the columns of a new feature, pasted coordinates, whose value a join keeps.

import { $, h, toast } from "../dom.js";
import { decimal, t } from "../i18n.js";
import { askJson } from "../net.js";
import { checkWords, faultOf } from "./faults.js";
import { send } from "./saving.js";

const input = (field, value = "") => {
  const asked = { name: field.name, required: !field.nullable };
  if (field.choices?.length) {
    return h("select", asked, h("option", { value: "", text: field.nullable ? "—" : t("请选择") }), ...field.choices.map(([code, label]) => h("option", { value: code, text: label, selected: code === value })));
  }
  return h("input", { ...asked, value, type: field.type === "date" ? "date" : "text", inputmode: field.type === "number" ? "decimal" : null });
};

export class DrawForms {
  constructor(page, drawing) {
    Object.assign(this, { page, drawing, dialog: $("#draw-dialog"), body: $("#draw-fields"), title: $("#draw-title"), trouble: $("#draw-trouble") });
    $("#draw-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit?.(event);
    });
    $("#draw-cancel").addEventListener("click", () => this.dialog.close());
  }

  _open(title, button, ...rows) {
    this.title.textContent = title;
    $("#draw-ok").textContent = button;
    this.trouble.hidden = true;
    this.body.replaceChildren(...rows);
    this.dialog.showModal();
  }

  _refused(error) {
    this.trouble.textContent = error.message;
    this.trouble.hidden = false;
  }

  _values() {
    return Object.fromEntries([...new FormData($("#draw-form"))].filter(([, value]) => value !== ""));
  }

  /** A new outline: what is it? The places it lies in are filled in already. */
  async create(geometry) {
    const { layer } = this.drawing;
    let check;
    try {
      check = await send(`/api/collections/${layer.id}/check-geometry`, { json: { geometry } });
    } catch (error) {
      toast(error.message, { trouble: true, key: "draw" });
      return;
    }
    const fault = faultOf([check]);
    if (fault) {
      toast(fault, { trouble: true, key: "draw" });
      return;
    }
    const key = { name: layer.key, title: layer.key_title, nullable: false };
    const fields = [key, ...layer.edit.filter((f) => f.name !== "status" && f.name !== layer.key)];
    const rows = [
      h("p", { class: "draw-found", text: t("{mu} 亩（{m2} m²）；{check}", { mu: decimal(check.area_mu, 4), m2: decimal(check.area_m2, 2), check: checkWords([check]) }) }),
      ...fields.map((f) => h("label", { text: f.title + (f.nullable ? "" : " *") }, input(f, check.within?.[f.name] ?? ""))),
    ];
    this.submit = async () => {
      try {
        const first = layer.edit.find((f) => f.name === "status")?.choices[0]?.[0];
        const feature = { type: "Feature", geometry, properties: { ...this._values(), status: first } };
        const answer = await this.page.saving.run(layer, t("已新增一个{title}", { title: layer.title }), () => send(`/api/collections/${layer.id}/items`, { json: feature }));
        this.dialog.close();
        this.page.scene.settle(layer, 0);
        this.drawing._to("");
        this.page.picking.openFromAddress({ layer: layer.id, key: String(answer.properties?.[layer.key] ?? ""), id: answer.id }, true);
      } catch (error) {
        this._refused(error);
      }
    };
    this._open(t("新增{title}", { title: layer.title }), t("保存"), ...rows);
  }

  /** Coordinates from a table become the selected feature's outline, or a new one. */
  paste() {
    const { layer } = this.drawing;
    const { selected } = this.page.scene;
    const own = selected?.layer === layer.id ? selected : null;
    const text = h("textarea", { name: "text", rows: 10, required: true, class: "mono" });
    const target = own ? h("label", { class: "inline" }, h("input", { type: "checkbox", name: "own", value: "1", checked: true }), t("作为 {key} 的新图形", { key: own.key ?? "" })) : null;
    this.submit = async () => {
      const values = this._values();
      try {
        const found = await send(`/api/collections/${layer.id}/parse-coordinates`, { json: { text: values.text, ...(values.own ? { id: own.id } : {}) } });
        this.dialog.close();
        if (values.own) this.drawing.edit(found.geometry);
        else this.create(found.geometry);
      } catch (error) {
        this._refused(error);
      }
    };
    this._open(t("粘贴坐标"), t("读取"),
      h("p", { class: "muted", text: t("每行一个点：X 北、Y 东（带或不带带号），或经度、纬度；空行分开各圈。可从 Excel 或界址点表复制。") }), h("label", { text: t("坐标") }, text), ...(target ? [target] : []));
  }

  /** The chosen features become one; where they differ, one value is picked. */
  async merge() {
    const { layer, ids } = this.page.selecting;
    if (ids.size < 2 || ids.size > 50) {
      toast(t("请先选中 2 到 50 块相连的{title}（按住 Shift 点选或框选）", { title: layer.title }), { key: "draw" });
      return;
    }
    let features;
    try {
      features = (await Promise.all([...ids].map((id) => askJson(`/api/collections/${layer.id}/items/${id}?f=json`))));
    } catch (error) {
      toast(error.message, { trouble: true, key: "draw" });
      return;
    }
    features.sort((a, b) => String(a.properties[layer.key]).localeCompare(String(b.properties[layer.key]), "zh", { numeric: true }));
    const keys = features.map((f) => f.properties[layer.key]);
    const first = h("select", { name: "first" }, ...features.map((f) => h("option", { value: f.id, text: f.properties[layer.key] })));
    const rows = [h("p", { text: t("把 {keys} 合并成一块，各自的面积相加不变。", { keys: keys.join("、") }) }), h("label", { text: t("保留哪个编号") }, first)];
    for (const field of layer.edit) {
      const values = [...new Set(features.map((f) => f.properties[field.name] ?? ""))];
      if (values.length < 2) continue;
      const named = new Map(field.choices ?? []);
      rows.push(h("label", { text: field.title }, h("select", { name: `v:${field.name}` }, ...values.map((v) => h("option", { value: v, text: named.get(String(v)) ?? (v === "" ? "—" : String(v)) })))));
    }
    this.submit = async () => {
      const form = new FormData($("#draw-form"));
      const lead = Number(form.get("first"));
      const ordered = [...features].sort((a, b) => (b.id === lead) - (a.id === lead));
      const changes = Object.fromEntries([...form].filter(([name]) => name.startsWith("v:")).map(([name, value]) => [name.slice(2), value === "" ? null : value]));
      try {
        const answer = await this.page.saving.run(layer, t("已合并 {n} 块", { n: features.length }), () => send(`/api/collections/${layer.id}/merge`, { json: { features: ordered.map((f) => ({ id: f.id, version: f.properties.version })), changes } }));
        this.dialog.close();
        this.page.scene.settle(layer, 0);
        if (this.page.panel.open && !answer.ids.includes(this.page.scene.selected?.id)) this.page.picking.deselect();
        this.page.selecting.choose(new Set(answer.ids), layer);
      } catch (error) {
        this._refused(error);
      }
    };
    this._open(t("合并 {n} 块", { n: features.length }), t("合并"), ...rows);
  }
}
