// The legend is the filter: always in view, with counts and weights, one press leaves only that class.

import { $, debounced, h, icon, isPhone, painted } from "../dom.js";
import { decimal, integer, t } from "../i18n.js";
import { askJson } from "../net.js";
import { queryOf, singleCodes } from "./filters.js";
import { swatch } from "./symbols.js";

const LONG_PRESS_MS = 450;
const RANK = { area: 0, outline: 1, symbol: 2, boundary: 3 };

const EMPTY = { total: { n: 0, weight: "0" }, classes: {}, uncounted: { n: 0, weight: "0" } };

/** Two-decimal strings are summed as whole hundredths, so that no cent is lost. */
const sum = (texts) => texts.reduce((total, text) => total + Math.round(Number(text) * 100), 0) / 100;

export class Legend {
  constructor(config, state, { view }) {
    Object.assign(this, { config, state, view, counts: new Map(), parts: new Map(), inView: false, root: $("#legend-body") });
    this.layers = [...config.layers].sort((a, b) => RANK[a.kind] - RANK[b.kind] || a.order - b.order);
    this.refresh = debounced(120, () => this._ask());
    this._build();
    this._chooseReferences();
    $("#legend-all").addEventListener("click", () => state.change({ classes: new Map() }));
    $("#legend-in-view").addEventListener("click", (event) => this._toggleInView(event.currentTarget));
  }

  _build() {
    this.root.append(...this.layers.map((layer) => this._section(layer)));
  }

  _section(layer) {
    const rows = layer.classes.map((cls) => this._row(layer, cls));
    const total = h("span", { class: "legend-total", "data-testid": `total-${layer.id}`, text: "…" });
    const check = h("input", { type: "checkbox", id: `layer-${layer.id}`, "data-testid": `layer-${layer.id}`, onchange: (e) => this._toggleLayer(layer, e.target.checked) });
    const list = h("div", { class: "legend-rows", id: `rows-${layer.id}`, role: "group", "aria-label": layer.title }, ...rows.map((r) => r.button));
    const opened = layer.kind !== "boundary";
    const fold = h("button", { class: "legend-fold", type: "button", "aria-expanded": String(opened), "aria-controls": `rows-${layer.id}`, "aria-label": t("展开或收起{title}", { title: layer.title }), onclick: (e) => this._fold(e.currentTarget, list) }, icon("chevron-down", 18));
    list.hidden = !opened;
    this.parts.set(layer.id, { check, total, rows, list });
    return h("section", { class: "legend-layer", "data-layer": layer.id },
      h("header", { class: "legend-head" }, h("label", { class: "legend-title" }, check, h("span", { text: layer.title })), total, fold), list);
  }

  _row(layer, cls) {
    const n = h("span", { class: "legend-n", "data-testid": `count-${layer.id}-${cls.key}`, text: "" });
    const weight = h("span", { class: "legend-weight", "data-testid": `weight-${layer.id}-${cls.key}`, text: "" });
    const button = h("button", { class: "legend-row", type: "button", "data-testid": `legend-${layer.id}-${cls.key}`, "aria-pressed": "false", title: t("点按仅看此类；Ctrl 或长按为加选") },
      swatch(layer, cls), h("span", { class: "legend-label", text: cls.label }), n, layer.weight ? weight : null);
    this._presses(button, layer, cls);
    return { cls, button, n, weight };
  }

