"""Clients of the demonstration accounts."""

from __future__ import annotations

import re
from base64 import b64encode

from flask import Flask
from flask.testing import FlaskClient

PASSWORDS = {name: f"demo-{name}-2026" for name in ("viewer", "team", "planner", "admin")}


def logged_in(app: Flask, name: str) -> FlaskClient:
    """A test client with a session cookie, logged in through the real form."""
    client = app.test_client()
    page = client.get("/login").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "the login form has no CSRF token"
    form = {"username": name, "password": PASSWORDS[name], "csrf_token": found.group(1)}
    answer = client.post("/login", data=form)
    assert answer.status_code in (302, 303), answer.get_data(as_text=True)[:500]
    return client


def basic(name: str) -> str:
    """Value of the Authorization header of a demonstration account."""
    return "Basic " + b64encode(f"{name}:{PASSWORDS[name]}".encode()).decode()


def basic_client(app: Flask, name: str) -> FlaskClient:
    """A test client that sends HTTP Basic with every request, as scripts and QGIS do."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = basic(name)
    return client
