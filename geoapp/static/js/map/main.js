// The map page: makes the parts and tells each of them what the others did.

import { $, debounced, framed, isPhone, painted, toast } from "../dom.js";
import { decimal, t } from "../i18n.js";
import { ask, askJson, loginUrl } from "../net.js";
import { Search } from "../search.js";
import { MapAdapter } from "./adapter.js";
import { showChips } from "./chips.js";
import { parseCoordinates } from "./coords.js";
import { filterOf, needsIds, queryOf } from "./filters.js";
import { Ground } from "./ground.js";
import { bindKeys } from "./keys.js";
import { Legend } from "./legend.js";
import { Bulk } from "./bulk.js";
import { Measure } from "./measure.js";
import { cardUrl, Panel } from "./panel.js";
import { Readout } from "./readout.js";
import { Saving } from "./saving.js";
import { Scene } from "./scene.js";
import { Selecting } from "./select.js";
import { Sheet } from "./sheet.js";
import { State } from "./state.js";
import { Steps } from "./steps.js";
import { Times } from "./times.js";
import { Tools } from "./tools.js";

const CROWD = 20000;
const PANEL_PX = 380;
const GAP = 8;

class MapPage {
  constructor(config) {
    this.config = config;
    this.state = new State(config);
    this.ids = new Map();
    this.scene = new Scene(config.layers, new Ground(), {
      arrived: (layer, at) => this.map?.arrived(layer, at),
      failed: (trouble) => this._trouble(trouble),
    });
    this._applyState();
    this.map = new MapAdapter(this.scene, () => this._insets());
    this.readout = new Readout(config);
    this.legend = new Legend(config, this.state, { view: () => this._clearBbox() });
    this.legend.onTrouble = (trouble) => this._trouble(trouble);
    this.panel = new Panel(config, {
      closed: () => this.deselect(), step: (by) => this.step(by), zoom: (bbox) => this.map.fit(bbox), arrived: (card) => this._cardCame(card),
    });
    this.legendSheet = new Sheet($("#legend"));
    this.panelSheet = new Sheet($("#panel"));
    this.tools = new Tools(config, this.state, this.map);
    this.measure = new Measure(config, this.map);
    this.search = new Search({ local: (text) => this._local(text), choose: (item, text) => this._chosen(item, text) });
    this.selecting = new Selecting(this);
    this.saving = new Saving({ saved: (layer) => this._saved(layer), undoing: (layer) => this.scene.settle(layer, 0) });
    this.steps = new Steps(this);
    this.bulk = new Bulk(this);
    this.times = new Times(config, this.state);
    this.legend.onRevision = (layer, revision) => this._revised(layer, revision);
    this.map.setOverlay((context, view) => {
      this.selecting.draw(context, view);
      this.measure.draw(context, view);
      this.tools.draw(context, view);
    });
    this._listen();
    this._keys();
    this._start();
  }

  _listen() {
    const { map, state } = this;
    const follow = debounced(250, () => {
      const { lon, lat, zoom } = map.view();
      state.follow({ view: { lon, lat, zoom } });
    });
    map.on("moveend", () => {
      this.readout.view(map.view());
      this.legend.moved();
      follow();
    });
    map.on("move", framed(() => this.readout.view(map.view())));
    map.on("click", (place) => this._clicked(place));
    map.on("pointer", framed((place) => this._pointed(place)));
    map.on("tiles", () => this._retitle());
    state.listen((values, cause) => this._changed(values, cause));
    new ResizeObserver(framed(() => map.resized())).observe(map.container());
  }

  _start() {
    const { values } = this.state;
    if (values.view) this.map.setView(values.view.lon, values.view.lat, values.view.zoom);
    else this.tools.home();
    this.tools.showBasemap(values.base);
    this.legendSheet.to("peek");
    this.panelSheet.to("peek");
    this.legend.show(values);
    this.legend.refresh();
    this.readout.view(this.map.view());
    showChips(this.config, this.state);
    this.times.show(values);
    this.shownDay = values.asof;
    document.addEventListener("live", (event) => this._live(event.detail));
    if (values.sel) this._openFromAddress(values.sel, !values.view);
    this._askIds();
    askJson("/basemap/context.json").then((context) => {
      this.scene.ground.load(context);
      this.map.ground.redraw();
      this.map.marks.redraw();
    }).catch((error) => this._trouble(error));
    $("#map-shell").removeAttribute("aria-busy");
  }

  /** Something was saved or undone here: the counts tell the new revision, the tiles follow. */
  _saved(layer) {
    this.legend.refresh();
    if (this.panel.now?.layer === layer.id) this.panel.reload();
  }

