// What a check of drawn outlines found, in words.

import { decimal, t } from "../i18n.js";

/** What forbids saving, or nothing. */
export const faultOf = (checks) => {
  const broken = checks.find((c) => !c.valid);
  if (broken) return t("图形自己相交，不能保存；按“退一步”改回");
  return checks.some((c) => c.outside) ? t("图形伸出了本镇范围，请核对") : "";
};

/** Overlaps and gaps, or that there are none. */
export const checkWords = (checks) => {
  const overlaps = checks.flatMap((c) => c.overlaps);
  const gaps = checks.flatMap((c) => c.gaps);
  const found = [];
  if (overlaps.length) found.push(t("与 {keys} 重叠 {m2} m²", { keys: [...new Set(overlaps.map((o) => o.key))].slice(0, 3).join("、"), m2: decimal(overlaps.reduce((sum, o) => sum + Number(o.area_m2), 0), 2) }));
  if (gaps.length) found.push(t("有 {n} 处缝隙，共 {m2} m²", { n: gaps.length, m2: decimal(gaps.reduce((sum, g) => sum + Number(g.area_m2), 0), 2) }));
  return found.length ? found.join("；") : t("没有重叠和缝隙");
};
