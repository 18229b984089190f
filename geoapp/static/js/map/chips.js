// What narrows the map, as chips that one press removes.

import { $, h, icon } from "../dom.js";
import { t } from "../i18n.js";

const without = (map, key) => new Map([...map].filter(([name]) => name !== key));

const classLabel = (layer, token) => {
  const cls = layer.classes.find((c) => c.key === token);
  if (cls) return cls.label;
  const parent = layer.classes.find((c) => c.codes.includes(token));
  return parent ? t("{label}（部分）", { label: parent.label }) : token;
};

/** [{text, remove}] for every filter of the state. */
const chipsOf = (config, values) => {
  const found = [];
  for (const [column, codes] of Object.entries(values.refs)) {
    const names = codes.map((code) => config.references[column].find((r) => r.code === code)?.name ?? (code === "none" ? t("未填") : code));
    if (names.length) found.push({ text: names.join("、"), remove: { refs: { ...values.refs, [column]: [] } } });
  }
  for (const [id, tokens] of values.classes) {
    const layer = config.layers.find((l) => l.id === id);
    const labels = [...tokens].map((token) => classLabel(layer, token)).join("、");
    found.push({ text: t("{title}：{labels}", { title: layer.title, labels }), remove: { classes: without(values.classes, id) } });
  }
  if (values.q) found.push({ text: t("搜索“{q}”", { q: values.q }), remove: { q: "" } });
  for (const [name, value] of values.extra) found.push({ text: t("筛选：{value}", { value }), remove: { extra: without(values.extra, name) } });
  return found;
};

export const showChips = (config, state) => {
  const { values } = state;
  const chips = chipsOf(config, values).map(({ text, remove }) =>
    h("button", { class: "map-chip", type: "button", "data-testid": "chip", title: t("移除这项筛选"), onclick: () => state.change(remove) }, h("span", { text }), icon("x", 14)));
  if (chips.length > 1) {
    const nothing = { refs: Object.fromEntries(Object.keys(values.refs).map((name) => [name, []])), classes: new Map(), q: "", extra: new Map() };
    chips.push(h("button", { class: "map-chip map-chip-clear", type: "button", onclick: () => state.change(nothing) }, h("span", { text: t("清空筛选") })));
  }
  $("#chips").replaceChildren(...chips);
};