  /** A layer is newer than what is drawn: fetch its tiles anew under the old picture, nothing jumps. */
  _revised(layer, revision) {
    if (!(revision > layer.revision)) return;
    layer.revision = revision;
    this.scene.settle(layer, revision);
    this.map.repaint();
  }

  /** Saved by somebody else: the same, and the open card, if nobody types in it. */
  _live({ layer: id, revision, ids }) {
    const layer = this.config.layers.find((l) => l.id === id);
    if (!layer || !(revision > layer.revision) || this.state.values.asof) return;
    this._revised(layer, revision);
    this.legend.refresh();
    if (this.panel.now?.layer === id && (!ids || ids.includes(this.panel.now.id))) this.panel.reload();
  }

  /** The server's query of exactly what a layer shows, classes included. */
  queryOfShown(layer, values) {
    const query = queryOf(layer, values);
    const classes = values.classes.get(layer.id);
    if (classes?.size) query.set("status", [...classes].join(","));
    return query;
  }

  /** State → what the scene draws. */
  _applyState() {
    const { values } = this.state;
    for (const layer of this.config.layers) layer.asof = values.asof;
    this.scene.visible = new Set(values.layers);
    for (const layer of this.config.layers) {
      const filter = filterOf(layer, values, needsIds(layer, values) ? this.ids.get(queryOf(layer, values).toString()) ?? new Set() : null);
      if (filter) this.scene.filters.set(layer.id, filter);
      else this.scene.filters.delete(layer.id);
    }
  }

  _changed(values, cause) {
    const asked = this.config.layers.map((layer) => queryOf(layer, values).toString()).join(" ");
    this._applyState();
    this.map.repaint();
    this.legend.show(values);
    showChips(this.config, this.state);
    this.tools.showBasemap(values.base);
    this.times.show(values);
    if (this.panel.open && this.shownDay !== values.asof) this.panel.show(this.panel.now);
    this.shownDay = values.asof;
    this._askIds();
    if (asked !== this.askedCounts || [...values.classes.values()].some((set) => set.size)) this.legend.refresh();
    this.askedCounts = asked;
    if (cause === "address") this._followAddress(values);
  }

  _followAddress(values) {
    if (values.view) this.map.setView(values.view.lon, values.view.lat, values.view.zoom);
    if (values.sel) this._openFromAddress(values.sel, false);
    else if (this.panel.open) this._close();
  }

  /** Text and unusual filters are answered by the server as ids. */
  async _askIds() {
    for (const layer of this.config.layers.filter((l) => needsIds(l, this.state.values))) {
      const query = queryOf(layer, this.state.values).toString();
      if (this.ids.has(query)) continue;
      try {
        const { ids } = await askJson(`/ids.json?${query}`);
        if (ids.length >= CROWD) toast(t("结果超过 {n} 条，图上只显示一部分，请缩小筛选", { n: CROWD }), { key: "crowd" });
        this.ids.set(query, new Set(ids));
        this._applyState();
        this.map.repaint();
      } catch (error) {
        this._trouble(error);
      }
    }
  }

  _insets() {
    if (isPhone()) return { top: 0, left: 0, right: 0, bottom: Math.max(this.legendSheet?.covered() ?? 0, this.panelSheet?.covered() ?? 0) };
    return { top: 0, left: 56, right: this.panel?.open ? PANEL_PX + GAP : 0, bottom: 32 };
  }

  _clearBbox() {
    const [x0, y0, x1, y1] = this.map.clearBox();
    const [[west, north], [east, south]] = [this.map.toLonLat(x0, y0), this.map.toLonLat(x1, y1)];
    return [west, south, east, north];
  }

  _clicked(place) {
    if (this.measure.active) {
      this.measure.add(place.lon, place.lat);
      return;
    }
    const hit = this.scene.hit(place.zoom, place.x, place.y, place.reach);
    if (!hit) {
      if (this.panel.open) this.deselect();
      return;
    }
    if (hit.feature.rolledUp) {
      this.map.setView(place.lon, place.lat, Math.min(22, hit.layer.min_zoom + 1));
      toast(t("已放大到单个{title}", { title: hit.layer.title }), { key: "rollup" });
      return;
    }
    this.select(hit.layer, hit.feature, place);
  }

  _pointed(place) {
    this.readout.pointer(place);
    if (this.measure.active || this.map.zooming) return;
    const hit = place && this.scene.hit(place.zoom, place.x, place.y);
    const now = hit && hit.layer.kind !== "boundary" && !hit.feature.rolledUp ? { layer: hit.layer.id, id: hit.feature.id } : null;
    this.readout.hover(hit ? this._words(hit) : "");
    if (now?.id === this.scene.hovered?.id && now?.layer === this.scene.hovered?.layer) return;
    this.scene.hovered = now;
    this.map.cursor(now ? "pointer" : "");
    this.map.rehighlight();
  }

