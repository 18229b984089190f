"""Without scripts: the points of an outline are typed, checked and saved."""

from __future__ import annotations

import html
import re

from sqlalchemy import text


def test_points_are_checked_and_saved(demo_app, client_for):
    team = client_for(demo_app, "team")
    with demo_app.extensions["database"].session() as session:
        key = session.execute(text("SELECT parcel_no FROM parcel LIMIT 1")).scalar_one()
    address = f"/parcels/{key}/outline"
    page = team.get(address).get_data(as_text=True)
    points = html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)[1])
    given = {n: re.search(rf'name="{n}" value="([^"]+)"', page)[1] for n in ("csrf_token", "version")}
    assert "亩" in team.post(address, data=given | {"points": points, "check": "1"}).get_data(as_text=True)
    assert team.post(address, data=given | {"points": points + "\n错"}).status_code == 422
    rows = points.splitlines()
    assert team.post(address, data=given | {"points": "\n".join(rows[:-2])}).status_code == 303
    with demo_app.extensions["database"].session() as session:
        now = session.execute(text("SELECT version FROM parcel WHERE parcel_no = :k"), {"k": key}).scalar_one()
    assert now == int(given["version"]) + 1
