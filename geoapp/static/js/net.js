// Asking the server; every failure becomes a sentence that says what happened and what to do next.

import { t } from "./i18n.js";

export class Trouble extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

const SENTENCES = {
  session: () => t("登录已过期，请重新登录后继续"),
  forbidden: () => t("您的账号没有查看权限，请联系管理员"),
  missing: () => t("没有找到，可能已删除或编号有误"),
  busy: () => t("请求过于频繁，请稍候再试"),
  server: () => t("服务暂时不可用，请稍后重试"),
  network: () => t("网络不通，请检查连接后重试"),
};

const kindOf = (response) => {
  if (response.status === 401 || (response.redirected && new URL(response.url).pathname.startsWith("/login"))) return "session";
  if (response.status === 403) return "forbidden";
  if (response.status === 404 || response.status === 410) return "missing";
  if (response.status === 429) return "busy";
  return response.ok ? "" : "server";
};

/** The response, or a Trouble. An aborted request stays an AbortError for the caller to ignore. */
export const ask = async (url, options = {}) => {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("network", SENTENCES.network());
  }
  const kind = kindOf(response);
  if (kind) throw new Trouble(kind, SENTENCES[kind]());
  return response;
};

export const askJson = async (url, options) =>
  (await ask(url, { ...options, headers: { Accept: "application/json" } })).json();

/** Where to log in and come back to exactly this view. */
export const loginUrl = () => `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
