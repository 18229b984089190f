// The side panel: title, status and area at once from the tile, then the card from the server.

import { $, copy, h, painted, toast } from "../dom.js";
import { decimal, t } from "../i18n.js";
import { ask, loginUrl } from "../net.js";
import { swatch } from "./symbols.js";

export const cardUrl = (layer, key) => `${layer.page}/${String(key).split("/").map(encodeURIComponent).join("/")}`;

export class Panel {
  /** `hooks`: closed(), step(±1), zoom(bbox), arrived(article). */
  constructor(config, hooks) {
    Object.assign(this, { config, hooks, root: $("#panel"), title: $("#panel-title"), facts: $("#panel-facts"), body: $("#panel-body"), now: null });
    $("#panel-close").addEventListener("click", () => hooks.closed());
    $("#panel-previous").addEventListener("click", () => hooks.step(-1));
    $("#panel-next").addEventListener("click", () => hooks.step(1));
    $("#panel-zoom").addEventListener("click", () => { if (this.bbox) hooks.zoom(this.bbox); });
    $("#panel-copy").addEventListener("click", (event) => this._copy(event.currentTarget));
    this.root.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step && !event.target.closest("input, select, textarea") && !event.ctrlKey && !event.altKey) hooks.step(step);
    });
  }

  get open() {
    return !this.root.hidden;
  }

  /** `target` is {layer, key, id, feature?, cls?}. Paints what is known, then fetches the rest. */
  show(target) {
    const layer = this.config.layers.find((l) => l.id === target.layer);
    const again = this.now?.layer === target.layer && this.now?.key === target.key && this.day === layer?.asof && this.body.querySelector(".card");
    this.day = layer?.asof;
    this.now = target;
    this.bbox = null;
    this.root.hidden = false;
    $("#panel-kind").textContent = layer.title;
    $("#panel-page").href = target.key ? cardUrl(layer, target.key) : layer.page;
    this._summary(layer, target);
    painted("panel");
    if (again) return;
    this._skeleton();
    this._fetch(layer, target);
  }

  _summary(layer, { feature, cls, key }) {
    const name = feature?.props[layer.label] ?? key ?? "…";
    this.title.textContent = name;
    const parts = [];
    if (cls) parts.push(h("span", { class: "panel-status", "data-testid": "panel-status" }, swatch(layer, cls), h("span", { text: cls.label })));
    const weight = layer.weight ? feature?.props[layer.weight] : undefined;
    if (weight !== undefined) parts.push(h("span", { class: "panel-weight", "data-testid": "panel-weight", text: t("{weight} {unit}", { weight: decimal(weight, 4), unit: layer.weight_unit ?? "" }) }));
    this.facts.replaceChildren(...parts);
  }

  /** Another status at once, until the card comes anew. */
  restate(layer, cls) {
    const status = this.facts.querySelector(".panel-status");
    if (status && cls) status.replaceChildren(swatch(layer, cls), h("span", { text: cls.label }));
  }

  /** Fetches the card again without a flash; what somebody is typing stays. */
  reload() {
    if (!this.now || [...this.body.querySelectorAll("form")].some((form) => form.uploading) || this.body.querySelector("details[open] :is(input, textarea, select):focus")) return;
    this._fetch(this.config.layers.find((l) => l.id === this.now.layer), this.now);
  }

  _skeleton() {
    this.body.replaceChildren(h("div", { class: "skeleton", "aria-hidden": "true" }, ...Array.from({ length: 7 }, () => h("span", { class: "skeleton-line" }))));
    this.body.setAttribute("aria-busy", "true");
    this.body.scrollTop = 0;
  }

  async _fetch(layer, target) {
    this.stop?.abort();
    this.stop = new AbortController();
    try {
      const key = target.key ?? (await this._keyOf(layer, target.id));
      const headers = { "X-Fragment": "panel", Accept: "text/html" };
      const day = layer.asof ? `?asof=${layer.asof}` : "";
      const answer = await ask(cardUrl(layer, key) + day, { headers, signal: this.stop.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (this.now === target) this._card(layer, page);
    } catch (error) {
      if (error.name !== "AbortError" && this.now === target) this._trouble(layer, target, error);
    } finally {
      if (this.now === target) this.body.setAttribute("aria-busy", "false");
    }
  }

  /** Tiles of a very crowded map carry no keys: the list knows them. */
  async _keyOf(layer, id) {
    const answer = await ask(`${layer.page}.geojson?ids=${id}`, { headers: { Accept: "application/geo+json" }, signal: this.stop.signal });
    return (await answer.json()).features[0]?.properties[layer.key] ?? "";
  }

  _card(layer, page) {
    const article = page.querySelector("article.card");
    if (!article) throw new Error(t("服务暂时不可用，请稍后重试"));
    const { id, key, bbox, status } = article.dataset;
    this.bbox = (bbox ?? "").split(",").map(Number);
    const title = article.querySelector(".card-title");
    if (title) this.title.textContent = title.textContent.trim();
    const told = article.querySelector(".card-status");
    const weight = this.facts.querySelector(".panel-weight");
    if (told) this.facts.replaceChildren(h("span", { class: "panel-status", "data-testid": "panel-status" }, ...told.childNodes), ...(weight ? [weight] : []));
    article.querySelector(".card-head")?.remove();
    this.body.replaceChildren(document.adoptNode(article));
    $("#panel-page").href = cardUrl(layer, key);
    this.hooks.arrived({ layer: layer.id, id: Number(id), key, bbox: this.bbox, status });
    painted("card");
  }

  _trouble(layer, target, error) {
    const again = h("button", { class: "button", type: "button", text: t("重试"), onclick: () => { this._skeleton(); this._fetch(layer, target); } });
    const login = h("a", { class: "button button-primary", href: loginUrl(), text: t("重新登录") });
    this.body.replaceChildren(h("div", { class: "trouble", role: "alert" },
      h("p", { text: error.message }),
      h("p", { class: "button-row" }, error.kind === "session" ? login : null, error.kind === "forbidden" ? null : again)));
  }

  async _copy(button) {
    await copy(location.href);
    const label = button.querySelector("span");
    const before = label.textContent;
    label.textContent = t("已复制");
    toast(t("链接已复制"), { key: "copied" });
    setTimeout(() => { label.textContent = before; }, 2000);
  }

  hide() {
    this.stop?.abort();
    this.now = null;
    this.root.hidden = true;
    painted("panel");
  }
}
