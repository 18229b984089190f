// Patterns, point symbols and glyphs: the same drawing on the map and in the legend, so that colour never stands alone.

export const FONT = '"PingFang SC","Microsoft YaHei","HarmonyOS Sans SC","Noto Sans CJK SC","Source Han Sans SC",sans-serif';
const PATTERN = 8;
const made = new Map();

const draws = {
  dots(c) {
    for (const [x, y] of [[2, 2], [6, 6]]) {
      c.beginPath();
      c.arc(x, y, 1.1, 0, 7);
      c.fill();
    }
  },
  hatch(c) {
    stroke(c, [[-2, 2, 2, -2], [-2, 10, 10, -2], [6, 10, 10, 6]]);
  },
  backhatch(c) {
    stroke(c, [[6, -2, 10, 2], [-2, -2, 10, 10], [-2, 6, 2, 10]]);
  },
};

const stroke = (c, lines) => {
  c.beginPath();
  for (const [x0, y0, x1, y1] of lines) {
    c.moveTo(x0, y0);
    c.lineTo(x1, y1);
  }
  c.stroke();
};

/** A canvas pattern in the class's ink, or null for a plain one. */
export const patternOf = (context, cls, ratio) => {
  if (!draws[cls.pattern]) return null;
  const key = `${cls.pattern}${cls.ink}${ratio}`;
  if (!made.has(key)) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.round(PATTERN * ratio);
    const c = canvas.getContext("2d");
    c.scale(canvas.width / PATTERN, canvas.width / PATTERN);
    c.fillStyle = c.strokeStyle = cls.ink;
    c.globalAlpha = 0.55;
    c.lineWidth = 1.3;
    draws[cls.pattern](c);
    made.set(key, canvas);
  }
  const canvas = made.get(key);
  const pattern = context.createPattern(canvas, "repeat");
  pattern.setTransform(new DOMMatrix().scale(PATTERN / canvas.width));
  return pattern;
};

const SHAPES = {
  circle: (c, x, y, r) => c.arc(x, y, r, 0, 7),
  triangle: (c, x, y, r) => {
    c.moveTo(x, y - r * 1.15);
    c.lineTo(x + r * 1.1, y + r * 0.85);
    c.lineTo(x - r * 1.1, y + r * 0.85);
    c.closePath();
  },
  diamond: (c, x, y, r) => {
    c.moveTo(x, y - r * 1.2);
    c.lineTo(x + r * 1.2, y);
    c.lineTo(x, y + r * 1.2);
    c.lineTo(x - r * 1.2, y);
    c.closePath();
  },
  square: (c, x, y, r) => c.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8),
};

/** A point symbol with white casing and dark line; its glyph when it is large enough to be read. */
export const drawSymbol = (context, cls, x, y, r, ratio) => {
  context.beginPath();
  (SHAPES[cls.shape] ?? SHAPES.circle)(context, x, y, r);
  context.lineJoin = "round";
  context.strokeStyle = "#FFFFFF";
  context.lineWidth = 3.5;
  context.stroke();
  context.fillStyle = cls.fill;
  context.fill();
  const pattern = r >= 5 ? patternOf(context, cls, ratio) : null;
  if (pattern) {
    context.fillStyle = pattern;
    context.fill();
  }
  context.strokeStyle = "#1F2937";
  context.lineWidth = 1;
  context.stroke();
  if (r >= 8) drawGlyph(context, cls, x, y + (cls.shape === "triangle" ? r * 0.2 : 0), Math.round(r * 1.2));
};

export const drawGlyph = (context, cls, x, y, size) => {
  if (!cls.glyph) return;
  context.font = `600 ${size}px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  if (cls.pattern !== "plain") {
    context.strokeStyle = cls.fill;
    context.lineWidth = 3;
    context.strokeText(cls.glyph, x, y + 0.5);
  }
  context.fillStyle = cls.ink;
  context.fillText(cls.glyph, x, y + 0.5);
};

const swatchCanvas = (width, height) => {
  const ratio = window.devicePixelRatio || 1;
  const canvas = document.createElement("canvas");
  canvas.className = "legend-swatch";
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return { canvas, context, ratio };
};

/** What a legend row shows: exactly what the map draws. */
export const swatch = (layer, cls) => {
  const { canvas, context, ratio } = swatchCanvas(24, 20);
  if (layer.kind === "boundary") line(context, "#7A8794", [6, 3], 1.5);
  else if (layer.kind === "outline") line(context, "#E60012", [9, 3, 2, 3], 2.5);
  else if (cls.shape) drawSymbol(context, cls, 12, 10, 8, ratio);
  else box(context, cls, ratio);
  if (layer.kind === "outline") drawBadge(context, cls);
  return canvas;
};

const line = (context, colour, dash, width) => {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.strokeRect(1.5, 3.5, 21, 13);
  context.setLineDash([]);
};

const drawBadge = (context, cls) => {
  context.fillStyle = cls.fill;
  context.fillRect(4, 5, 16, 10);
  drawGlyph(context, cls, 12, 10, 9);
};

const box = (context, cls, ratio) => {
  context.fillStyle = cls.fill;
  context.fillRect(0.5, 0.5, 23, 19);
  const pattern = patternOf(context, cls, ratio);
  if (pattern) {
    context.fillStyle = pattern;
    context.fillRect(0.5, 0.5, 23, 19);
  }
  context.strokeStyle = "#1F2937";
  context.lineWidth = 1;
  context.strokeRect(0.5, 0.5, 23, 19);
  drawGlyph(context, cls, 12, 10, 12);
};
