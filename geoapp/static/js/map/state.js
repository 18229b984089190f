// The state of the map and its address: whoever opens the address sees the same.

const OWN = new Set(["layers", "status", "q", "sel", "c", "z", "base", "lang", "asof"]);

const listed = (text) => (text ?? "").split(",").map((part) => part.trim()).filter(Boolean);

export class State {
  constructor(config) {
    this.config = config;
    this.columns = Object.keys(config.references);
    this.listeners = [];
    this.values = this._read(new URLSearchParams(location.search));
    window.addEventListener("popstate", () => {
      this.values = this._read(new URLSearchParams(location.search));
      this._tell("address");
    });
  }

  /** `listener(values, cause)`: cause is "change" or "address" (Back and Forward). */
  listen(listener) {
    this.listeners.push(listener);
  }

  _tell(cause) {
    for (const listener of this.listeners) listener(this.values, cause);
  }

  /** A change a person made: a step that Back undoes. */
  change(values) {
    this.values = { ...this.values, ...values };
    history.pushState(null, "", this.url());
    this._tell("change");
  }

  /** The view moved, or a detail became known: the address follows without a new step. */
  follow(values) {
    this.values = { ...this.values, ...values };
    const url = this.url();
    if (url !== location.pathname + location.search) history.replaceState(null, "", url);
  }

  _read(query) {
    const names = listed(query.get("layers"));
    const known = names.filter((id) => this.config.layers.some((l) => l.id === id));
    const lead = known[0] ?? this.config.layers.find((l) => l.kind === "area")?.id ?? this.config.layers[0]?.id;
    const extra = new Map();
    for (const [name, value] of query) if (!OWN.has(name) && !this.columns.includes(name) && value) extra.set(name, value);
    const classes = this._classes(listed(query.get("status")), lead);
    this._classColumn(extra, classes, lead);
    return {
      layers: new Set(names.length ? known : this.config.layers.filter((l) => l.visible).map((l) => l.id)),
      named: known,
      lead,
      classes,
      extra,
      refs: Object.fromEntries(this.columns.map((name) => [name, listed(query.get(name)).map((v) => this._code(name, v))])),
      q: query.get("q")?.trim() ?? "",
      sel: this._selection(query.get("sel")),
      view: this._view(query),
      base: query.get("base") ?? "",
      asof: /^\d{4}-\d{2}-\d{2}/.test(query.get("asof") ?? "") ? query.get("asof") : "",
    };
  }

  /** Each token belongs to the layer it names, or to the first layer that knows it, the lead layer before others. */
  _classes(tokens, lead) {
    const found = new Map();
    const order = [...this.config.layers].sort((a, b) => (b.id === lead) - (a.id === lead));
    for (const token of tokens) {
      const [name, rest] = token.includes(":") ? token.split(":") : ["", token];
      const layer = order.find((l) => (!name || l.id === name) && this._token(l, rest));
      if (!layer) continue;
      if (!found.has(layer.id)) found.set(layer.id, new Set());
      found.get(layer.id).add(this._token(layer, rest));
    }
    return found;
  }

  _token(layer, text) {
    const cls = layer.classes.find((c) => c.key === text || (/^\d+$/.test(text) && c.n === Number(text)));
    if (cls) return cls.key;
    return layer.classes.some((c) => c.codes.includes(text)) ? text : "";
  }

  /** A filter on the column that colours the lead layer is a choice in its legend. */
  _classColumn(extra, classes, lead) {
    const layer = this.config.layers.find((l) => l.id === lead);
    const given = layer && layer.legend_by !== "status" ? extra.get(layer.legend_by) : null;
    if (!given) return;
    extra.delete(layer.legend_by);
    classes.set(lead, new Set(listed(given).map((v) => this._token(layer, v)).filter(Boolean)));
  }

  _code(column, text) {
    const choices = this.config.references[column];
    const exact = choices.find((r) => r.code === text || r.name === text);
    const begun = choices.filter((r) => r.name.startsWith(text));
    return (exact ?? (begun.length === 1 ? begun[0] : null))?.code ?? text;
  }

  _selection(text) {
    const [, layer, key] = /^([^/]+)\/(.+)$/.exec(text ?? "") ?? [];
    return this.config.layers.some((l) => l.id === layer) ? { layer, key, id: 0 } : null;
  }

  _view(query) {
    const [lon, lat] = listed(query.get("c")).map(Number);
    const zoom = Number(query.get("z"));
    const fine = Number.isFinite(lon) && Number.isFinite(lat) && Math.abs(lat) <= 85 && Math.abs(lon) <= 180;
    return fine ? { lon, lat, zoom: zoom >= 8 && zoom <= 22 ? Math.round(zoom) : 15 } : null;
  }

  _status() {
    const tokens = [];
    for (const [id, keys] of this.values.classes) {
      for (const key of keys) tokens.push(this._classes([key], this.values.lead).has(id) ? key : `${id}:${key}`);
    }
    return tokens.join(",");
  }

  url() {
    const { values, config } = this;
    const parts = [];
    const add = (name, text) => { if (text) parts.push(`${name}=${encodeURIComponent(text).replace(/%2C/g, ",").replace(/%2F/g, "/").replace(/%3A/g, ":")}`); };
    const usual = config.layers.filter((l) => l.visible).map((l) => l.id);
    const shown = config.layers.map((l) => l.id).filter((id) => values.layers.has(id));
    const order = [...shown].sort((a, b) => (b === values.lead) - (a === values.lead));
    if (values.named.length || shown.join() !== usual.join()) add("layers", order.join(",") || "none");
    for (const [name, codes] of Object.entries(values.refs)) add(name, codes.join(","));
    add("status", this._status());
    add("q", values.q);
    for (const [name, value] of values.extra) add(name, value);
    if (values.sel?.key) add("sel", `${values.sel.layer}/${values.sel.key}`);
    add("base", values.base);
    add("asof", values.asof);
    if (values.view) {
      add("c", `${values.view.lon.toFixed(5)},${values.view.lat.toFixed(5)}`);
      add("z", String(values.view.zoom));
    }
    return location.pathname + (parts.length ? `?${parts.join("&")}` : "");
  }
}
