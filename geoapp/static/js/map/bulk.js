// Changing many at once: what to change, a preview of what cannot and why, one operation, one undo.

import { $, h, painted, toast } from "../dom.js";
import { decimal, integer, t } from "../i18n.js";
import { send } from "./saving.js";

export class Bulk {
  constructor(page) {
    Object.assign(this, { page, dialog: $("#bulk"), form: $("#bulk-form") });
    if (!this.dialog) return;
    $("#bulk-open").addEventListener("click", () => this.open());
    $("#bulk-field").addEventListener("change", () => this._value());
    $("#bulk-close").addEventListener("click", () => this.dialog.close());
    $("#bulk-back").addEventListener("click", () => this._step("choose"));
    this.form.addEventListener("submit", (event) => this._submitted(event));
  }

  get layer() {
    return this.page.selecting.layer;
  }

  open(field = "status") {
    const { layer } = this;
    const fields = layer.edit ?? [];
    $("#bulk-field").replaceChildren(...fields.map((f) => h("option", { value: f.name, text: f.title })));
    $("#bulk-field").value = fields.some((f) => f.name === field) ? field : fields[0]?.name;
    this._value();
    this._step("choose");
    const n = integer(this.page.selecting.ids.size);
    $("#bulk-title").textContent = t("批量修改 {n} {counter}", { n, counter: layer.counter ?? t("条") });
    this.dialog.showModal();
  }

  _field() {
    return this.layer.edit.find((f) => f.name === $("#bulk-field").value);
  }

  /** The input that fits the column: a list, a date, a number or a text; 清空 writes nothing into it. */
  _value() {
    const field = this._field();
    const choices = field?.choices ?? [];
    const input = choices.length
      ? h("select", { id: "bulk-value", name: "value", required: true }, h("option", { value: "", text: t("请选择") }), ...choices.map(([code, label]) => h("option", { value: code, text: label })))
      : h("input", { id: "bulk-value", name: "value", type: field?.type === "date" ? "date" : "text", inputmode: field?.type === "number" ? "decimal" : null, required: true });
    $("#bulk-value-box").replaceChildren(input);
    const clear = $("#bulk-clear");
    clear.checked = false;
    clear.closest("label").hidden = !field?.nullable;
    clear.onchange = () => { input.disabled = clear.checked; };
  }

  _step(step) {
    for (const part of this.dialog.querySelectorAll("[data-step]")) part.hidden = part.dataset.step !== step;
    this.step = step;
  }

  _asked(dry) {
    const field = this._field();
    const value = $("#bulk-clear").checked ? null : $("#bulk-value").value;
    const asked = { ids: this.ids, changes: { [field.name]: value }, note: $("#bulk-note").value, back: $("#bulk-back-too").checked, dry_run: dry };
    if ($("#bulk-date").value) asked.effective_on = $("#bulk-date").value;
    return asked;
  }

  async _submitted(event) {
    event.preventDefault();
    const button = event.submitter;
    button.disabled = true;
    $("#bulk-trouble").hidden = true;
    try {
      if (this.step === "choose") await this._preview();
      else await this._apply();
    } catch (error) {
      $("#bulk-trouble").textContent = error.message;
      $("#bulk-trouble").hidden = false;
    } finally {
      button.disabled = false;
    }
  }

  _url() {
    return `/api/collections/${this.layer.id}/bulk`;
  }

  async _preview() {
    this.ids = [...this.page.selecting.ids];
    const found = await send(this._url(), { json: this._asked(true) });
    this.found = found;
    const counter = this.layer.counter ?? t("条");
    const weight = this.layer.weight ? ` · ${decimal(found.weight, 2)} ${this.layer.weight_unit ?? ""}` : "";
    $("#bulk-can").textContent = t("可改 {n} {counter}{weight}", { n: integer(found.can), counter, weight });
    $("#bulk-cannot").textContent = found.cannot.length ? t("不可改 {n} {counter}：", { n: integer(found.cannot.length), counter }) : "";
    $("#bulk-reasons").replaceChildren(...found.cannot.slice(0, 200).map((c) => h("li", {}, h("b", { text: c.key }), h("span", { text: c.why }))));
    const apply = $("#bulk-apply");
    apply.disabled = !found.can;
    apply.textContent = t("改 {n} {counter}", { n: integer(found.can), counter });
    this._step("confirm");
    painted("bulk-preview");
  }

  async _apply() {
    const { layer, page } = this;
    const refused = new Set(this.found.cannot.map((c) => c.id));
    this.ids = this.ids.filter((id) => !refused.has(id));
    const asked = this._asked(false);
    const before = asked.ids;
    if (asked.changes.status) for (const id of before) page.scene.setStatus(layer, id, asked.changes.status);
    page.map.repaint();
    try {
      await page.saving.run(layer, t("已修改 {n} {counter}", { n: integer(before.length), counter: layer.counter ?? t("条") }), () => send(this._url(), { json: asked }));
    } catch (error) {
      for (const id of before) page.scene.unsetStatus(layer, id);
      page.map.repaint();
      throw error;
    }
    this.dialog.close();
    painted("bulk");
    if (this.found.cannot.length) toast(t("{n} 条不可改，已保留在选择中", { n: this.found.cannot.length }), { key: "bulk-left" });
    page.selecting.choose(new Set(this.found.cannot.map((c) => c.id)), layer);
  }
}
