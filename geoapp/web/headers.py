"""Headers of every answer: what the browser may load, keep and tell."""

from __future__ import annotations

from flask import Flask, Response, request

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
ALWAYS = (
    ("Content-Security-Policy", CSP),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()"),
)


class LocalProxyFix:
    """Believe X-Forwarded-* only from a reverse proxy on this machine."""

    def __init__(self, app: object) -> None:
        from werkzeug.middleware.proxy_fix import ProxyFix

        self._plain = app
        self._fixed = ProxyFix(app, x_for=1, x_proto=1, x_host=1)  # type: ignore[arg-type]

    def __call__(self, environ: dict[str, object], start_response: object) -> object:
        local = environ.get("REMOTE_ADDR") in ("127.0.0.1", "::1", "")
        chosen = self._fixed if local and "HTTP_X_FORWARDED_FOR" in environ else self._plain
        return chosen(environ, start_response)  # type: ignore[operator]


def init_app(app: Flask) -> None:
    """Attach the headers and the proxy rule."""
    app.wsgi_app = LocalProxyFix(app.wsgi_app)  # type: ignore[method-assign,assignment]
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    headers = response.headers
    for name, value in ALWAYS:
        headers[name] = value
    if "Cache-Control" not in headers or (request.endpoint != "static" and headers["Cache-Control"] == "no-cache"):
        headers["Cache-Control"] = "no-store"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
