// Building elements without innerHTML, and the few signals every part of the map gives.

const SVG = "http://www.w3.org/2000/svg";
const SPRITE = "/static/vendor/lucide/icons.svg";

const put = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
};

export const $ = (selector, root = document) => root.querySelector(selector);
export const h = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) => put(document.createElementNS(SVG, tag), attributes, children);

export const icon = (name, size = 20) =>
  svg("svg", { class: "icon", width: size, height: size, "aria-hidden": "true", focusable: "false" },
    svg("use", { href: `${SPRITE}#${name}` }));

/** Marks the moment when what was asked for stands on the screen: the second frame after the writing. */
export const painted = (name) => {
  requestAnimationFrame(() => requestAnimationFrame(() => performance.mark(`ui:${name}:done`)));
};

/** Resolves when what was written stands on the screen; soon after in a tab nobody looks at, where no frame comes. */
export const shown = () => new Promise((resolve) => {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)));
  setTimeout(resolve, 120);
});

export const debounced = (ms, act) => {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...args), ms);
  };
};

/** Runs at most once a frame, with the latest arguments. */
export const framed = (act) => {
  let waiting = false;
  let latest = [];
  return (...args) => {
    latest = args;
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      act(...latest);
    });
  };
};

const phones = window.matchMedia("(max-width: 760px)");
export const isPhone = () => phones.matches;
export const onPhoneChange = (act) => phones.addEventListener("change", act);

/** A message that leaves by itself; `action` is {label, run}. Trouble stays until it is closed. */
export const toast = (text, { action = null, trouble = false, key = "", life = 6000 } = {}) => {
  const box = $("#toasts");
  if (key) box.querySelector(`[data-key="${key}"]`)?.remove();
  const leave = () => item.remove();
  const item = h("div", { class: trouble ? "toast toast-trouble" : "toast", "data-key": key }, h("span", { text }));
  if (action) item.append(h("button", { class: "toast-action", type: "button", text: action.label, onclick: () => { leave(); action.run(); } }));
  item.append(h("button", { class: "toast-close", type: "button", "aria-label": box.dataset.close, onclick: leave }, icon("x", 16)));
  box.append(item);
  if (!trouble) setTimeout(leave, life);
  return leave;
};

/** Copies text; an intranet over plain HTTP has no clipboard API, so a selected field stands in. */
export const copy = async (text) => {
  if (window.isSecureContext && navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = h("textarea", { class: "visually-hidden" });
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
};
