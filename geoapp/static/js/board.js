// The big screen turns its scenes by itself, rests when somebody touches it, and fetches itself anew without a flash.

import { $, h } from "./dom.js";
import { t } from "./i18n.js";

const REST_MS = 60000;
const FRESH_MS = 60000;

const board = $("#board");
const turn = Number(board.dataset.turn);
let scenes = [];
let now = 0;
let restUntil = 0;

const show = (n) => {
  now = scenes.length ? ((n % scenes.length) + scenes.length) % scenes.length : 0;
  scenes.forEach((scene, i) => scene.classList.toggle("is-on", i === now));
  [...$("#board-dots").children].forEach((dot, i) => dot.classList.toggle("is-on", i === now));
};

const gather = () => {
  scenes = [...document.querySelectorAll("[data-scene]")];
  $("#board-dots").replaceChildren(...scenes.map(() => h("i")));
  show(now);
};

const rest = () => { restUntil = Date.now() + REST_MS; };
for (const name of ["pointermove", "pointerdown", "keydown", "touchstart"]) document.addEventListener(name, rest, { passive: true });
document.addEventListener("keydown", (event) => {
  if (event.key === "ArrowRight") show(now + 1);
  if (event.key === "ArrowLeft") show(now - 1);
});

setInterval(() => { if (Date.now() > restUntil) show(now + 1); }, turn);
setInterval(() => {
  const clock = new Date();
  $("#board-clock").textContent = `${String(clock.getHours()).padStart(2, "0")}:${String(clock.getMinutes()).padStart(2, "0")}`;
}, 5000);

/** New figures in place of the old; when they do not come, the screen says how old it is. */
const renew = async () => {
  try {
    const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of [".board-figures", ".board-scenes", "#board-state"]) document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
    gather();
  } catch {
    const state = $("#board-state");
    if (!state.classList.contains("is-old")) state.textContent += ` · ${t("连接中断，显示的是旧数据")}`;
    state.classList.add("is-old");
  }
};
setInterval(renew, FRESH_MS);
gather();
