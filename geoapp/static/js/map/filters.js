// From the state to what is drawn and asked: one test a layer for the canvas, one query for the server.

/** Codes of the legend column that are kept, or null for all. */
const codesKept = (layer, tokens) => {
  if (!tokens?.size) return null;
  return new Set([...tokens].flatMap((token) => layer.classes.find((c) => c.key === token)?.codes ?? [token]));
};

/** Does the state narrow a layer beyond what its tiles can tell, so that ids must be asked for? */
export const needsIds = (layer, values) =>
  (values.extra.size > 0 && layer.id === values.lead) || (values.q !== "" && (layer.kind === "area" || layer.kind === "symbol"));

/** A function (feature, code) → shown; `ids` is a Set when `needsIds`. */
export const filterOf = (layer, values, ids) => {
  const codes = codesKept(layer, values.classes.get(layer.id));
  const columns = layer.filters.filter((name) => values.refs[name]?.length).map((name) => [name, new Set(values.refs[name])]);
  if (!codes && !columns.length && !ids) return null;
  return (feature, code) => (!codes || codes.has(code))
    && columns.every(([name, kept]) => kept.has(feature.props[name] ?? "none"))
    && (!ids || ids.has(feature.id));
};

/** The server's query of a layer's filters without its legend classes, so that every class keeps its count. */
export const queryOf = (layer, values) => {
  const query = new URLSearchParams({ layer: layer.id });
  if (values.asof) query.set("asof", values.asof);
  for (const name of layer.filters) if (values.refs[name]?.length) query.set(name, values.refs[name].join(","));
  if (needsIds(layer, values)) {
    if (values.q) query.set("q", values.q);
    if (layer.id === values.lead) for (const [name, value] of values.extra) query.set(name, value);
  }
  return query;
};

/** Tokens that are single codes, which class counts cannot answer. */
export const singleCodes = (layer, values) =>
  [...(values.classes.get(layer.id) ?? [])].filter((token) => !layer.classes.some((c) => c.key === token));
