// The only file that knows Leaflet. It attaches to the frame Folium drew and gives the rest plain numbers and calls.

import { framed, painted } from "../dom.js";
import { latOf, lonOf, worldX, worldY } from "./mercator.js";
import { SIZE } from "./tiles.js";

const PAD = 160;
const REDRAW_AFTER_PX = PAD * 0.7;
const FIT_MAX_ZOOM = 18;
/** Pixels a line may reach over its outline. */
const STROKE = 4;

const leaflet = () => window.L;

/** A canvas over the whole view and a margin; it moves and scales with the map until it is drawn anew. */
class ViewCanvas {
  constructor(map, pane, draw) {
    Object.assign(this, { map, draw, L: leaflet() });
    this.canvas = this.L.DomUtil.create("canvas", "view-canvas leaflet-zoom-animated", map.getPane(pane));
    this.context = this.canvas.getContext("2d");
    this.redraw();
  }

  redraw() {
    const { map, L, canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    const size = map.getSize().add([2 * PAD, 2 * PAD]);
    const corner = map.containerPointToLayerPoint([-PAD, -PAD]).round();
    if (canvas.width !== size.x * ratio || canvas.height !== size.y * ratio) {
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    L.DomUtil.setPosition(canvas, corner);
    const world = corner.add(map.getPixelOrigin());
    this.corner = corner;
    this.zoom = map.getZoom();
    this.latlng = map.layerPointToLatLng(corner);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, size.x, size.y);
    this.draw(this.context, { zoom: this.zoom, x: world.x, y: world.y, width: size.x, height: size.y, pad: PAD }, ratio);
  }

  /** Is so much of the margin used up that the view must be drawn anew? */
  spent() {
    const moved = this.map.containerPointToLayerPoint([-PAD, -PAD]).subtract(this.corner);
    return Math.abs(moved.x) > REDRAW_AFTER_PX || Math.abs(moved.y) > REDRAW_AFTER_PX;
  }

  follow(centre, zoom) {
    const { map, L } = this;
    const position = map._latLngToNewLayerPoint(this.latlng, zoom, centre);
    L.DomUtil.setTransform(this.canvas, position, map.getZoomScale(zoom, this.zoom));
  }
}

const gridClass = (L, scene, hooks) => L.GridLayer.extend({
  createTile(coords, done) {
    const canvas = L.DomUtil.create("canvas", "leaflet-tile");
    canvas.width = canvas.height = SIZE * (window.devicePixelRatio || 1);
    canvas.shown = () => { canvas.shown = null; done(null, canvas); };
    canvas.coords = coords;
    scene.want(coords);
    if (scene.readiness(coords) !== "none") hooks.dirty();
    else canvas.late = setTimeout(() => canvas.shown?.(), 4000);
    canvas.dirty = true;
    return canvas;
  },

  /** Paints what changed: all of it, or only tiles that wait for data that came. */
  paint(all) {
    const inView = this._pxBoundsToTileRange(this._getTiledPixelBounds(this._map.getCenter()));
    for (const { el, coords } of Object.values(this._tiles)) {
      if (!all && !el.dirty) continue;
      if (coords.z !== this._tileZoom || scene.readiness(el.coords) === "none") { el.dirty = true; continue; }
      if (all && !inView.contains(coords)) { el.dirty = true; hooks.dirty(); continue; }
      el.dirty = false;
      scene.paintTile(el.getContext("2d"), window.devicePixelRatio || 1, el.coords);
      clearTimeout(el.late);
      el.shown?.();
    }
  },

  arrived(layer, at) {
    for (const { el } of Object.values(this._tiles)) {
      const stretch = Math.max(0, el.coords.z - 1 - layer.max_zoom);
      if (el.coords.z - 1 - stretch === at.z && el.coords.x >> stretch === at.x && el.coords.y >> stretch === at.y) el.dirty = true;
    }
    hooks.dirty();
  },

  /** Asks for what a layer that was just shown needs, and tells whether all of the view is here. */
  want() {
    for (const { el } of Object.values(this._tiles)) scene.want(el.coords);
  },

  complete() {
    const tiles = Object.values(this._tiles).filter(({ coords }) => coords.z === this._tileZoom);
    return tiles.length > 0 && tiles.every(({ el }) => scene.readiness(el.coords) === "all" && !el.dirty);
  },
});

export class MapAdapter {
  /** `scene` draws; `insets()` tells how many pixels at each edge panels cover. */
  constructor(scene, insets) {
    Object.assign(this, { scene, insets, map: window.map_main, L: leaflet(), listeners: {} });
    const { map, L } = this;
    map.options.zoomSnap = 1;
    map._fadeAnimated = false;
    map.attributionControl?.remove();
    map.boxZoom.disable();
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this._panes();
    const Grid = gridClass(L, scene, { dirty: framed(() => this._paintDirty()) });
    this.ground = new ViewCanvas(map, "ground", (c, view) => scene.ground.draw(c, view));
    this.grid = new Grid({ tileSize: SIZE, pane: "data", keepBuffer: 1, updateWhenIdle: false, updateWhenZooming: false, updateInterval: 60 }).addTo(map);
    this.highlight = new ViewCanvas(map, "highlight", (c, view) => this._drawHighlights(c, view));
    this.marks = new ViewCanvas(map, "marks", (c, view, ratio) => scene.drawMarks(c, view, ratio));
    this._events();
  }

