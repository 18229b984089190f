// A panel that is a bottom sheet on a phone, with three stops, by finger and by button.

import { isPhone, onPhoneChange, painted } from "../dom.js";

const PEEK_PX = 96;
const FLING = 0.4;
const ORDER = ["peek", "half", "full"];

export class Sheet {
  /** `element` holds a `.sheet-handle` and a `.sheet-grip` button; `moved` is told after each change. */
  constructor(element, moved) {
    Object.assign(this, { element, moved, stop: "peek" });
    this.grip = element.querySelector(".sheet-grip");
    this.grip.addEventListener("click", () => { if (!this.dragged) this.to(this.stop === "peek" ? "half" : this.stop === "half" ? "full" : "peek"); });
    this.grip.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      this.to(ORDER[Math.max(0, Math.min(2, ORDER.indexOf(this.stop) + step))]);
    });
    const handle = element.querySelector(".sheet-handle");
    handle.addEventListener("pointerdown", (event) => this._grab(event));
    handle.addEventListener("pointermove", (event) => this._drag(event));
    for (const name of ["pointerup", "pointercancel"]) handle.addEventListener(name, (event) => this._drop(event));
    onPhoneChange(() => this.to(this.stop));
  }

  _room() {
    return this.element.parentElement.clientHeight;
  }

  _height(stop) {
    return { peek: PEEK_PX, half: Math.round(this._room() * 0.5), full: Math.round(this._room() * 0.92) }[stop];
  }

  /** Pixels of the map that the sheet covers. */
  covered() {
    return isPhone() && !this.element.hidden ? this._height(this.stop) : 0;
  }

  to(stop) {
    this.stop = stop;
    this.element.dataset.stop = stop;
    this._show(isPhone() ? this._height(stop) : 0);
    this.grip.setAttribute("aria-expanded", String(stop !== "peek"));
    this.moved?.();
    painted("sheet");
  }

  _show(height) {
    this.element.style.setProperty("--shown", `${height}px`);
  }

  _grab(event) {
    if (!isPhone() || (event.target.closest("button, a, input, select") && !event.target.closest(".sheet-grip"))) return;
    this.dragged = false;
    this.held = { y: event.clientY, height: this._height(this.stop), at: event.timeStamp };
  }

  _drag(event) {
    if (!this.held) return;
    const dy = this.held.y - event.clientY;
    if (!this.dragged && Math.abs(dy) < 6) return;
    if (!this.dragged) {
      this.dragged = true;
      this.element.classList.add("is-dragging");
      event.currentTarget.setPointerCapture(event.pointerId);
    }
    this.held.now = Math.max(PEEK_PX / 2, Math.min(this._height("full"), this.held.height + dy));
    this._show(this.held.now);
  }

  _drop(event) {
    const { held } = this;
    this.held = null;
    this.element.classList.remove("is-dragging");
    if (!held || held.now === undefined) return;
    const speed = (held.y - event.clientY) / Math.max(1, event.timeStamp - held.at);
    const from = ORDER.indexOf(this.stop);
    let stop = ORDER.reduce((best, s) => (Math.abs(this._height(s) - held.now) < Math.abs(this._height(best) - held.now) ? s : best));
    if (Math.abs(speed) > FLING) stop = ORDER[Math.max(0, Math.min(2, from + Math.sign(speed)))];
    this.to(stop);
    setTimeout(() => { this.dragged = false; });
  }
}
