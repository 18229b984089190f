// The map as it was: a slider by week, play, and the way back to now. Past days are read only.

import { $, painted } from "../dom.js";
import { t } from "../i18n.js";

const WEEK_MS = 7 * 86400000;
const PLAY_MS = 900;

const iso = (time) => new Date(time).toISOString().slice(0, 10);
const spoken = (day) => new Intl.DateTimeFormat(document.documentElement.lang, { year: "numeric", month: "long", day: "numeric", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));

export class Times {
  constructor(config, state) {
    Object.assign(this, { config, state, box: $("#times"), slider: $("#times-slider") });
    if (!this.box || !config.history) return;
    this.from = Date.parse(config.history.from);
    this.to = Date.parse(config.history.to);
    this.slider.max = String(Math.max(1, Math.ceil((this.to - this.from) / WEEK_MS)));
    this.slider.addEventListener("input", () => this._slid());
    $("#tool-times").addEventListener("click", () => this.toggle());
    $("#times-now").addEventListener("click", () => this.now());
    $("#times-play").addEventListener("click", () => this._play());
    $("#times-day").addEventListener("change", (event) => { if (event.target.value) this._go(event.target.value); });
    $("#times-day").min = config.history.from;
    $("#times-day").max = config.history.to;
  }

  toggle() {
    this.box.hidden = !this.box.hidden;
    $("#tool-times").setAttribute("aria-pressed", String(!this.box.hidden));
    if (this.box.hidden) this.now();
  }

  now() {
    this._stop();
    if (this.state.values.asof) this.state.change({ asof: "" });
  }

  _day(step) {
    return Number(step) >= Number(this.slider.max) ? "" : iso(this.from + Number(step) * WEEK_MS);
  }

  _slid() {
    this._go(this._day(this.slider.value));
  }

  _go(day) {
    if (day === this.state.values.asof) return;
    this.state.change({ asof: day });
    painted("asof");
  }

  _play() {
    if (this.timer) {
      this._stop();
      return;
    }
    if (Number(this.slider.value) >= Number(this.slider.max)) this.slider.value = "0";
    $("#times-play").setAttribute("aria-pressed", "true");
    this.timer = setInterval(() => {
      this.slider.value = String(Number(this.slider.value) + 1);
      this._slid();
      if (Number(this.slider.value) >= Number(this.slider.max)) this._stop();
    }, PLAY_MS);
    this._slid();
  }

  _stop() {
    clearInterval(this.timer);
    this.timer = null;
    $("#times-play")?.setAttribute("aria-pressed", "false");
  }

  /** Shows the state's day. */
  show({ asof }) {
    if (!this.box || !this.config.history) return;
    if (asof) {
      this.box.hidden = false;
      $("#tool-times").setAttribute("aria-pressed", "true");
      this.slider.value = String(Math.round((Date.parse(asof.slice(0, 10)) - this.from) / WEEK_MS));
      $("#times-day").value = asof.slice(0, 10);
    } else this.slider.value = this.slider.max;
    $("#times-words").textContent = asof ? t("截至 {day}", { day: spoken(asof.slice(0, 10)) }) : t("现在");
    $("#map-shell").classList.toggle("is-past", Boolean(asof));
  }
}
