"""Anybody may report; nobody can flood; only officers see it, and a report becomes a case with its photo."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import text

from tests.editing.test_files import photo
from tests.support import basic_client, logged_in

HERE = (116.7465, 27.9189)


def token(client, path="/tips/new"):
    return re.search(
        r'name="csrf_token" value="([^"]+)"', client.get(path, headers={"Accept": "text/html"}).get_data(as_text=True)
    )[1]


def send(client, *, words="路边在建砖房，没有许可", picture=None, **more):
    form = {"csrf_token": token(client), "layer": "illegal_structures", "text": words, **more}
    if picture is not None:
        form["file"] = (io.BytesIO(picture), "现场.jpg")
    return client.post("/tips", data=form, content_type="multipart/form-data")


def test_a_villager_reports_without_an_account_and_it_becomes_a_case(demo_app):
    villager = demo_app.test_client()
    answer = send(villager, picture=photo(lon=HERE[0], lat=HERE[1]), contact="13800000000")
    assert answer.status_code == 201 and "已收到，编号 1" in answer.get_data(as_text=True)
    for path in ("/tips", "/tips/1/photo"):
        assert villager.get(path, headers={"Accept": "application/json"}).status_code == 401
        assert basic_client(demo_app, "viewer").get(path).status_code == 403
    team = logged_in(demo_app, "team")
    page = team.get("/tips").get_data(as_text=True)
    assert "路边在建砖房" in page and "13800000000" in page
    assert re.search(r'<option value="361027100208" selected>', page), "the village is filled in from the place"
    form = {
        "csrf_token": token(team, "/tips"),
        "village": "361027100208",
        "legal_basis": "planning_65",
        "building_area_m2": "80",
    }
    done = team.post("/tips/1/take", data=form)
    assert done.status_code == 303
    card = team.get(done.headers["Location"]).get_data(as_text=True)
    assert "JB-20" in card and "已发现" in card and "受理第 1 号举报" in card and "/thumb" in card
    with demo_app.extensions["database"].session() as session:
        area, found = session.execute(
            text("SELECT footprint_m2, discovered_by FROM illegal_structure WHERE case_no LIKE 'JB-%'")
        ).one()
    assert float(area) == pytest.approx(36, abs=0.05) and found == "report"
    assert team.post("/tips/1/take", data=form).status_code == 409


def test_an_officer_turns_a_report_down_with_a_reason(demo_app):
    send(demo_app.test_client(), place="联乐村村口")
    team = logged_in(demo_app, "team")
    csrf = token(team, "/tips")
    assert team.post("/tips/1/refuse", data={"csrf_token": csrf, "reason": " "}).status_code == 422
    assert team.post("/tips/1/refuse", data={"csrf_token": csrf, "reason": "已有许可"}).status_code == 303
    page = team.get("/tips").get_data(as_text=True)
    assert "已有许可" in page and "没有等待受理的举报" in page


def test_the_sixth_report_of_an_hour_is_slowed_down(demo_app):
    villager = demo_app.test_client()
    answers = [send(villager, place="村口", words=f"第 {n} 次反映情况") for n in range(6)]
    assert [a.status_code for a in answers] == [201] * 5 + [429]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"words": "短"}, "5 到"),
        ({}, "请写明地点"),
        ({"lon": "116.0", "lat": "20"}, "不在本镇"),
        ({"picture": b"<html>", "place": "村口"}, "不是可用的照片"),
        ({"picture": b"%PDF-1.4 x", "place": "村口"}, "请上传照片"),
        ({"lon": "nan", "lat": "nan"}, "不在本镇"),
    ],
)
def test_a_wrong_report_is_told_and_not_kept(demo_app, more, told):
    answer = send(demo_app.test_client(), **more)
    assert answer.status_code == 422 and told in answer.get_data(as_text=True)
    with demo_app.extensions["database"].session() as session:
        assert session.execute(text("SELECT count(*) FROM tip")).scalar_one() == 0


def test_scripts_in_a_report_stay_text_and_no_address_is_kept(demo_app):
    send(demo_app.test_client(), words="<script>alert(1)</script>情况", place="<b>村口</b>")
    page = logged_in(demo_app, "team").get("/tips").get_data(as_text=True)
    assert "<script>alert(1)" not in page and "&lt;script&gt;" in page
    with demo_app.extensions["database"].session() as session:
        assert "127.0.0.1" not in session.execute(text("SELECT t::text FROM tip t")).scalar_one()


def test_refused_tries_count_too(demo_app):
    villager = demo_app.test_client()
    answers = [send(villager, words="短") for _ in range(21)]
    assert [a.status_code for a in answers[:20]] == [422] * 20 and answers[20].status_code == 429
