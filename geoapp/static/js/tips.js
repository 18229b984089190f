// One's own place for a report, where the browser may tell it.

import { $ } from "./dom.js";
import { t } from "./i18n.js";

const form = $("form[data-tip]");
const button = form?.querySelector("[data-locate]");
if (button && window.isSecureContext && navigator.geolocation) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const told = form.querySelector("[data-located]");
    told.textContent = "…";
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      form.elements.lon.value = coords.longitude;
      form.elements.lat.value = coords.latitude;
      told.textContent = t("已取得位置，误差约 {n} 米", { n: Math.round(coords.accuracy) });
    }, () => { told.textContent = t("暂时取不到位置，请到开阔处重试"); }, { enableHighAccuracy: true, timeout: 15000 });
  });
}