  _presses(button, layer, cls) {
    let timer = 0;
    let long = false;
    button.addEventListener("pointerdown", () => {
      long = false;
      timer = setTimeout(() => { long = true; this._press(layer, cls, true); }, LONG_PRESS_MS);
    });
    for (const name of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(name, () => clearTimeout(timer));
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    button.addEventListener("click", (event) => {
      if (!long) this._press(layer, cls, event.ctrlKey || event.metaKey || event.shiftKey);
      long = false;
    });
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this._press(layer, cls, true);
    });
  }

  _press(layer, cls, add) {
    const before = this.state.values.classes.get(layer.id) ?? new Set();
    let after = new Set([cls.key]);
    if (add) {
      after = new Set(before);
      if (!after.delete(cls.key)) after.add(cls.key);
    } else if (before.size === 1 && before.has(cls.key)) after = new Set();
    const classes = new Map(this.state.values.classes);
    if (after.size && after.size < layer.classes.length) classes.set(layer.id, after);
    else classes.delete(layer.id);
    this.state.change({ classes, layers: new Set([...this.state.values.layers, layer.id]) });
    painted("legend");
  }

  /** One feature goes from a class to another: counted at once, confirmed by the server's answer. */
  shift(layer, feature, from, to) {
    const counts = this.counts.get(layer.id);
    if (!counts || !from || !to || from === to) return;
    const weight = Number(feature.props[layer.weight] ?? 0);
    for (const [cls, by] of [[from, -1], [to, 1]]) {
      const old = counts.classes[cls.key] ?? { n: 0, weight: "0" };
      counts.classes[cls.key] = { n: old.n + by, weight: (Number(old.weight) + by * weight).toFixed(2) };
    }
    this._showCounts(layer, this.state.values.classes.get(layer.id));
  }

  _toggleLayer(layer, on) {
    const layers = new Set(this.state.values.layers);
    if (on) layers.add(layer.id);
    else layers.delete(layer.id);
    this.state.change({ layers });
    painted("legend");
  }

  _fold(button, list) {
    list.hidden = !list.hidden;
    button.setAttribute("aria-expanded", String(!list.hidden));
  }

  _chooseReferences() {
    for (const select of document.querySelectorAll("select[data-reference]")) {
      const name = select.dataset.reference;
      select.append(...this.config.references[name].map((r) => h("option", { value: r.code, text: r.code === r.name ? r.name : select.dataset.codes ? `${r.code} ${r.name}` : r.name })));
      select.addEventListener("change", () => {
        const refs = { ...this.state.values.refs, [name]: select.value ? [select.value] : [] };
        this.state.change({ refs });
      });
    }
  }

  _toggleInView(button) {
    this.inView = !this.inView;
    button.setAttribute("aria-pressed", String(this.inView));
    this._ask();
  }

  moved() {
    if (this.inView) this.refresh();
  }

  /** Shows the state at once, from the counts at hand. */
  show(values) {
    for (const layer of this.layers) {
      const { check, rows } = this.parts.get(layer.id);
      const chosen = values.classes.get(layer.id);
      check.checked = values.layers.has(layer.id);
      for (const { cls, button } of rows) {
        const on = chosen?.has(cls.key) || (chosen ? cls.codes.some((c) => chosen.has(c)) : false);
        button.setAttribute("aria-pressed", String(on));
        button.classList.toggle("is-dimmed", Boolean(chosen) && !on);
      }
      this._showCounts(layer, chosen);
    }
    for (const select of document.querySelectorAll("select[data-reference]")) {
      const given = values.refs[select.dataset.reference] ?? [];
      select.value = given.length === 1 ? given[0] : "";
    }
    $("#legend-all").disabled = values.classes.size === 0;
  }

  _showCounts(layer, chosen) {
    const counts = this.counts.get(layer.id);
    if (!counts) return;
    const { rows, total } = this.parts.get(layer.id);
    for (const { cls, button, n, weight } of rows) {
      const found = counts.classes[cls.key] ?? { n: 0, weight: "0" };
      n.textContent = integer(found.n);
      n.dataset.n = found.n;
      weight.textContent = decimal(found.weight, 2);
      button.classList.toggle("is-none", found.n === 0);
    }
    const kept = chosen && !counts.single ? [...chosen].map((key) => counts.classes[key]).filter(Boolean) : null;
    this._showTotal(layer, total, kept ? { n: kept.reduce((a, c) => a + c.n, 0), weight: sum(kept.map((c) => c.weight)) } : counts.single ?? counts.total);
  }

  _showTotal(layer, element, total) {
    const words = { n: integer(total.n), counter: layer.counter ?? t("条"), weight: decimal(total.weight, 2), unit: layer.weight_unit ?? "" };
    const text = layer.weight ? t("{n} {counter} · {weight} {unit}", words) : t("{n} {counter}", words);
    if (element.textContent !== text) element.textContent = text;
    element.dataset.n = total.n;
    element.dataset.weight = total.weight;
    if (layer.id === this.layers[0].id) $("#legend-summary").textContent = `${layer.title} ${text}`;
  }

  /** Asks the server for the counts under the present filters; an older answer never overwrites a newer. */
  async _ask() {
    this.stop?.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    const { values } = this.state;
    await Promise.all(this.layers.map(async (layer) => {
      try {
        this.counts.set(layer.id, await this._countsOf(layer, values, signal));
        this._showCounts(layer, this.state.values.classes.get(layer.id));
        painted("counts");
        if (!values.asof) this.onRevision?.(layer, this.counts.get(layer.id).revision);
      } catch (error) {
        if (error.name === "AbortError") return;
        this.counts.delete(layer.id);
        this.parts.get(layer.id).total.textContent = t("数量未更新");
        this.onTrouble?.(error);
      }
    }));
  }

  async _countsOf(layer, values, signal) {
    const query = queryOf(layer, values);
    if (this.inView) query.set("bbox", this.view().map((v) => v.toFixed(6)).join(","));
    const counts = { ...EMPTY, ...(await askJson(`/legend.json?${query}`, { signal })) };
    if (singleCodes(layer, values).length) {
      query.set("status", [...values.classes.get(layer.id)].join(","));
      counts.single = (await askJson(`/legend.json?${query}`, { signal })).total;
    }
    return counts;
  }

  toggle() {
    const shell = $("#map-shell");
    if (isPhone()) return;
    const off = shell.classList.toggle("is-legend-off");
    $("#legend-toggle").setAttribute("aria-expanded", String(!off));
  }
}
