// Buttons of the map: zoom, whole town, own position, base map, full screen, link, and the notes about them.

import { $, copy, h, toast } from "../dom.js";
import { t } from "../i18n.js";
import { worldX, worldY } from "./mercator.js";

const POSITION_ERRORS = {
  1: () => t("浏览器没有允许定位，请在地址栏左侧的权限里打开"),
  2: () => t("暂时取不到位置，请到开阔处重试"),
  3: () => t("定位超时，请重试"),
};

export class Tools {
  constructor(config, state, adapter) {
    Object.assign(this, { config, state, adapter, position: null });
    this._bind("tool-zoom-in", () => adapter.zoomBy(1));
    this._bind("tool-zoom-out", () => adapter.zoomBy(-1));
    this._bind("tool-home", () => this.home());
    this._bind("tool-locate", () => this.locate());
    this._bind("tool-full", () => this.fullscreen());
    this._bind("tool-share", () => this.share());
    this._bind("tool-help", () => this.help());
    $("#tool-full").hidden = !document.fullscreenEnabled;
    this._basemaps();
  }

  _bind(id, act) {
    $(`#${id}`).addEventListener("click", act);
  }

  home() {
    this.adapter.fit(this.config.town.bbox, 14);
  }

  async share() {
    await copy(location.href);
    const label = $("#tool-share .tool-word");
    const before = label.textContent;
    label.textContent = t("已复制");
    toast(t("链接已复制"), { key: "copied" });
    setTimeout(() => { label.textContent = before; }, 2000);
  }

  help() {
    $("#shortcuts").showModal();
  }

  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => toast(t("浏览器没有允许全屏"), { key: "full" }));
  }

  locate() {
    if (!window.isSecureContext || !navigator.geolocation) {
      toast(t("需 HTTPS 才能定位；可在搜索框输入坐标 X,Y 代替"), { key: "locate" });
      return;
    }
    $("#tool-locate").setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      $("#tool-locate").removeAttribute("aria-busy");
      this.position = { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy };
      this.adapter.setView(coords.longitude, coords.latitude, Math.max(17, this.adapter.view().zoom));
      toast(t("已定位，精度约 {n} 米", { n: Math.round(coords.accuracy) }), { key: "locate" });
    }, (error) => {
      $("#tool-locate").removeAttribute("aria-busy");
      toast((POSITION_ERRORS[error.code] ?? POSITION_ERRORS[2])(), { key: "locate" });
    }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 });
  }

  /** One's own position with its accuracy, over the map. */
  draw(context, view) {
    if (!this.position) return;
    const { lon, lat, accuracy } = this.position;
    const [x, y] = [worldX(lon, view.zoom) - view.x, worldY(lat, view.zoom) - view.y];
    const perMetre = (worldX(1, view.zoom) - worldX(0, view.zoom)) / (111320 * Math.cos((lat * Math.PI) / 180));
    for (const [r, fill, line] of [[accuracy * perMetre, "rgba(11,87,208,0.15)", "rgba(11,87,208,0.5)"], [7, "#0B57D0", "#FFFFFF"]]) {
      context.beginPath();
      context.arc(x, y, r, 0, 7);
      context.fillStyle = fill;
      context.fill();
      context.strokeStyle = line;
      context.lineWidth = 2;
      context.stroke();
    }
  }

  _basemaps() {
    const list = $("#basemaps");
    list.append(...this.config.basemaps.map((b) => h("label", { class: "menu-choice" },
      h("input", { type: "radio", name: "basemap", value: b.id, onchange: () => this.state.change({ base: b.id === this.config.basemaps[0].id ? "" : b.id }) }),
      h("span", { text: b.title }))));
    for (const b of this.config.basemaps) {
      this.adapter.onBasemapTiles(b, { came: () => this._baseNote(false), failed: () => this._baseNote(true) });
    }
  }

  _baseNote(silent) {
    $("#base-note").hidden = !silent;
  }

  showBasemap(id) {
    const chosen = this.config.basemaps.find((b) => b.id === id) ?? this.config.basemaps[0];
    if (this.base === chosen.id) return;
    this.base = chosen.id;
    this._baseNote(false);
    this.adapter.setBasemap(chosen, this.config.basemaps);
    const radio = document.querySelector(`input[name=basemap][value="${chosen.id}"]`);
    if (radio) radio.checked = true;
    $("#attribution-base").textContent = (chosen.variables ?? []).length ? ` · ${chosen.title}` : "";
  }
}
