// Fetches, keeps and places vector tiles. A display tile is 512 px wide, so its data come from one zoom above.

import { readTile } from "./mvt.js";
import { ask } from "../net.js";

export const SIZE = 512;
const KEPT = 600;
const RETRY_MS = 2500;

export class TileStore {
  /** `arrived(layer)` after a tile came; `failed(trouble)` when one could not. */
  constructor(layers, { arrived, failed }) {
    this.layers = layers;
    this.arrived = arrived;
    this.failed = failed;
    this.kept = new Map();
    this.asked = new Map();
    this.refused = new Map();
  }

  /** Address and age of a layer's tiles: a newer revision or another day asks anew, the old picture stays until then. */
  static stamp(layer) {
    return `${layer.revision}@${layer.asof ?? ""}`;
  }

  static url(layer, at) {
    const path = layer.tiles.split("?")[0].replace("{z}", at.z).replace("{x}", at.x).replace("{y}", at.y);
    return `${path}?v=${layer.revision}${layer.asof ? `&asof=${layer.asof}` : ""}`;
  }

  /** The data tile that fills display tile x/y at zoom z, and how many zooms it is stretched. */
  static source(layer, z, x, y) {
    const stretch = Math.max(0, z - 1 - layer.max_zoom);
    return { z: z - 1 - stretch, x: x >> stretch, y: y >> stretch, stretch };
  }

  static key(layer, at) {
    return `${layer.id}/${at.z}/${at.x}/${at.y}`;
  }

  /** The decoded tile, or undefined while it is not here. */
  peek(layer, at) {
    const key = TileStore.key(layer, at);
    const tile = this.kept.get(key);
    if (tile) {
      this.kept.delete(key);
      this.kept.set(key, tile);
    }
    return tile?.layers;
  }

  settled(layer, at) {
    const key = TileStore.key(layer, at);
    return this.kept.has(key) || this.refused.has(key);
  }

  request(layer, at) {
    const key = TileStore.key(layer, at);
    const last = this.refused.get(key);
    const stamp = TileStore.stamp(layer);
    if (this.kept.get(key)?.stamp === stamp || this.asked.get(key)?.stamp === stamp || (last && performance.now() - last < RETRY_MS)) return;
    this.asked.get(key)?.stop.abort();
    const stop = new AbortController();
    this.asked.set(key, { stop, z: at.z, stamp });
    this._fetch(layer, at, key, stop.signal, stamp).finally(() => {
      if (this.asked.get(key)?.stop === stop) this.asked.delete(key);
    });
  }

  async _fetch(layer, at, key, signal, stamp) {
    const { revision } = layer;
    try {
      const answer = await ask(TileStore.url(layer, at), { signal });
      const layers = answer.status === 204 ? new Map() : readTile(await answer.arrayBuffer());
      for (const feature of layers.get(layer.id)?.features ?? []) feature.revision = revision;
      this.kept.set(key, { layers, stamp });
      this.refused.delete(key);
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
      this.arrived(layer, at);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.refused.set(key, performance.now());
      this.arrived(layer, at);
      this.failed(error);
    }
  }

  /** Stops asking for tiles of zooms that are no longer shown. */
  keepZoom(z) {
    const wanted = new Set(this.layers.map((layer) => TileStore.source(layer, z, 0, 0).z));
    for (const [key, { stop, z: asked }] of this.asked) {
      if (wanted.has(asked)) continue;
      stop.abort();
      this.asked.delete(key);
    }
  }

  forgetFailures() {
    this.refused.clear();
  }

  /** Placed data tiles of a layer that touch a window in world pixels: where they lie and what part of them shows. */
  *placed(layer, z, [x0, y0, x1, y1]) {
    const seen = new Set();
    for (let x = Math.floor(x0 / SIZE); x <= Math.floor(x1 / SIZE); x += 1) {
      for (let y = Math.floor(y0 / SIZE); y <= Math.floor(y1 / SIZE); y += 1) {
        const at = TileStore.source(layer, z, x, y);
        const key = `${at.x}/${at.y}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const tile = this.peek(layer, at);
        if (tile) yield place(layer, tile, at);
      }
    }
  }
}

/** A data tile in world pixels of the display zoom: world = (left, top) + scale × tile units. */
export const place = (layer, tile, at) => {
  const width = SIZE * 2 ** at.stretch;
  const own = tile.get(layer.id);
  const rollup = tile.get(`${layer.id}__rollup`);
  const found = own ?? rollup;
  return {
    features: found?.features ?? [],
    rolledUp: !own && Boolean(rollup),
    left: at.x * width,
    top: at.y * width,
    width,
    scale: found ? width / found.extent : 1,
  };
};
