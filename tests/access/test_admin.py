"""An administrator's pages: what is set there holds at once, and nobody locks everybody out."""

from __future__ import annotations

import re

from tests.support import basic_client, logged_in


def post(client, path, **form):
    page = client.get("/admin").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    return client.post(path, data={"csrf_token": token, **form})


def test_a_new_account_logs_in_and_a_closed_one_does_not(demo_app):
    admin = logged_in(demo_app, "admin")
    made = {"username": "wang", "display_name": "王科", "role": "viewer", "password": "long-enough-9931"}
    assert post(admin, "/admin/people", **made).status_code == 303
    assert "王科" in admin.get("/admin").get_data(as_text=True)
    assert post(admin, "/admin/people", **made).status_code == 409
    assert post(admin, "/admin/people", **{**made, "username": "li", "password": "short"}).status_code == 422
    from base64 import b64encode

    basic = {"Authorization": "Basic " + b64encode(b"wang:long-enough-9931").decode(), "Accept": "application/json"}
    assert demo_app.test_client().get("/parcels.json?project=P15", headers=basic).status_code == 200
    assert post(admin, "/admin/people/wang/active", active="no").status_code == 303
    import time

    time.sleep(1.1)  # a standing is looked at again within a second
    assert demo_app.test_client().get("/parcels.json?project=P15", headers=basic).status_code == 401
    log = admin.get("/admin/access").get_data(as_text=True)
    assert "account.add" in log and "account.close" in log


def test_an_area_of_responsibility_set_on_the_page_is_kept_by_the_api(demo_app):
    admin = logged_in(demo_app, "admin")
    answer = post(admin, "/admin/people/team", role="team", display_name="", scope=["project=P15"])
    assert answer.status_code == 303
    page = admin.get("/admin/people/team").get_data(as_text=True)
    assert re.search(r'value="project=P15" checked', page)
    team = basic_client(demo_app, "team")
    inside, outside = (
        team.get(f"/api/collections/parcels/items?limit=1&project={code}", buffered=True).get_json()["features"][0]
        for code in ("P15", "P07")
    )

    def patch(feature):
        return team.patch(
            f"/api/collections/parcels/items/{feature['id']}",
            json={"properties": {"group": 7}},
            headers={"If-Match": f'"{feature["properties"]["version"]}"'},
        ).status_code

    assert patch(inside) == 200
    assert patch(outside) == 403


def test_the_last_administrator_stays(demo_app):
    admin = logged_in(demo_app, "admin")
    assert post(admin, "/admin/people/admin/active", active="no").status_code == 409
    assert post(admin, "/admin/people/admin", role="viewer").status_code == 409
    assert admin.get("/admin").status_code == 200


def test_days_named_by_the_office_move_a_deadline(demo_app):
    from datetime import date

    from geoapp import workdays

    admin = logged_in(demo_app, "admin")
    assert post(admin, "/admin/office/days", days="2027-02-08,休,春节\n2027-02-09\t休\t春节").status_code == 303
    assert post(admin, "/admin/office/days", days="2027-02-30,休").status_code == 422
    page = admin.get("/admin/office").get_data(as_text=True)
    assert page.count("春节</td>") == 2
    with demo_app.test_request_context("/login"):
        demo_app.preprocess_request()
        assert not workdays.is_workday(date(2027, 2, 8))
        assert workdays.after_workdays(date(2027, 2, 5), 1) == date(2027, 2, 10)
    assert post(admin, "/admin/office/rule", count_first_day="yes").status_code == 303
    with demo_app.test_request_context("/login"):
        demo_app.preprocess_request()
        assert workdays.after_workdays(date(2024, 9, 23), 10) == date(
            2024, 10, 10
        )  # as a real notice counted, inclusive
    assert workdays.after_workdays(date(2024, 9, 23), 10) == date(2024, 10, 11)


def test_the_chain_is_checked_from_the_page(demo_app):
    admin = logged_in(demo_app, "admin")
    page = post(admin, "/admin/ledger").get_data(as_text=True)
    assert page.count("✓ 完整") == len(demo_app.extensions["layers"])