  _panes() {
    for (const [name, z] of [["ground", 150], ["data", 350], ["highlight", 420], ["marks", 430]]) {
      this.map.createPane(name).classList.add(`pane-${name}`);
      this.map.getPane(name).style.zIndex = z;
      if (name !== "data") this.map.getPane(name).style.pointerEvents = "none";
    }
  }

  _events() {
    const { map } = this;
    const all = [this.ground, this.highlight, this.marks];
    const redrawSpent = framed(() => { if (all[0].spent() && !this.zooming) all.forEach((c) => c.redraw()); });
    map.on("zoomstart", () => { this.zooming = true; });
    map.on("zoomanim", (e) => all.forEach((c) => c.follow(e.center, e.zoom)));
    map.on("zoom", () => { if (map.getZoom() !== all[0].zoom) all.forEach((c) => c.follow(map.getCenter(), map.getZoom())); });
    map.on("zoomend", () => { this.zooming = false; this.scene.store.keepZoom(map.getZoom()); });
    map.on("move", () => { redrawSpent(); this._say("move"); });
    map.on("moveend resize", () => {
      this.marks.redraw();
      this.ground.redraw();
      this.highlight.redraw();
      this._say("moveend");
      if (this.grid.complete()) painted("pan");
    });
    map.on("click", (e) => this._say("click", this._at(e)));
    map.on("dblclick", (e) => this._say("dblclick", this._at(e)));
    map.on("mousemove", (e) => this._say("pointer", this._at(e)));
    map.on("mouseout", () => this._say("pointer", null));
  }

  _at(event) {
    const zoom = this.map.getZoom();
    const { lng: lon, lat } = event.latlng;
    const touch = event.originalEvent?.pointerType === "touch";
    return { lon, lat, x: worldX(lon, zoom), y: worldY(lat, zoom), zoom, reach: touch ? 8 : 0 };
  }

  on(name, listener) {
    (this.listeners[name] ??= []).push(listener);
  }

  _say(name, value) {
    for (const listener of this.listeners[name] ?? []) listener(value);
  }

  _drawHighlights(context, view) {
    this.scene.drawHighlights(context, view);
    this.overlay?.(context, view);
  }

  /** A drawing over the highlights in the same view, for measuring and for one's own position. */
  setOverlay(draw) {
    this.overlay = draw;
    this.highlight.redraw();
  }

  _paintDirty() {
    this.grid.paint(false);
    this.marks.redraw();
    this.highlight.redraw();
    this._say("tiles");
    if (!this.first && this.grid.complete()) {
      this.first = true;
      painted("first-parcels");
    }
  }

  arrived(layer, at) {
    this.grid?.arrived(layer, at);
  }

  /** After a change of filter, class or visibility: everything in view, at once. */
  repaint() {
    this.grid.want();
    this.grid.paint(true);
    this.marks.redraw();
    this.highlight.redraw();
  }

