// Logging in again in place: the page stays, the save that met the ended session is sent once more.

import { $ } from "../dom.js";
import { t } from "../i18n.js";

const dialog = () => $("#login-again");
let waiting = null;

/** True when the same person is logged in again; false when it was cancelled. One dialog, however many saves wait. */
export const logInAgain = () => {
  if (!dialog()) return Promise.resolve(false);
  waiting ??= new Promise((done) => open(done)).finally(() => { waiting = null; });
  return waiting;
};

const open = (done) => {
  const box = dialog();
  const form = box.querySelector("form");
  let entered = false;
  form.password.value = "";
  tell("");
  const submitted = async (event) => {
    event.preventDefault();
    try {
      tell(await enter(form.username.value, form.password.value));
      if (!$("#login-again-trouble").hidden) return;
      entered = true;
      box.close();
    } catch {
      tell(t("网络不通，请检查连接后重试"));
    }
  };
  form.addEventListener("submit", submitted);
  box.querySelector("[data-cancel]").onclick = () => box.close();
  box.addEventListener("close", () => {
    form.removeEventListener("submit", submitted);
    form.password.value = "";
    done(entered);
  }, { once: true });
  box.showModal();
  form.password.focus();
};

const tell = (words) => {
  const box = $("#login-again-trouble");
  box.textContent = words;
  box.hidden = !words;
};

/** Sends the login form in the background; "" or what is wrong. The page's token for forms is renewed with it. */
const enter = async (username, password) => {
  const token = tokenOf(await (await fetch("/login", { credentials: "same-origin" })).text());
  const body = new URLSearchParams({ username, password, csrf_token: token, next: "/help" });
  const answer = await fetch("/login", { method: "POST", credentials: "same-origin", body });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (answer.status === 429) return t("请求过于频繁，请稍候再试");
  const renewed = page.querySelector("meta[name=csrf-token]")?.content;
  if (!answer.ok || !renewed) return page.querySelector("main [role=alert]")?.textContent.trim() || t("用户名或密码不对");
  $("meta[name=csrf-token]").content = renewed;
  return "";
};

const tokenOf = (html) => new DOMParser().parseFromString(html, "text/html").querySelector("main input[name=csrf_token]")?.value ?? "";
