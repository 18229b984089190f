// What each key does on the map.

import { $, isPhone } from "../dom.js";
import { bindKeys } from "./keys.js";

export class Shortcuts {
  constructor(page) {
    this.page = page;
    this.bind();
  }

  bind() {
    const layerKeys = { j: () => this.page.picking.step(1), k: () => this.page.picking.step(-1) };
    bindKeys({
      ...layerKeys,
      "/": () => this.page.search.focus(),
      "?": () => this.page.tools.help(),
      "l": () => this._legendKey(),
      "[": () => this._legendKey(),
      "]": () => { if (this.page.panel.open) this.page.picking.deselect(); else this.page.picking.step(1); },
      "m": () => this.page.measure.toggle(),
      "h": () => this.page.tools.home(),
      "s": () => this.page.selecting.setMode(this.page.selecting.mode ? "" : "box"),
      "t": () => this.page.times.toggle(),
      ".": () => this.page.steps.again(),
      ...Object.fromEntries([..."0123456789"].map((digit) => [digit, () => this.page.steps.key(digit)])),
      "d": () => (this.page.drawing.bar ? (this.page.drawing.active ? this.page.drawing.close() : this.page.drawing.start()) : false),
      "Delete": () => (this.page.drawing.mode === "edit" ? this.page.drawing.act("point") : false),
      "Enter": (event) => (this.page.drawing.mode && !event.target.closest("button, a") ? this.page.drawing.end() : this.page.measure.active && !event.target.closest("button, a") ? this.page.measure.end() : false),
      "Backspace": () => (this.page.drawing.mode ? this.page.drawing.back() : this.page.measure.active ? this.page.measure._do("back") : false),
      "Escape": () => this._escape(),
    });
    document.addEventListener("keydown", (event) => this._undoKey(event));
    $("#legend-toggle").addEventListener("click", () => this.page.legend.toggle());
    $("#legend-close").addEventListener("click", () => this.page.legend.toggle());
  }

  /** Ctrl+Z undoes what was saved here, unless a text is being typed. */
  _undoKey(event) {
    if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.key.toLowerCase() !== "z") return;
    if (event.defaultPrevented || event.target.closest?.("input, textarea, select")) return;
    event.preventDefault();
    if (!this.page.drawing.back()) this.page.saving.undo();
  }

  _legendKey() {
    if (isPhone()) this.page.legendSheet.to(this.page.legendSheet.stop === "peek" ? "half" : "peek");
    else this.page.legend.toggle();
  }

  _escape() {
    if (this.page.selecting.mode || this.page.selecting.ids.size) this.page.selecting.clear();
    else if (this.page.drawing.active) this.page.drawing.escape();
    else if (this.page.measure.active) this.page.measure.escape();
    else if (this.page.panel.open) this.page.picking.deselect();
    else return false;
    return true;
  }
}