  /** After a change of one feature: only the tiles that its box [w, s, e, n] touches. */
  repaintBox(box) {
    if (box?.length !== 4 || !box.every(Number.isFinite)) {
      this.repaint();
      return;
    }
    const [west, south, east, north] = box;
    for (const { el, coords } of Object.values(this.grid._tiles)) {
      const at = (world) => Math.floor(world / SIZE);
      const [x0, x1] = [at(worldX(west, coords.z) - STROKE), at(worldX(east, coords.z) + STROKE)];
      const [y0, y1] = [at(worldY(north, coords.z) - STROKE), at(worldY(south, coords.z) + STROKE)];
      if (coords.x >= x0 && coords.x <= x1 && coords.y >= y0 && coords.y <= y1) el.dirty = true;
    }
    this.grid.paint(false);
    this.marks.redraw();
    this.highlight.redraw();
  }

  rehighlight() {
    this.highlight.redraw();
  }

  cursor(name) {
    this.map.getContainer().style.cursor = name;
  }

  view() {
    const zoom = this.map.getZoom();
    const { lng: lon, lat } = this.map.getCenter();
    const bounds = this.map.getBounds();
    return { lon, lat, zoom, bbox: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()] };
  }

  /** World pixels of the part of the view that no panel covers: [x0, y0, x1, y1]. */
  clearBox() {
    const { top, right, bottom, left } = this.insets();
    const size = this.map.getSize();
    const origin = this.map.getPixelBounds().min;
    return [origin.x + left, origin.y + top, origin.x + size.x - right, origin.y + size.y - bottom];
  }

  /** World pixels of the map's top left corner. */
  origin() {
    const { x, y } = this.map.getPixelBounds().min;
    return [x, y];
  }

  setView(lon, lat, zoom) {
    this.map.setView([lat, lon], zoom, { animate: false });
  }

  /** Shows a box [w, s, e, n] inside the uncovered part. */
  fit([west, south, east, north], maxZoom = FIT_MAX_ZOOM) {
    const { top, right, bottom, left } = this.insets();
    this.map.fitBounds([[south, west], [north, east]], {
      paddingTopLeft: [left + 24, top + 24], paddingBottomRight: [right + 24, bottom + 24], maxZoom, animate: false,
    });
  }

  /** Moves a place that a panel covers into the uncovered part; leaves the map alone otherwise. */
  uncover(lon, lat, margin = 40) {
    const zoom = this.map.getZoom();
    const [x, y] = [worldX(lon, zoom), worldY(lat, zoom)];
    const [x0, y0, x1, y1] = this.clearBox();
    const shift = (value, low, high) => (value < low + margin ? value - low - margin : value > high - margin ? value - high + margin : 0);
    const [dx, dy] = [shift(x, x0, x1), shift(y, y0, y1)];
    if (dx || dy) this.map.panBy([dx, dy], { animate: !this.calm, duration: 0.2 });
  }

  toLonLat(x, y) {
    const zoom = this.map.getZoom();
    return [lonOf(x, zoom), latOf(y, zoom)];
  }

  zoomBy(steps) {
    this.map.setZoom(this.map.getZoom() + steps, { animate: !this.calm });
  }

  doubleClickZoom(on) {
    this.map.doubleClickZoom[on ? "enable" : "disable"]();
  }

  /** Shows one base map's tile layers, which Folium made, under the data. */
  setBasemap(chosen, all) {
    for (const name of all.flatMap((b) => b.variables ?? [])) window[name]?.remove();
    for (const name of chosen.variables ?? []) window[name]?.addTo(this.map);
    this.scene.ground.plain = !(chosen.variables ?? []).length;
    this.ground.redraw();
    this.marks.redraw();
  }

  /** Calls back when the base map's tiles come or fail to come. */
  onBasemapTiles(chosen, { came, failed }) {
    for (const name of chosen.variables ?? []) window[name]?.on("tileload", came).on("tileerror", failed);
  }

  resized() {
    this.map.invalidateSize({ animate: false });
  }

  container() {
    return this.map.getContainer();
  }
}