  _words({ layer, feature }) {
    if (feature.rolledUp) return feature.props.name;
    const weight = layer.weight ? feature.props[layer.weight] : undefined;
    const parts = [feature.props[layer.label], this.scene.classOf(layer, feature).label];
    if (weight !== undefined) parts.push(`${decimal(weight, 2)} ${layer.weight_unit ?? ""}`);
    return parts.filter(Boolean).join(" · ");
  }

  /** Selects a drawn feature: outline and title at once. */
  select(layer, feature, place) {
    const key = feature.props[layer.key] === undefined ? undefined : String(feature.props[layer.key]);
    this.scene.selected = { layer: layer.id, id: feature.id, key };
    this._open({ layer: layer.id, id: feature.id, key, feature, cls: this.scene.classOf(layer, feature) });
    this.map.rehighlight();
    painted("select");
    if (place) this.map.uncover(place.lon, place.lat);
    this.state.change({ sel: this.scene.selected, layers: new Set([...this.state.values.layers, layer.id]) });
  }

  _open(target) {
    $("#map-shell").classList.add("has-panel");
    const first = !this.panel.open;
    this.panel.show(target);
    $("#legend").classList.toggle("is-under", isPhone());
    if (first) this.panelSheet.to("peek");
  }

  _openFromAddress(sel, fly) {
    this.scene.selected = { ...sel };
    this.flyTo = fly ? sel.key : null;
    const layers = new Set([...this.state.values.layers, sel.layer]);
    if (layers.size !== this.state.values.layers.size) {
      this.state.follow({ layers });
      this._applyState();
      this.map.repaint();
      this.legend.show(this.state.values);
    }
    this._open(sel);
    this.map.rehighlight();
  }

  /** The card knows id, key and place for certain. */
  _cardCame({ layer, id, key, bbox }) {
    const { selected } = this.scene;
    if (!selected || selected.layer !== layer) return;
    this.scene.selected = { layer, id, key };
    this.state.follow({ sel: this.scene.selected });
    const placed = bbox?.length === 4 && bbox.every(Number.isFinite);
    if (this.flyTo === key && placed) this.map.fit(bbox, 18);
    this.flyTo = null;
    this.map.rehighlight();
  }

  /** Tiles came: a panel opened from an address can now tell class and weight. */
  _retitle() {
    const { selected } = this.scene;
    if (!selected || !this.panel.now || this.panel.now.feature) return;
    const layer = this.config.layers.find((l) => l.id === selected.layer);
    const found = this._inView(layer).find(({ feature }) => feature.id === selected.id || String(feature.props[layer.key]) === selected.key);
    if (found) this.panel.now.feature = found.feature;
  }

  deselect() {
    this._close();
    this.state.change({ sel: null });
  }

  _close() {
    this.scene.selected = null;
    this.panel.hide();
    $("#map-shell").classList.remove("has-panel");
    $("#legend").classList.remove("is-under");
    this.map.rehighlight();
  }

  _inView(layer) {
    return this.scene.featuresIn(layer, this.map.view().zoom, this.map.clearBox());
  }

