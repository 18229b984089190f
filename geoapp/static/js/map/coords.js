// Typed coordinates: CGCS2000 plane X (north), Y (east, with or without zone prefix), or degrees. Doubts are said in words.

import { t } from "../i18n.js";
import { fromPlane } from "./gk.js";

const NUMBER = String.raw`[-+]?\d+(?:\.\d+)?`;
const SEPARATOR = String.raw`\s*(?:[,，;；、]\s*|\s+)(?:[YyEe东]\s*[=:：]?\s*)?`;
const PAIR = new RegExp(`^\\s*(?:[XxNn北]\\s*[=:：]?\\s*)?(${NUMBER})${SEPARATOR}(${NUMBER})\\s*$`);
const SOUTH_X = 1800000;
const NORTH_X = 6200000;

const isLon = (n) => n >= 73 && n <= 136;
const isLat = (n) => n >= 3 && n <= 54;
const isNorth = (n) => n >= SOUTH_X && n <= NORTH_X;
const zoneOf = (n) => (n >= 13e6 && n < 46e6 ? Math.floor(n / 1e6) : 0);
const isEast = (n) => (n >= 100000 && n < 1000000) || (zoneOf(n) > 0 && n % 1e6 >= 100000);

/** Central meridian of a zone number: 13-23 count 6° zones, 25-45 count 3° zones. */
const meridianOf = (zone) => (zone <= 23 ? zone * 6 - 3 : zone * 3);

const plane = (x, y, { zone, central_meridian: here }, warnings) => {
  const given = zoneOf(y);
  if (!given) {
    warnings.push(t("Y 没有带号，按本地 {zone} 带（中央经线 {meridian}°）计算", { zone, meridian: here }));
    return fromPlane(x, y, here);
  }
  const meridian = meridianOf(given);
  if (given !== zone) {
    warnings.push(given <= 23
      ? t("带号 {given} 是 6° 带（中央经线 {meridian}°），本地用 3° 带 {zone}", { given, meridian, zone })
      : t("带号 {given}（中央经线 {meridian}°）不是本地的 {zone} 带，请核对", { given, meridian, zone }));
  }
  return fromPlane(x, y % 1e6, meridian);
};

const outside = ([lon, lat], [w, s, e, n]) => lon < w - 0.5 || lon > e + 0.5 || lat < s - 0.5 || lat > n + 0.5;

/** {lon, lat, label, warnings} of a typed pair of numbers, or null when it is none. */
export const parseCoordinates = (text, config) => {
  const found = PAIR.exec(text);
  if (!found) return null;
  const [a, b] = [Number(found[1]), Number(found[2])];
  const warnings = [];
  let place = null;
  if (isLon(a) && isLat(b)) place = [a, b];
  else if (isLat(a) && isLon(b)) {
    warnings.push(t("像是先纬度后经度，已对调为经度在前"));
    place = [b, a];
  } else if (isNorth(a) && isEast(b)) place = plane(a, b, config, warnings);
  else if (isEast(a) && isNorth(b)) {
    warnings.push(t("像是先 Y（东）后 X（北），已对调为 X 在前"));
    place = plane(b, a, config, warnings);
  }
  if (!place) return null;
  if (outside(place, config.town.bbox)) warnings.push(t("这个位置在本镇范围以外"));
  return { lon: place[0], lat: place[1], label: t("坐标 {lon}, {lat}", { lon: place[0].toFixed(6), lat: place[1].toFixed(6) }), warnings };
};
