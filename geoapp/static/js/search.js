// One search box: results from the first character, by group, with arrows, Enter and Escape.

import { $, debounced, h, icon, painted } from "./dom.js";
import { t } from "./i18n.js";
import { askJson } from "./net.js";

const WAIT_MS = 80;

export class Search {
  /** `local(text)` gives groups at once; `choose(item)` acts on the one taken. */
  constructor({ local, choose }) {
    Object.assign(this, { local, choose, input: $("#search-input"), list: $("#search-results"), groups: [], active: -1 });
    this.ask = debounced(WAIT_MS, () => this._ask());
    this.input.addEventListener("input", () => this._typed());
    this.input.addEventListener("focus", () => { if (this.input.value.trim()) this._typed(); });
    this.input.addEventListener("keydown", (event) => this._key(event));
    this.input.form.addEventListener("submit", (event) => this._submit(event));
    document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".search")) this.close(); });
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  close() {
    this.stop?.abort();
    this.list.hidden = true;
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  _typed() {
    this.stop?.abort();
    this.text = this.input.value.trim();
    if (!this.text) {
      this.close();
      return;
    }
    this.chosen = false;
    this.own = this.local(this.text);
    this._show(this.own, t("正在搜索…"));
    painted("search");
    this.ask();
  }

  async _ask() {
    const text = this.text;
    this.stop = new AbortController();
    try {
      const { groups } = await askJson(`/search.json?q=${encodeURIComponent(text)}`, { signal: this.stop.signal });
      if (text !== this.text) return;
      const known = new Set(groups.flatMap((g) => g.items.map((item) => `${g.layer}/${item.key}`)));
      const own = this.own.map((g) => ({ ...g, items: g.items.filter((i) => !known.has(`${g.layer}/${i.key}`)) }));
      const all = [...own.filter((g) => g.first && g.items.length), ...groups, ...own.filter((g) => !g.first && g.items.length)];
      this._show(all, all.length ? "" : t("没有找到“{text}”，可试编号、村名、项目名或拼音首字母", { text }));
    } catch (error) {
      if (error.name !== "AbortError") this._show(this.own, error.message);
    }
  }

  _show(groups, note) {
    this.groups = groups;
    const before = this.chosen ? this.items?.[this.active] : null;
    this.items = groups.flatMap((g) => g.items.map((item) => ({ ...item, layer: item.layer ?? g.layer })));
    let n = 0;
    const nodes = groups.flatMap((g) => [
      h("div", { class: "search-group", role: "presentation", text: g.title }),
      ...g.items.map((item) => this._option(item, n++)),
    ]);
    this.list.replaceChildren(...nodes, ...(note ? [h("div", { class: "search-note", role: "presentation", text: note })] : []));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const kept = before ? this.items.findIndex((i) => i.key === before.key && i.layer === before.layer) : -1;
    this._activate(kept >= 0 ? kept : this.items.length ? 0 : -1);
  }

  _option(item, n) {
    return h("div", { class: "search-item", role: "option", id: `search-item-${n}`, "data-testid": "search-item", "aria-selected": "false", onclick: () => this._take(n), onpointermove: () => this._point(n) },
      h("span", { class: "search-icon" }, icon(item.icon ?? "map-pin", 18)),
      h("span", { class: "search-label", text: item.label }),
      h("span", { class: "search-detail", text: item.detail ?? "" }),
      ...(item.warnings ?? []).map((text) => h("span", { class: "search-warning", text })));
  }

  /** A result somebody pointed at stays pointed at when more arrive. */
  _point(n) {
    this.chosen = true;
    this._activate(n);
  }

  _activate(n) {
    this.active = n;
    this.list.querySelectorAll(".search-item").forEach((node, i) => {
      node.setAttribute("aria-selected", String(i === n));
      if (i === n) node.scrollIntoView({ block: "nearest" });
    });
    if (n >= 0) this.input.setAttribute("aria-activedescendant", `search-item-${n}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  _key(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.items?.length) {
      event.preventDefault();
      this._point((this.active + step + this.items.length) % this.items.length);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (this.list.hidden) this.input.blur();
      this.close();
    }
  }

  _submit(event) {
    if (this.active < 0 || this.list.hidden) return;
    event.preventDefault();
    this._take(this.active);
  }

  _take(n) {
    const item = this.items[n];
    this.close();
    this.input.blur();
    this.choose(item, this.text);
  }
}
