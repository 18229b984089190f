// World pixels of the Web Mercator display: 256 × 2^z wide. For drawing only, never for measuring.

const TILE = 256;

export const worldX = (lon, z) => ((lon + 180) / 360) * TILE * 2 ** z;

export const worldY = (lat, z) => {
  const sine = Math.sin((lat * Math.PI) / 180);
  return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * TILE * 2 ** z;
};

export const lonOf = (x, z) => (x / (TILE * 2 ** z)) * 360 - 180;

export const latOf = (y, z) => {
  const n = Math.PI * (1 - (2 * y) / (TILE * 2 ** z));
  return (Math.atan(Math.sinh(n)) * 180) / Math.PI;
};

/** True metres a pixel covers at a latitude, on the CGCS2000 semi-major axis. */
export const metresPerPixel = (lat, z) =>
  (2 * Math.PI * 6378137 * Math.cos((lat * Math.PI) / 180)) / (TILE * 2 ** z);

/** Scale denominator on paper: a CSS pixel is 1/96 of an inch. */
export const scaleOf = (lat, z) => metresPerPixel(lat, z) / (0.0254 / 96);
