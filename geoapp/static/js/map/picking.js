// Choosing one feature: by click, by key, from an address; its outline, its panel, its neighbours.

import { $, isPhone, painted, toast } from "../dom.js";
import { decimal, t } from "../i18n.js";

export class Picking {
  constructor(page) {
    this.page = page;
    this.flyTo = null;
  }

  clicked(place) {
    if (this.page.measure.active) {
      this.page.measure.add(place.lon, place.lat);
      return;
    }
    if (this.page.drawing.clicked(place)) return;
    const hit = this.page.scene.hit(place.zoom, place.x, place.y, place.reach);
    if (!hit) {
      if (this.page.panel.open) this.deselect();
      return;
    }
    if (hit.feature.rolledUp) {
      this.page.map.setView(place.lon, place.lat, Math.min(22, hit.layer.min_zoom + 1));
      toast(t("已放大到单个{title}", { title: hit.layer.title }), { key: "rollup" });
      return;
    }
    this.select(hit.layer, hit.feature, place);
  }

  pointed(place) {
    this.page.readout.pointer(place);
    if (this.page.measure.active || this.page.drawing.mode || this.page.map.zooming) return;
    const hit = place && this.page.scene.hit(place.zoom, place.x, place.y);
    const now = hit && hit.layer.kind !== "boundary" && !hit.feature.rolledUp ? { layer: hit.layer.id, id: hit.feature.id } : null;
    this.page.readout.hover(hit ? this._words(hit) : "");
    if (now?.id === this.page.scene.hovered?.id && now?.layer === this.page.scene.hovered?.layer) return;
    this.page.scene.hovered = now;
    this.page.map.cursor(now ? "pointer" : "");
    this.page.map.rehighlight();
  }

  _words({ layer, feature }) {
    if (feature.rolledUp) return feature.props.name;
    const weight = layer.weight ? feature.props[layer.weight] : undefined;
    const parts = [feature.props[layer.label], this.page.scene.classOf(layer, feature).label];
    if (weight !== undefined) parts.push(`${decimal(weight, 2)} ${layer.weight_unit ?? ""}`);
    return parts.filter(Boolean).join(" · ");
  }

  /** Selects a drawn feature: outline and title at once. */
  select(layer, feature, place) {
    const key = feature.props[layer.key] === undefined ? undefined : String(feature.props[layer.key]);
    this.page.scene.selected = { layer: layer.id, id: feature.id, key };
    this._open({ layer: layer.id, id: feature.id, key, feature, cls: this.page.scene.classOf(layer, feature) });
    this.page.map.rehighlight();
    painted("select");
    if (place) this.page.map.uncover(place.lon, place.lat);
    this.page.state.change({ sel: this.page.scene.selected, layers: new Set([...this.page.state.values.layers, layer.id]) });
  }

  _open(target) {
    $("#map-shell").classList.add("has-panel");
    const first = !this.page.panel.open;
    this.page.panel.show(target);
    $("#legend").classList.toggle("is-under", isPhone());
    if (first) this.page.panelSheet.to("peek");
  }

  openFromAddress(sel, fly) {
    this.page.scene.selected = { ...sel };
    this.flyTo = fly ? sel.key : null;
    const layers = new Set([...this.page.state.values.layers, sel.layer]);
    if (layers.size !== this.page.state.values.layers.size) {
      this.page.state.follow({ layers });
      this.page._applyState();
      this.page.map.repaint();
      this.page.legend.show(this.page.state.values);
    }
    this._open(sel);
    this.page.map.rehighlight();
  }

  /** The card knows id, key and place for certain. */
  cardCame({ layer, id, key, bbox }) {
    const { selected } = this.page.scene;
    if (!selected || selected.layer !== layer) return;
    this.page.scene.selected = { layer, id, key };
    this.page.state.follow({ sel: this.page.scene.selected });
    const placed = bbox?.length === 4 && bbox.every(Number.isFinite);
    if (this.flyTo === key && placed) this.page.map.fit(bbox, 18);
    this.flyTo = null;
    this.page.map.rehighlight();
  }

  /** Tiles came: a panel opened from an address can now tell class and weight. */
  retitle() {
    const { selected } = this.page.scene;
    if (!selected || !this.page.panel.now || this.page.panel.now.feature) return;
    const layer = this.page.config.layers.find((l) => l.id === selected.layer);
    const found = this._inView(layer).find(({ feature }) => feature.id === selected.id || String(feature.props[layer.key]) === selected.key);
    if (found) this.page.panel.now.feature = found.feature;
  }

  deselect() {
    this.close();
    this.page.state.change({ sel: null });
  }

  close() {
    this.page.scene.selected = null;
    this.page.panel.hide();
    $("#map-shell").classList.remove("has-panel");
    $("#legend").classList.remove("is-under");
    this.page.map.rehighlight();
  }

  _inView(layer) {
    return this.page.scene.featuresIn(layer, this.page.map.view().zoom, this.page.map.clearBox());
  }

  /** The next shown feature by number, among those in view; the first when none is selected. */
  step(by) {
    const { selected } = this.page.scene;
    const layer = this.page.config.layers.find((l) => l.id === (selected?.layer ?? this.page.state.values.lead)) ?? this.page.config.layers[0];
    const all = this._inView(layer).sort((a, b) => this._order(layer, a.feature, b.feature));
    if (!all.length) {
      toast(t("视野内没有可选的{title}，请放大或移动地图", { title: layer.title }), { key: "step" });
      return;
    }
    const here = all.findIndex(({ feature }) => feature.id === selected?.id);
    const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : (here + by + all.length) % all.length];
    const [lon, lat] = this.page.map.toLonLat(next.x, next.y);
    this.select(layer, next.feature, { lon, lat });
  }

  _order(layer, a, b) {
    const [x, y] = [a.props[layer.key], b.props[layer.key]];
    return x !== undefined && y !== undefined ? String(x).localeCompare(String(y), "zh", { numeric: true }) : a.id - b.id;
  }
}
