"""The interface says of itself what it does."""

from __future__ import annotations

import re

import pytest
from openapi_spec_validator import validate

from tests.support import basic_client


@pytest.mark.parametrize("role", ["viewer", "team"])
def test_the_description_is_valid_and_names_the_routes_of_the_reader(app, role):
    told = basic_client(app, role).get("/api/openapi?f=json").json
    validate(told)
    written = {(path, method) for path, methods in told["paths"].items() for method in methods if method != "get"}
    assert bool(written) == (role == "team")
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", "*", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods
        if rule.rule.startswith("/api/collections/")
    }
    for path, method in written:
        told_path = re.sub(r"\{\w+\}", "*", path.replace("/collections/parcels", "/collections/*"))
        if "/collections/*" in told_path:
            assert (f"/api{told_path}", method) in served
    if role == "team":
        ours = {(p, m) for p, m in served if m in ("post", "put", "patch", "delete")}
        spoken = {
            (re.sub(r"\{\w+\}", "*", f"/api{p}".replace("/parcels", "/*")), m) for p, m in written if "/parcels" in p
        }
        assert ours - spoken == set()


def test_pages_of_items_join_into_the_whole(app):
    team = basic_client(app, "team")
    url, ids = "/api/collections/parcels/items?limit=500", []
    while url:
        page = team.get(url).json
        ids += [f["id"] for f in page["features"]]
        following = [x["href"] for x in page["links"] if x["rel"] == "next"]
        url = following[0].split("localhost", 1)[1] if following else None
    assert len(ids) == len(set(ids)) == page["numberMatched"] == 2220
