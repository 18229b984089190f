// Reads Mapbox Vector Tile 2.1 into flat integer rings, ready for painting and for hit tests.
//
// Our own reader and painter because the kept renderers miss what this map promises: protomaps-leaflet 5.1 takes
// 125-135 ms to recolour one feature (budget 50), hit-tests only "for debugging", cuts labels at tiles and reads an
// expired session's answer as a tile; VectorGrid 1.3 has no labels and throws on a click with Leaflet 1.9.

class Bytes {
  constructor(buffer) {
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.at = 0;
  }

  varint() {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  skip(wire) {
    if (wire === 0) this.varint();
    else if (wire === 1) this.at += 8;
    else if (wire === 2) this.at += this.varint();
    else this.at += 4;
  }

  text(length) {
    const text = UTF8.decode(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return text;
  }

  /** Calls read(field, wire) for each field up to `end`; what it does not read is skipped. */
  message(end, read) {
    while (this.at < end) {
      const tag = this.varint();
      const before = this.at;
      read(tag >> 3, tag & 7);
      if (this.at === before) this.skip(tag & 7);
    }
  }
}

const UTF8 = new TextDecoder();
const signed = (n) => (n % 2 ? -(n + 1) / 2 : n / 2);

const VALUES = {
  1: (b) => b.text(b.varint()),
  2: (b) => { b.at += 4; return b.view.getFloat32(b.at - 4, true); },
  3: (b) => { b.at += 8; return b.view.getFloat64(b.at - 8, true); },
  4: (b) => b.varint(),
  5: (b) => b.varint(),
  6: (b) => signed(b.varint()),
  7: (b) => b.varint() === 1,
};

const value = (bytes, end) => {
  let found = null;
  bytes.message(end, (field) => { if (VALUES[field]) found = VALUES[field](bytes); });
  return found;
};

const packed = (bytes) => {
  const end = bytes.varint() + bytes.at;
  const found = [];
  while (bytes.at < end) found.push(bytes.varint());
  return found;
};

/** Rings or lines as flat [x, y, x, y …] and the box around them. */
const geometry = (bytes) => {
  const end = bytes.varint() + bytes.at;
  const parts = [];
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  let line = null;
  let [x, y] = [0, 0];
  while (bytes.at < end) {
    const command = bytes.varint();
    if ((command & 7) === 7) continue;
    for (let i = command >> 3; i > 0; i -= 1) {
      x += signed(bytes.varint());
      y += signed(bytes.varint());
      if ((command & 7) === 1) parts.push((line = []));
      line.push(x, y);
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
    }
  }
  return { parts: parts.map((part) => Int32Array.from(part)), box };
};

const feature = (bytes, end, keys, values) => {
  const found = { id: 0, kind: 0, tags: [], parts: [], box: null, props: {} };
  bytes.message(end, (field) => {
    if (field === 1) found.id = bytes.varint();
    else if (field === 2) found.tags = packed(bytes);
    else if (field === 3) found.kind = bytes.varint();
    else if (field === 4) Object.assign(found, geometry(bytes));
  });
  for (let i = 0; i < found.tags.length; i += 2) found.props[keys[found.tags[i]]] = values[found.tags[i + 1]];
  return { id: found.id, kind: found.kind, parts: found.parts, box: found.box, props: found.props };
};

const layer = (bytes, end) => {
  const found = { name: "", extent: 4096, features: [] };
  const [keys, values, spans] = [[], [], []];
  bytes.message(end, (field) => {
    if (field === 1) found.name = bytes.text(bytes.varint());
    else if (field === 5) found.extent = bytes.varint();
    else if (field === 3) keys.push(bytes.text(bytes.varint()));
    else if (field === 4) values.push(value(bytes, bytes.varint() + bytes.at));
    else if (field === 2) {
      const length = bytes.varint();
      spans.push([bytes.at, bytes.at + length]);
      bytes.at += length;
    }
  });
  for (const [start, stop] of spans) {
    bytes.at = start;
    const made = feature(bytes, stop, keys, values);
    if (made.box) found.features.push(made);
  }
  bytes.at = end;
  return found;
};

export const POINT = 1;
export const LINE = 2;

/** Layers of a tile by name: {name, extent, features: [{id, kind, parts, box, props}]}. */
export const readTile = (buffer) => {
  const bytes = new Bytes(buffer);
  const layers = new Map();
  bytes.message(buffer.byteLength, (field) => {
    if (field !== 3) return;
    const found = layer(bytes, bytes.varint() + bytes.at);
    layers.set(found.name, found);
  });
  return layers;
};
