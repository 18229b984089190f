// Saving from the map: the change shows at once, is confirmed or taken back by the server, and can be undone.

import { $, painted, toast } from "../dom.js";
import { t } from "../i18n.js";
import { Trouble } from "../net.js";
import { logInAgain } from "./again.js";

const csrf = () => $("meta[name=csrf-token]")?.content ?? "";

/** Sends JSON or a form; the answer's body. An ended session asks to log in here and sends once more. */
export const send = async (url, options = {}) => {
  try {
    return await sendOnce(url, options);
  } catch (error) {
    if (error.kind !== "session" || !(await logInAgain())) throw error;
    return sendOnce(url, options);
  }
};

const sendOnce = async (url, { method = "POST", json, form, headers = {} }) => {
  let response;
  try {
    response = await fetch(url, {
      method,
      credentials: "same-origin",
      headers: { Accept: "application/json", "X-CSRFToken": csrf(), ...(json ? { "Content-Type": "application/json" } : {}), ...headers },
      body: json ? JSON.stringify(json) : form,
    });
  } catch {
    throw new Trouble("network", t("网络不通，没有保存；请检查连接后重试"));
  }
  const body = await response.json().catch(() => ({}));
  if (response.status === 401) throw new Trouble("session", t("登录已过期，没有保存；请重新登录"));
  if (!response.ok) {
    const trouble = new Trouble("refused", reasonOf(body));
    throw Object.assign(trouble, { status: response.status, body });
  }
  const operation = response.headers.get("Operation");
  return operation && !body.undo ? { ...body, undo: `/ops/${operation}/undo` } : body;
};

/** The server's own words: what is wrong, and each field's fault. */
const reasonOf = (problem) => {
  const fields = Object.values(problem.errors ?? problem.fields ?? {}).map((e) => (typeof e === "string" ? e : e.message ?? e.detail ?? "")).filter(Boolean);
  return [problem.detail || problem.title || t("没有保存"), ...fields].join("；");
};

export class Saving {
  /** `hooks`: saved(layerId, answer) after every save that stands. */
  constructor(hooks) {
    this.hooks = hooks;
    this.last = null;
  }

  /** Runs a save; what `undo` the server offers is kept for the toast and Ctrl+Z. `back` paints what was before. */
  async run(layer, words, save, back = null) {
    const answer = await save();
    this.hooks.saved(layer, answer);
    this.told(layer, words, answer, back);
    return answer;
  }

  told(layer, words, answer, back = null) {
    this.last = answer.undo ? { layer, url: answer.undo, back } : null;
    const more = this.last ? { action: { label: t("撤销 (Ctrl+Z)"), run: () => this.undo() } } : {};
    toast(words, { key: "saved", ...more, life: 10000 });
    painted("saved");
  }

  /** Undoes the latest save of this page; once. */
  async undo() {
    const { last } = this;
    if (!last) {
      toast(t("没有可撤销的修改；更早的操作请到“操作记录”撤销"), { key: "saved" });
      return;
    }
    this.last = null;
    if (last.back) last.back();
    else this.hooks.undoing?.(last.layer);
    painted("undo");
    try {
      const answer = await send(last.url);
      this.hooks.undoing?.(last.layer);
      this.hooks.saved(last.layer, answer);
      toast(t("已撤销"), { key: "saved" });
    } catch (error) {
      this.hooks.undoing?.(last.layer);
      this.hooks.saved(last.layer, {});
      toast(error.message, { trouble: true, key: "saved" });
    }
  }
}
