// Photos go up one by one, each with its own state; nothing counts as saved before the server told its checksum.

import { $, h, toast } from "./dom.js";
import { t } from "./i18n.js";

const token = () => $('meta[name="csrf-token"]')?.content ?? "";

const sha256 = async (file) => {
  if (!window.isSecureContext || !crypto.subtle) return null;
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
};

/** One file with progress; resolves to the server's record or rejects with a sentence. */
const send = (url, file, phase, progress) => new Promise((resolve, reject) => {
  const form = new FormData();
  form.append("file", file, file.name);
  form.append("phase", phase);
  const request = new XMLHttpRequest();
  request.open("POST", url);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", token());
  request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
  request.onerror = () => reject(new Error(t("网络不通，请检查连接后重试")));
  request.onload = () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* a page instead of an answer: the status tells */ }
    if (request.status === 201) resolve(answer.files[0]);
    else if (request.status === 401) reject(new Error(t("登录已过期，请重新登录后继续")));
    else reject(new Error(answer.detail ?? t("服务暂时不可用，请稍后重试")));
  };
  request.send(form);
});

/** A row of the queue: state, and a way to try again. */
const upload = async (form, file) => {
  const state = h("b", { text: "0%" });
  const row = h("li", {}, h("span", { text: file.name }), state);
  form.querySelector(".file-queue").append(row);
  const attempt = async () => {
    row.classList.remove("is-bad");
    try {
      const [made, own] = await Promise.all([
        send(form.action, file, form.elements.phase.value, (part) => { state.textContent = `${Math.round(part * 100)}%`; }),
        sha256(file),
      ]);
      if (made.size !== file.size || (own && own !== made.sha256)) throw new Error(t("校验不一致，请重传"));
      state.textContent = t("已保存");
      return true;
    } catch (error) {
      row.classList.add("is-bad");
      state.textContent = error.message;
      return new Promise((resolve) => {
        const again = h("button", { class: "small-button", type: "button", text: t("重试"), onclick: () => { again.remove(); resolve(attempt()); } });
        row.append(again);
      });
    }
  };
  return attempt();
};

const refresh = (form) => {
  if (window.mapPage && form.closest("#panel")) window.mapPage.panel.reload();
  else location.reload();
};

document.addEventListener("change", async (event) => {
  const form = event.target.closest("form[data-files]");
  if (!form || event.target.type !== "file") return;
  const chosen = [...event.target.files];
  event.target.value = "";
  form.uploading = true;
  for (const file of chosen) await upload(form, file);
  form.uploading = false;
  refresh(form);
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-strike]");
  if (!form) return;
  event.preventDefault();
  const post = (what) => fetch(`/files/${form.dataset.strike}/${what}`, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": token() } });
  const answer = await post("remove");
  if (!answer.ok) {
    toast(t("服务暂时不可用，请稍后重试"), { trouble: true });
    return;
  }
  const item = form.closest(".gallery-item");
  item.hidden = true;
  toast(t("已移除"), { life: 10000, action: { label: t("撤销"), run: async () => { if ((await post("restore")).ok) item.hidden = false; } } });
});

/** Two pictures over each other, the range uncovers the upper one; keys work as on any range. */
for (const figure of document.querySelectorAll("[data-compare]")) {
  const [range, upper] = [figure.querySelector("input"), figure.querySelector(".compare-before")];
  const cut = () => { upper.style.clipPath = `inset(0 ${100 - range.value}% 0 0)`; };
  figure.classList.add("is-live");
  range.hidden = false;
  range.addEventListener("input", cut);
  cut();
}

document.documentElement.classList.add("has-script");
