// The map page: makes the parts and tells each of them what the others did.

import { $, debounced, framed, isPhone, toast } from "../dom.js";
import { t } from "../i18n.js";
import { listen } from "../live.js";
import { askJson, loginUrl } from "../net.js";
import { Search } from "../search.js";
import { MapAdapter } from "./adapter.js";
import { showChips } from "./chips.js";
import { filterOf, needsIds, queryOf } from "./filters.js";
import { Ground } from "./ground.js";
import { Legend } from "./legend.js";
import { Lookup } from "./lookup.js";
import { Bulk } from "./bulk.js";
import { Drawing } from "./drawing.js";
import { Measure } from "./measure.js";
import { Panel } from "./panel.js";
import { Picking } from "./picking.js";
import { Readout } from "./readout.js";
import { Saving } from "./saving.js";
import { Scene } from "./scene.js";
import { Selecting } from "./select.js";
import { Sheet } from "./sheet.js";
import { Shortcuts } from "./shortcuts.js";
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
    this.picking = new Picking(this);
    this.lookup = new Lookup(this);
    this._applyState();
    this.map = new MapAdapter(this.scene, () => this._insets());
    this.readout = new Readout(config);
    this.legend = new Legend(config, this.state, { view: () => this._clearBbox() });
    this.legend.onTrouble = (trouble) => this._trouble(trouble);
    this.panel = new Panel(config, {
      closed: () => this.picking.deselect(), step: (by) => this.picking.step(by), zoom: (bbox) => this.map.fit(bbox), arrived: (card) => this.picking.cardCame(card),
    });
    this.legendSheet = new Sheet($("#legend"));
    this.panelSheet = new Sheet($("#panel"));
    this.tools = new Tools(config, this.state, this.map);
    this.measure = new Measure(config, this.map);
    this.search = new Search({ local: (text) => this.lookup.local(text), choose: (item, text) => this.lookup.chosen(item, text) });
    this.selecting = new Selecting(this);
    this.saving = new Saving({ saved: (layer) => this._saved(layer), undoing: (layer) => this.scene.settle(layer, 0) });
    this.steps = new Steps(this);
    this.bulk = new Bulk(this);
    this.drawing = new Drawing(this);
    this.times = new Times(config, this.state);
    this.legend.onRevision = (layer, revision) => this._revised(layer, revision);
    this.map.setOverlay((context, view) => {
      this.selecting.draw(context, view);
      this.measure.draw(context, view);
      this.drawing.draw(context, view);
      this.tools.draw(context, view);
    });
    this._listen();
    this.shortcuts = new Shortcuts(this);
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
    map.on("click", (place) => this.picking.clicked(place));
    map.on("pointer", framed((place) => this.picking.pointed(place)));
    map.on("tiles", () => this.picking.retitle());
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
    listen();
    if (values.sel) this.picking.openFromAddress(values.sel, !values.view);
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
    if (values.sel) this.picking.openFromAddress(values.sel, false);
    else if (this.panel.open) this.picking.close();
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
