// A colleague was faster: what it was, what they made of it, what I want; I choose for each field, nothing is lost.

import { $, h } from "../dom.js";
import { t } from "../i18n.js";

const shown = (layer, name, value) => {
  if (value === null || value === undefined || value === "") return "—";
  const field = (layer.edit ?? []).find((f) => f.name === name);
  return field?.choices?.find(([code]) => code === String(value))?.[1] ?? String(value);
};

/** Resolves to the fields to save with my value, or null when I leave everything to the colleague. */
export const choose = (layer, { by, conflicts }) => new Promise((resolve) => {
  const box = $("#clash");
  const rows = conflicts.map(({ field, title, base, theirs, mine }) => h("tr", {},
    h("th", { scope: "row", text: title }),
    h("td", { text: shown(layer, field, base) }),
    ...[["theirs", theirs], ["mine", mine]].map(([side, value]) => h("td", {}, h("label", { class: "inline" },
      h("input", { type: "radio", name: `clash:${field}`, value: side, checked: side === "theirs" }), h("span", { text: shown(layer, field, value) }))))));
  $("#clash-words").textContent = t("{by} 在您打开以后改过同一项。请逐项选定：", { by });
  $("#clash-rows").replaceChildren(...rows);
  const form = box.querySelector("form");
  form.onsubmit = (event) => {
    event.preventDefault();
    const chosen = conflicts.map((c) => c.field).filter((field) => form.elements[`clash:${field}`].value === "mine");
    box.close(chosen.length ? "mine" : "theirs");
    resolve(chosen.length ? chosen : null);
  };
  $("#clash-cancel").onclick = () => box.close();
  box.addEventListener("close", () => resolve(null), { once: true });
  box.showModal();
});
