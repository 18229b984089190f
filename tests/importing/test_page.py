"""Files brought to the page: nothing is written before it is looked at, and what is written can be undone."""

from __future__ import annotations

import io
import json
import re

import pytest
from sqlalchemy import text

from tests.support import basic_client, logged_in


def rows(app, sql, **values):
    with app.app_context(), app.extensions["database"].owner_session() as session:
        return session.execute(text(sql), values).all()


def exported(app, query="?project=P15"):
    return json.loads(basic_client(app, "team").get(f"/export/parcels.geojson{query}", buffered=True).get_data())


def brought(app, client, content, name="红线.geojson", layer="parcels"):
    page = client.get("/import").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    body = json.dumps(content).encode() if isinstance(content, dict) else content
    form = {"csrf_token": token, "layer": layer, "file": (io.BytesIO(body), name)}
    answer = client.post("/import", data=form, content_type="multipart/form-data")
    return token, answer


def counts(page):
    return {
        n: int(re.search(rf'data-testid="{n}">([\d,]+)<', page)[1])
        for n in ("added", "changed", "unchanged", "stopped")
    }


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]+)"', page)[1]


def test_what_was_exported_comes_back_unchanged(demo_app):
    team = logged_in(demo_app, "team")
    _, answer = brought(demo_app, team, exported(demo_app))
    page = team.get(answer.headers["Location"]).get_data(as_text=True)
    assert counts(page) == {"added": 0, "changed": 0, "unchanged": 48, "stopped": 0}
    assert "<svg" in page and "UTF-8" in page and "红线.geojson" in page


def test_a_change_is_shown_then_written_then_undone(demo_app):
    content, team = exported(demo_app), logged_in(demo_app, "team")
    one = content["features"][0]["properties"]
    one["household_name"], before = "改名人", rows(demo_app, "SELECT count(*) FROM operation")[0][0]
    csrf, answer = brought(demo_app, team, content)
    where = answer.headers["Location"]
    page = team.get(where).get_data(as_text=True)
    assert counts(page)["changed"] == 1 and "改名人" in page
    assert rows(demo_app, "SELECT count(*) FROM operation")[0][0] == before
    form = {"csrf_token": csrf, "digest": hidden(page, "digest")}
    assert team.post(where, data={**form, "digest": "0"}).status_code == 409
    saved = team.post(where, data={**form, "seen": [], "row": []})
    assert saved.status_code == 302 or saved.status_code == 303
    assert rows(demo_app, "SELECT household_name FROM parcel WHERE parcel_no = :n", n=one["parcel_no"]) == [("改名人",)]
    undone = team.post(f"{saved.headers['Location']}/undo", data={"csrf_token": csrf})
    assert undone.status_code == 303
    assert rows(demo_app, "SELECT household_name FROM parcel WHERE parcel_no = :n", n=one["parcel_no"]) != [("改名人",)]


def test_a_row_without_its_tick_stays_as_it_was(demo_app):
    content, team = exported(demo_app), logged_in(demo_app, "team")
    for feature in content["features"][:2]:
        feature["properties"]["group"] = 77
    csrf, answer = brought(demo_app, team, content)
    page = team.get(answer.headers["Location"]).get_data(as_text=True)
    seen = re.findall(r'name="seen" value="(\d+)"', page)
    form = {"csrf_token": csrf, "digest": hidden(page, "digest"), "seen": seen, "row": seen[:1]}
    assert team.post(answer.headers["Location"], data=form).status_code == 303
    assert rows(demo_app, 'SELECT count(*) FROM parcel WHERE "group" = 77') == [(1,)]


def test_wrong_rows_are_named_and_hold_the_file(demo_app):
    content, team = exported(demo_app), logged_in(demo_app, "team")
    content["features"][0]["properties"]["land_class"] = "不存在的地类"
    content["features"][1]["properties"]["group"] = 78
    csrf, answer = brought(demo_app, team, content)
    where = answer.headers["Location"]
    page = team.get(where).get_data(as_text=True)
    assert counts(page) == {"added": 0, "changed": 1, "unchanged": 46, "stopped": 1} and "不存在的地类" in page
    form = {"csrf_token": csrf, "digest": hidden(page, "digest")}
    assert team.post(where, data=form).status_code == 409
    told = team.get(f"{where}/rejected.csv").get_data().decode("utf-8-sig")
    assert told.splitlines()[1].startswith("1,") and "不存在的地类" in told
    assert team.post(where, data={**form, "sound_only": "1"}).status_code == 303
    assert rows(demo_app, 'SELECT count(*) FROM parcel WHERE "group" = 78') == [(1,)]


def test_a_step_the_procedure_forbids_is_held(demo_app):
    content, team = exported(demo_app, "?status=identified"), logged_in(demo_app, "team")
    feature = content["features"][0]
    feature["properties"]["status"] = feature["properties"]["status_label"] = "已交地"
    _, answer = brought(demo_app, team, {**content, "features": [feature]})
    assert counts(team.get(answer.headers["Location"]).get_data(as_text=True))["stopped"] == 1


def test_columns_can_be_matched_by_hand(demo_app):
    content, team = exported(demo_app), logged_in(demo_app, "team")
    for feature in content["features"]:
        feature["properties"]["甲列"] = 79
    csrf, answer = brought(demo_app, team, content)
    where = answer.headers["Location"]
    assert counts(team.get(where).get_data(as_text=True))["changed"] == 0
    chosen = {"csrf_token": csrf, "column:甲列": "group", "column:group": ""}
    assert team.post(f"{where}/choose", data=chosen).status_code == 303
    assert counts(team.get(where).get_data(as_text=True))["changed"] == 48


@pytest.mark.parametrize("content", [b"", b"AC1032 drawing", b"PK\x03\x04broken", b"<html>x</html>"])
def test_what_cannot_be_read_says_what_to_do(demo_app, content):
    team = logged_in(demo_app, "team")
    _, answer = brought(demo_app, team, content, "x.dwg")
    page = team.get(answer.headers["Location"])
    assert page.status_code == 422 and "notice-danger" in page.get_data(as_text=True)


def test_uploads_belong_to_who_brought_them(demo_app):
    team = logged_in(demo_app, "team")
    _, answer = brought(demo_app, team, exported(demo_app), "../../etc/密.geojson")
    assert logged_in(demo_app, "viewer").get("/import").status_code == 403
    assert logged_in(demo_app, "admin").get(answer.headers["Location"]).status_code == 200
    assert team.get("/import/../../etc").status_code == 404 and team.get("/import/" + "x" * 24).status_code == 404
    assert "密.geojson" in team.get("/import").get_data(as_text=True)
