// Scale and coordinates: CGCS2000 plane X (north) and Y (east, with zone prefix), longitude and latitude.

import { $ } from "../dom.js";
import { integer, t } from "../i18n.js";
import { toPlane } from "./gk.js";
import { metresPerPixel, scaleOf } from "./mercator.js";

const BAR_PX = 110;
const ROUND = [1, 2, 5];

/** The longest of 1, 2, 5, 10 … that is not longer than `most`. */
const roundBelow = (most) => {
  const power = 10 ** Math.floor(Math.log10(most));
  return (ROUND.findLast((step) => step * power <= most) ?? 1) * power;
};

/** A number to two significant digits, as scales are spoken of. */
const spoken = (n) => {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(n)) - 1);
  return Math.round(n / power) * power;
};

/** {x, y, text} of a place, in the town's zone; `digits` 0 on the screen, 3 where it is copied. */
export const planeOf = (lon, lat, config, digits = 0) => {
  const [x, y] = toPlane(lon, lat, config.central_meridian);
  return { x: x.toFixed(digits), y: `${config.zone}${y.toFixed(digits).padStart(digits ? 7 + digits : 6, "0")}` };
};

export class Readout {
  constructor(config) {
    this.config = config;
    this.bar = $("#readout-bar");
  }

  /** The view changed. */
  view({ lat, zoom, lon }) {
    const perPixel = metresPerPixel(lat, zoom);
    const metres = roundBelow(perPixel * BAR_PX);
    $("#readout-scale").textContent = `1:${spoken(scaleOf(lat, zoom))}`;
    this.bar.style.width = `${metres / perPixel}px`;
    this.bar.textContent = metres >= 1000 ? t("{n} 公里", { n: integer(metres / 1000) }) : t("{n} 米", { n: metres });
    this.centre = { lon, lat };
    if (!this.pointed) this._place(this.centre);
  }

  /** The pointer moved, or left (null): then the middle of the map is told. */
  pointer(place) {
    this.pointed = Boolean(place);
    this._place(place ?? this.centre);
  }

  _place(place) {
    if (!place) return;
    const { x, y } = planeOf(place.lon, place.lat, this.config);
    $("#readout-where").textContent = this.pointed ? t("光标") : t("中心");
    $("#readout-plane").textContent = `X ${x}  Y ${y}`;
    $("#readout-geo").textContent = `${place.lon.toFixed(6)}, ${place.lat.toFixed(6)}`;
  }

  /** What lies under the pointer, in words. */
  hover(text) {
    const element = $("#readout-hover");
    if (element.textContent !== text) element.textContent = text;
  }
}
