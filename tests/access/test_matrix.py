"""Every route × method × role, generated from the routes themselves: what is declared is what happens."""

from __future__ import annotations

import re

import pytest

from geoapp.queries.reader import ROLES, Right
from geoapp.web.access import declared
from tests.support import basic_client, logged_in

VALUES = {
    "layer_id": "parcels", "feature_id": "1", "file_id": "999999", "operation_id": "1", "token_id": "999999", "z": "14", "x": "13504", "y": "6861",
    "key": "LL-05-0032", "extension": "geojson", "name": "css/base.css", "asked": "0", "filename": "icon.svg", "username": "viewer", "notice_id": "plan", "tip_id": "999999", "ext": "geojson",
}  # fmt: skip
OWN_RULES = {"account.log_out", "ops.undo_operation"}
"""One ends the session of whoever asks; the other asks besides whose operation it was."""


def routes(app):
    for rule in app.url_map.iter_rules():
        known = VALUES | {"name": "vec"} if rule.endpoint.startswith("basemap.") else VALUES
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda m, known=known: known.get(m[1], "1"), rule.rule)
        for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
            if rule.endpoint not in OWN_RULES:
                yield rule.endpoint, method, path


def test_every_route_declares_a_right(app):
    assert [r.endpoint for r in app.url_map.iter_rules() if declared(app, r.endpoint) is None] == []


@pytest.mark.parametrize("role", [None, *ROLES])
def test_the_matrix(demo_app, role):
    """Scripts, so that no CSRF token stands in the way: refused exactly where the role lacks the right."""
    client = basic_client(demo_app, role) if role else demo_app.test_client()
    wrong = []
    for endpoint, method, path in routes(demo_app):
        if endpoint == "events.events":
            continue
        right = declared(demo_app, endpoint)
        answer = client.open(path, method=method, headers={"Accept": "application/json"}, buffered=True)
        allowed = right is Right.PUBLIC or (role is not None and right in ROLES[role])
        refused = answer.status_code in (401, 403) or (
            answer.status_code == 302 and "/login" in answer.headers["Location"]
        )
        if (
            answer.status_code >= 500
            or (refused and allowed and not _only_in_browser(endpoint, right))
            or (not allowed and not refused)
        ):
            wrong.append((endpoint, method, path, answer.status_code))
    assert wrong == []


def _only_in_browser(endpoint, right):
    """Accounts, passwords and tokens are changed in a browser session only; logging in with nothing is refused to everybody."""
    return endpoint.startswith(("account.", "admin.")) or right is Right.PUBLIC


def test_a_form_without_its_token_is_refused_everywhere(demo_app):
    client = logged_in(demo_app, "admin")
    open_doors = []
    for endpoint, method, path in routes(demo_app):
        if method == "GET":
            continue
        answer = client.open(path, method=method, data={}, headers={"Accept": "application/json"})
        if answer.status_code != 403:
            open_doors.append((endpoint, method, answer.status_code))
    assert open_doors == []


def test_a_viewer_reads_no_name_anywhere(app):
    with app.app_context(), app.extensions["database"].owner_session() as session:
        from sqlalchemy import text

        names = {
            r[0] for r in session.execute(text("SELECT DISTINCT household_name FROM parcel WHERE project = 'P15'"))
        } - {None}
    viewer, team = basic_client(app, "viewer"), basic_client(app, "team")
    for path in (
        "/parcels?project=P15", "/parcels.json?project=P15", "/parcels.geojson?project=P15", "/parcels/LL-05-0032",
        "/api/collections/parcels/items?project=P15&limit=1000", "/map.svg?project=P15", "/search.json?q=LL-05",
    ):  # fmt: skip
        shown = viewer.get(
            path, headers={"Accept": "text/html"} if path.count(".") == 0 and "api" not in path else {}
        ).get_data(as_text=True)
        assert not [n for n in names if n in shown], path
    assert any(n in team.get("/parcels.json?project=P15").get_data(as_text=True) for n in names)
    assert names
    assert viewer.get("/parcels?household_name=x", headers={"Accept": "application/json"}).status_code in (200, 400)
    assert viewer.get("/export/parcels.geojson").status_code == 403


def test_headers_stand_on_every_kind_of_answer(app):
    viewer = basic_client(app, "viewer")
    for path in (
        "/",
        "/map",
        "/parcels.json",
        "/tiles/parcels/14/13504/6861.mvt",
        "/nothing",
        "/map.svg",
        "/login",
        "/api/",
    ):
        answer = viewer.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in answer.headers or "Werkzeug" not in answer.headers["Server"]


def test_wrong_passwords_are_slowed_down(demo_app):
    client = demo_app.test_client()
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
    answers = [
        client.post("/login", data={"username": "team", "password": f"wrong-{n}", "csrf_token": token})
        for n in range(11)
    ]
    assert [a.status_code for a in answers[:10]] == [401] * 10
    assert answers[10].status_code == 429 and int(answers[10].headers["Retry-After"]) > 0


def test_login_leads_only_into_the_house(demo_app):
    client = demo_app.test_client()
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        page = client.get("/login", query_string={"next": target}).get_data(as_text=True)
        assert 'name="next" value="/"' in page
