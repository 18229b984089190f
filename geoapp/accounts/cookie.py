"""The browser's cookie: signed, short, and read once however many tiles ask with it.

It holds the secret of the session and the CSRF token. How long a session lives is the database's business
(geoapp.accounts.standing), so no clock of this machine ends or revives one.
"""

from __future__ import annotations

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature

from geoapp.accounts.checked import Checked

NAME = "geoapp"
REMEMBERED_S = 300.0


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie; over HTTPS under the ``__Host-`` name that no other host or plain HTTP can set."""

    def __init__(self) -> None:
        self._read: Checked[dict[str, object]] = Checked(REMEMBERED_S)

    def get_cookie_name(self, app: Flask) -> str:
        return f"__Host-{NAME}" if request.is_secure else NAME

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        text = request.cookies.get(self.get_cookie_name(app))
        return self.session_class(self._read.settle(text, lambda: self._verified(app, text)) if text else None)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Nothing to write and nothing to tell caches beyond ``Vary`` when the content stayed as it was."""
        if session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            response.headers.add("Vary", "Cookie")

    def _verified(self, app: Flask, text: str) -> dict[str, object]:
        serializer = self.get_signing_serializer(app)
        try:
            return dict(serializer.loads(text)) if serializer else {}
        except BadSignature:
            return {}
