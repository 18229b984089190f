// The Chinese text is the key; the page brings a catalogue only when another language is read.

const element = document.getElementById("catalog");
const catalogue = element ? JSON.parse(element.textContent) : {};
export const language = document.documentElement.lang || "zh-CN";

/** A whole sentence with named places, so that a translation may order them its own way. */
export const t = (text, values = {}) =>
  (catalogue[text] || text).replace(/\{(\w+)\}/g, (place, name) => (name in values ? values[name] : place));

const integers = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
export const integer = (n) => integers.format(n);

const formats = new Map();
/** A number with exactly so many decimals; `text` may be a decimal string of the server. */
export const decimal = (text, digits) => {
  if (!formats.has(digits)) {
    formats.set(digits, new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  }
  return formats.get(digits).format(Number(text));
};

/** 2 000/3 m² are one mu. */
export const MU_M2 = 2000 / 3;
