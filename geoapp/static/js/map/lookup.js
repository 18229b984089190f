// What the search box finds without the server, and what happens with the result one takes.

import { toast } from "../dom.js";
import { t } from "../i18n.js";
import { parseCoordinates } from "./coords.js";

export class Lookup {
  constructor(page) {
    this.page = page;
  }

  /** Villages and projects from the page itself, and typed coordinates. */
  local(text) {
    const groups = [];
    const place = parseCoordinates(text, this.page.config);
    if (place) groups.push({ layer: "", title: t("坐标"), first: true, items: [{ ...place, key: text, icon: "crosshair", detail: "", fly: place }] });
    const small = text.toLowerCase();
    for (const [column, choices] of Object.entries(this.page.config.references)) {
      const layer = this._layerOf(choices);
      const items = choices.filter((r) => r.name.includes(text) || r.code.toLowerCase().startsWith(small)).slice(0, 6);
      if (items.length && layer) groups.push({ layer: layer.id, title: layer.title, items: items.map((r) => ({ key: r.code, label: r.name, detail: r.code, column, icon: "map" })) });
    }
    const area = this.page.config.layers.find((l) => l.kind === "area");
    if (area && !place) groups.push({ layer: "", title: t("筛选"), items: [{ key: "q", label: t("在图上只看含“{text}”的{title}", { text, title: area.title }), icon: "list-filter", filter: true }] });
    return groups;
  }

  /** The layer whose keys a reference column holds. */
  _layerOf(choices) {
    const parents = this.page.config.layers.filter((l) => l.kind === "boundary" || l.kind === "outline");
    return parents.find((l) => Object.entries(this.page.config.reference_layers ?? {}).some(([column, id]) => id === l.id && this.page.config.references[column] === choices))
      ?? parents.find((l) => (l.kind === "boundary") === /^\d{9,}$/.test(choices[0]?.code ?? ""));
  }

  chosen(item, text) {
    if (item.filter) this.page.state.change({ q: text });
    else if (item.fly) {
      this.page.map.setView(item.fly.lon, item.fly.lat, Math.max(17, this.page.map.view().zoom));
      this.page.tools.position = { lon: item.fly.lon, lat: item.fly.lat, accuracy: 0 };
      this.page.map.rehighlight();
      item.warnings.forEach((words) => toast(words));
    } else if (item.bbox) {
      this.page.picking.openFromAddress({ layer: item.layer, key: String(item.key), id: item.id ?? 0 }, false);
      this.page.map.fit(item.bbox);
      this.page.state.change({ sel: this.page.scene.selected });
    } else {
      this.page.picking.openFromAddress({ layer: item.layer, key: String(item.key), id: 0 }, true);
      this.page.state.change({ sel: this.page.scene.selected });
    }
  }
}