  /** The next shown feature by number, among those in view; the first when none is selected. */
  step(by) {
    const { selected } = this.scene;
    const layer = this.config.layers.find((l) => l.id === (selected?.layer ?? this.state.values.lead)) ?? this.config.layers[0];
    const all = this._inView(layer).sort((a, b) => this._order(layer, a.feature, b.feature));
    if (!all.length) {
      toast(t("视野内没有可选的{title}，请放大或移动地图", { title: layer.title }), { key: "step" });
      return;
    }
    const here = all.findIndex(({ feature }) => feature.id === selected?.id);
    const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : (here + by + all.length) % all.length];
    const [lon, lat] = this.map.toLonLat(next.x, next.y);
    this.select(layer, next.feature, { lon, lat });
  }

  _order(layer, a, b) {
    const [x, y] = [a.props[layer.key], b.props[layer.key]];
    return x !== undefined && y !== undefined ? String(x).localeCompare(String(y), "zh", { numeric: true }) : a.id - b.id;
  }

  /** Villages and projects from the page itself, and typed coordinates. */
  _local(text) {
    const groups = [];
    const place = parseCoordinates(text, this.config);
    if (place) groups.push({ layer: "", title: t("坐标"), first: true, items: [{ ...place, key: text, icon: "crosshair", detail: "", fly: place }] });
    const small = text.toLowerCase();
    for (const [column, choices] of Object.entries(this.config.references)) {
      const layer = this._layerOf(choices);
      const items = choices.filter((r) => r.name.includes(text) || r.code.toLowerCase().startsWith(small)).slice(0, 6);
      if (items.length && layer) groups.push({ layer: layer.id, title: layer.title, items: items.map((r) => ({ key: r.code, label: r.name, detail: r.code, column, icon: "map" })) });
    }
    const area = this.config.layers.find((l) => l.kind === "area");
    if (area && !place) groups.push({ layer: "", title: t("筛选"), items: [{ key: "q", label: t("在图上只看含“{text}”的{title}", { text, title: area.title }), icon: "list-filter", filter: true }] });
    return groups;
  }

  /** The layer whose keys a reference column holds. */
  _layerOf(choices) {
    const parents = this.config.layers.filter((l) => l.kind === "boundary" || l.kind === "outline");
    return parents.find((l) => Object.entries(this.config.reference_layers ?? {}).some(([column, id]) => id === l.id && this.config.references[column] === choices))
      ?? parents.find((l) => (l.kind === "boundary") === /^\d{9,}$/.test(choices[0]?.code ?? ""));
  }

  _chosen(item, text) {
    if (item.filter) this.state.change({ q: text });
    else if (item.fly) {
      this.map.setView(item.fly.lon, item.fly.lat, Math.max(17, this.map.view().zoom));
      this.tools.position = { lon: item.fly.lon, lat: item.fly.lat, accuracy: 0 };
      this.map.rehighlight();
      item.warnings.forEach((words) => toast(words));
    } else if (item.bbox) {
      this._openFromAddress({ layer: item.layer, key: String(item.key), id: item.id ?? 0 }, false);
      this.map.fit(item.bbox);
      this.state.change({ sel: this.scene.selected });
    } else {
      this._openFromAddress({ layer: item.layer, key: String(item.key), id: 0 }, true);
      this.state.change({ sel: this.scene.selected });
    }
  }

  _keys() {
    const layerKeys = { j: () => this.step(1), k: () => this.step(-1) };
    bindKeys({
      ...layerKeys,
      "/": () => this.search.focus(),
      "?": () => this.tools.help(),
      "l": () => this._legendKey(),
      "[": () => this._legendKey(),
      "]": () => { if (this.panel.open) this.deselect(); else this.step(1); },
      "m": () => this.measure.toggle(),
      "h": () => this.tools.home(),
      "s": () => this.selecting.setMode(this.selecting.mode ? "" : "box"),
      "t": () => this.times.toggle(),
      ".": () => this.steps.again(),
      ...Object.fromEntries([..."0123456789"].map((digit) => [digit, () => this.steps.key(digit)])),
      "Enter": (event) => (this.measure.active && !event.target.closest("button, a") ? this.measure.end() : false),
      "Backspace": () => (this.measure.active ? this.measure._do("back") : false),
      "Escape": () => this._escape(),
    });
    document.addEventListener("keydown", (event) => this._undoKey(event));
    $("#legend-toggle").addEventListener("click", () => this.legend.toggle());
    $("#legend-close").addEventListener("click", () => this.legend.toggle());
  }

  /** Ctrl+Z undoes what was saved here, unless a text is being typed. */
  _undoKey(event) {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.key.toLowerCase() !== "z") return;
    if (event.defaultPrevented || event.target.closest?.("input, textarea, select")) return;
    event.preventDefault();
    this.saving.undo();
  }

  _legendKey() {
    if (isPhone()) this.legendSheet.to(this.legendSheet.stop === "peek" ? "half" : "peek");
    else this.legend.toggle();
  }

  _escape() {
    if (this.selecting.mode || this.selecting.ids.size) this.selecting.clear();
    else if (this.measure.active) this.measure.escape();
    else if (this.panel.open) this.deselect();
    else return false;
    return true;
  }

  _trouble(trouble) {
    if (trouble.kind === "session") toast(trouble.message, { trouble: true, key: "session", action: { label: t("重新登录"), run: () => location.assign(loginUrl()) } });
    else toast(t("部分数据未能加载：{reason}", { reason: trouble.message }), { trouble: true, key: "tiles", action: { label: t("重试"), run: () => this._again() } });
  }

  _again() {
    this.scene.store.forgetFailures();
    this.map.repaint();
    this.legend.refresh();
  }
}

const config = JSON.parse($("#map-config").textContent);
window.mapPage = new MapPage(config);
