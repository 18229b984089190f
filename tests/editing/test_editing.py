"""What land teams do all day, judged by what they and the database see afterwards."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import text

from tests.support import basic_client

ITEMS = "/api/collections/parcels/items"


def rows(app, sql, **values):
    with app.app_context(), app.extensions["database"].owner_session() as session:
        return session.execute(text(sql), values).all()


def one(app, where="status = 'signed'"):
    """A parcel whose project has its money: (id, parcel_no, version, status)."""
    return rows(
        app,
        "SELECT p.id, parcel_no, p.version, p.status FROM parcel p JOIN project j ON j.code = p.project "
        f"WHERE p.{where} AND j.status IN ('implementing', 'acq_announced') ORDER BY p.id LIMIT 1",
    )[0]


def ledger(app, feature_id):
    return rows(
        app,
        "SELECT version, kind, status FROM change WHERE layer = 'parcels' AND feature_id = :i ORDER BY version",
        i=feature_id,
    )


def test_an_edit_needs_the_version_that_was_seen(demo_app):
    team = basic_client(demo_app, "team")
    i, _, version, _ = one(demo_app)
    assert team.patch(f"{ITEMS}/{i}", json={"note": "x"}).status_code == 428
    assert (
        team.patch(f"{ITEMS}/{i}", json={"status": "paid"}, headers={"If-Match": f'"{version + 1}"'}).status_code == 412
    )
    before = ledger(demo_app, i)
    answer = team.patch(f"{ITEMS}/{i}", json={"status": "paid", "note": "已转账"}, headers={"If-Match": f'"{version}"'})
    assert answer.status_code == 200 and answer.headers["ETag"] == f'"{version + 1}"'
    assert answer.json["properties"]["status"] == "paid"
    assert [tuple(r) for r in ledger(demo_app, i)] == [*(tuple(r) for r in before), (version + 1, "update", "paid")]
    history = team.get(f"{ITEMS}/{i}/history").json["changes"][0]
    assert (history["by"], history["note"], history["status"]) == ("team", "已转账", "paid")


def test_a_stale_edit_changes_nothing_and_tells_both_values(demo_app):
    team = basic_client(demo_app, "team")
    i, _, version, _ = one(demo_app)
    first = team.patch(f"{ITEMS}/{i}", json={"household_name": "甲某"}, headers={"If-Match": f'"{version}"'})
    assert first.status_code == 200
    stale = team.patch(
        f"{ITEMS}/{i}", json={"household_name": "乙某"}, headers={"If-Match": f'"{version}"', "Prefer": "merge"}
    )
    assert stale.status_code == 412
    clash = stale.json["conflicts"][0]
    assert (clash["field"], clash["mine"], clash["theirs"]) == ("household_name", "乙某", "甲某")
    assert rows(demo_app, "SELECT household_name FROM parcel WHERE id = :i", i=i) == [("甲某",)]


def test_different_fields_merge_by_themselves(demo_app):
    team = basic_client(demo_app, "team")
    i, _, version, _ = one(demo_app)
    match = {"If-Match": f'"{version}"', "Prefer": "merge"}
    assert team.patch(f"{ITEMS}/{i}", json={"household_name": "甲某"}, headers=match).status_code == 200
    assert team.patch(f"{ITEMS}/{i}", json={"group": 7}, headers=match).status_code == 200
    assert rows(demo_app, 'SELECT household_name, "group" FROM parcel WHERE id = :i', i=i) == [("甲某", 7)]


def test_an_illegal_step_names_the_rule_and_moves_nothing(demo_app):
    team = basic_client(demo_app, "team")
    i, _, version, _ = one(demo_app, "status = 'signed'")
    answer = team.patch(f"{ITEMS}/{i}", json={"status": "delivered"}, headers={"If-Match": f'"{version}"'})
    assert answer.status_code == 409
    assert "不能直接改为" in answer.json["detail"]
    assert rows(demo_app, "SELECT version FROM parcel WHERE id = :i", i=i) == [(version,)]


def test_signing_waits_for_the_plan(demo_app):
    team = basic_client(demo_app, "team")
    i, version = rows(
        demo_app,
        "SELECT p.id, p.version FROM parcel p JOIN project j ON j.code = p.project "
        "WHERE j.status = 'hearing' AND p.status = 'calculated' LIMIT 1",
    )[0]
    answer = team.patch(f"{ITEMS}/{i}", json={"status": "signed"}, headers={"If-Match": f'"{version}"'})
    assert answer.status_code == 409 and "补偿安置方案" in answer.json["detail"] and "第四十七条" in answer.json["rule"]


def test_going_back_needs_a_reason(demo_app):
    team = basic_client(demo_app, "team")
    i, _, version, _ = one(demo_app)
    match = {"If-Match": f'"{version}"'}
    assert team.patch(f"{ITEMS}/{i}", json={"status": "calculated"}, headers=match).status_code == 409
    assert (
        team.patch(f"{ITEMS}/{i}", json={"status": "calculated", "note": "协议填错"}, headers=match).status_code == 200
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [({"land_class": "9999"}, "land_class"), ({"group": "二"}, "group"), ({"area_mu": 5}, None), ({"nonsense": 1}, "nonsense"),
     ({"area_paper_mu": "1.23456"}, "area_paper_mu"), ({"status": "飞了"}, "status")],
)  # fmt: skip
def test_wrong_values_are_named_and_nothing_is_written(demo_app, body, field):
    team = basic_client(demo_app, "team")
    i, _, version, _ = one(demo_app)
    answer = team.patch(f"{ITEMS}/{i}", json=body, headers={"If-Match": f'"{version}"'})
    if field is None:
        assert answer.status_code == 200, "a generated column sent back is ignored"
    else:
        assert answer.status_code == 422 and field in answer.json["fields"]
    assert rows(demo_app, "SELECT version FROM parcel WHERE id = :i", i=i) == [(version,)]


def test_created_and_removed_features_come_back_by_undo(demo_app):
    team = basic_client(demo_app, "team")
    west, south = rows(
        demo_app, "SELECT ST_X(c), ST_Y(c) FROM (SELECT ST_PointOnSurface(geom) c FROM village LIMIT 1) x"
    )[0]
    ring = [[west, south], [west + 0.001, south], [west + 0.001, south + 0.001], [west, south + 0.001], [west, south]]
    village = rows(demo_app, "SELECT code FROM village LIMIT 1")[0][0]
    body = {
        "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"parcel_no": "T-1", "village": village, "land_class": "0101", "status": "identified"},
    }  # fmt: skip
    made = team.post(ITEMS, json=body)
    assert made.status_code == 201, made.text
    i = int(made.headers["Location"].rpartition("/")[2])
    area = made.json["properties"]["area_mu"]
    gone = team.delete(f"{ITEMS}/{i}", headers={"If-Match": '"1"'})
    assert gone.status_code == 204 and team.get(f"{ITEMS}/{i}").status_code == 404
    back = team.post(f"/ops/{gone.headers['Operation']}/undo", headers={"Accept": "application/json"})
    assert back.status_code == 200, back.text
    again = team.get(f"{ITEMS}/{i}")
    assert again.status_code == 200 and again.json["properties"]["area_mu"] == area
    assert [r.kind for r in ledger(demo_app, i)] == ["create", "delete", "create"]
    assert "T-1" in team.get("/search.json?q=T-1").text


def test_a_bulk_change_is_one_operation_and_one_undo(demo_app):
    team = basic_client(demo_app, "team")
    some = "SELECT id FROM parcel WHERE status = '{}' ORDER BY id DESC LIMIT {}"
    ids = [r[0] for status, n in (("signed", 400), ("delivered", 20)) for r in rows(demo_app, some.format(status, n))]
    before = rows(demo_app, "SELECT id, status, status_on FROM parcel WHERE id = ANY(:ids) ORDER BY id", ids=ids)
    body = {"ids": ids, "changes": {"status": "paid"}, "note": "第三批"}
    dry = team.post("/api/collections/parcels/bulk", json={**body, "dry_run": True}).json
    assert (
        rows(demo_app, "SELECT id, status, status_on FROM parcel WHERE id = ANY(:ids) ORDER BY id", ids=ids) == before
    )
    done = team.post("/api/collections/parcels/bulk", json=body).json
    assert (done["can"], done["cannot"]) == (dry["can"], dry["cannot"]) and done["can"] + len(done["cannot"]) == len(
        ids
    )
    assert dry["cannot"] and all(c["why"] for c in dry["cannot"])
    n = rows(demo_app, "SELECT count(*) FROM change WHERE operation_id = :o", o=done["operation"])[0][0]
    assert n == done["can"]
    undone = team.post(done["undo"], headers={"Accept": "application/json"})
    assert undone.status_code == 200 and undone.json["n"] == done["can"]
    assert (
        rows(demo_app, "SELECT id, status, status_on FROM parcel WHERE id = ANY(:ids) ORDER BY id", ids=ids) == before
    )
    redone = team.post(undone.json["undo"], headers={"Accept": "application/json"})
    assert redone.status_code == 200
    assert (
        rows(demo_app, "SELECT count(*) FROM parcel WHERE id = ANY(:ids) AND status = 'paid'", ids=ids)[0][0]
        >= done["can"]
    )


def test_an_undo_leaves_what_somebody_changed_since(demo_app):
    team, admin = basic_client(demo_app, "team"), basic_client(demo_app, "admin")
    i, number, version, _ = one(demo_app)
    first = team.patch(f"{ITEMS}/{i}", json={"group": 3}, headers={"If-Match": f'"{version}"'})
    assert admin.patch(f"{ITEMS}/{i}", json={"group": 4}, headers={"If-Match": f'"{version + 1}"'}).status_code == 200
    refused = team.post(f"/ops/{first.headers['Operation']}/undo", headers={"Accept": "application/json"})
    assert refused.status_code == 409 and refused.json["touched"][0]["key"] == number
    assert rows(demo_app, 'SELECT "group" FROM parcel WHERE id = :i', i=i) == [(4,)]


def test_only_the_author_or_an_admin_undoes(demo_app):
    team, admin = basic_client(demo_app, "team"), basic_client(demo_app, "admin")
    i, _, version, _ = one(demo_app)
    done = admin.patch(f"{ITEMS}/{i}", json={"group": 3}, headers={"If-Match": f'"{version}"'})
    assert team.post(f"/ops/{done.headers['Operation']}/undo").status_code == 403
    assert basic_client(demo_app, "viewer").post(f"/ops/{done.headers['Operation']}/undo").status_code == 403
    assert (
        admin.post(f"/ops/{done.headers['Operation']}/undo", headers={"Accept": "application/json"}).status_code == 200
    )


def test_a_scope_closes_everything_outside_it(demo_app):
    team = basic_client(demo_app, "team")
    i, _, version, _ = one(demo_app)
    own = rows(demo_app, "SELECT village FROM parcel WHERE id = :i", i=i)[0][0]
    with demo_app.app_context(), demo_app.extensions["database"].owner_session() as session:
        session.execute(
            text(
                "INSERT INTO scope (account_id, \"column\", code) SELECT id, 'village', :own FROM account WHERE username = 'team'"
            ),
            {"own": own},
        )
        session.commit()
    other, seen = rows(demo_app, "SELECT id, version FROM parcel WHERE village <> :own LIMIT 1", own=own)[0]
    assert team.patch(f"{ITEMS}/{other}", json={"group": 1}, headers={"If-Match": f'"{seen}"'}).status_code == 403
    assert team.patch(f"{ITEMS}/{i}", json={"group": 1}, headers={"If-Match": f'"{version}"'}).status_code == 200
    bulk = team.post("/api/collections/parcels/bulk", json={"ids": [i, other], "changes": {"group": 9}}).json
    assert bulk["can"] == 1 and bulk["cannot"][0]["id"] == other


def test_many_writers_lose_nothing(demo_app):
    """8 writers × 40 edits on 10 parcels with If-Match: every success is in the ledger, versions have no gap."""
    ids = [r[0] for r in rows(demo_app, "SELECT id FROM parcel ORDER BY id LIMIT 10")]
    start = dict(tuple(r) for r in rows(demo_app, "SELECT id, version FROM parcel WHERE id = ANY(:ids)", ids=ids))
    saved, strange = [], []

    def work(seed):
        client = basic_client(demo_app, "team")
        for n in range(40):
            i = ids[(seed * 7 + n) % len(ids)]
            etag = client.get(f"{ITEMS}/{i}").headers["ETag"]
            answer = client.patch(f"{ITEMS}/{i}", json={"group": (seed * 40 + n) % 90 + 1}, headers={"If-Match": etag})
            if answer.status_code == 200:
                saved.append((i, answer.headers["ETag"]))
            elif answer.status_code != 412:
                strange.append(answer.text)

    threads = [threading.Thread(target=work, args=(s,)) for s in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert strange == []
    end = dict(tuple(r) for r in rows(demo_app, "SELECT id, version FROM parcel WHERE id = ANY(:ids)", ids=ids))
    made = rows(
        demo_app,
        "SELECT feature_id, count(*), max(version) FROM change WHERE layer = 'parcels' AND feature_id = ANY(:ids) GROUP BY 1",
        ids=ids,
    )
    assert {i: (n, v) for i, n, v in made} == {i: (end[i], end[i]) for i in ids}, (
        "the ledger has every version, without a gap"
    )
    assert sum(end.values()) - sum(start.values()) == len(set(saved)), "every told success is one version"


def test_without_scripts_a_form_changes_the_status(demo_app, client_for):
    client = client_for(demo_app, "team")
    i, number, version, _ = one(demo_app)
    card = client.get(f"/parcels/{number}", headers={"Accept": "text/html"}).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', card)[1]
    form = {"csrf_token": token, "version": version, "status": "paid"}
    answer = client.post(f"/parcels/{number}/status", data=form, headers={"Accept": "text/html"})
    assert answer.status_code == 303, answer.get_data(as_text=True)[:400]
    assert rows(demo_app, "SELECT status FROM parcel WHERE id = :i", i=i) == [("paid",)]
    refused = client.post(
        f"/parcels/{number}/status",
        data={**form, "version": version + 1, "status": "identified"},
        headers={"Accept": "text/html"},
    )
    assert refused.status_code == 409 and "原因" in refused.get_data(as_text=True)
    page = client.get(f"/parcels/{number}/edit", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert 'name="household_name"' in page


def test_viewers_see_no_buttons_and_may_not_post(demo_app, client_for):
    viewer = client_for(demo_app, "viewer")
    number = one(demo_app)[1]
    card = viewer.get(f"/parcels/{number}", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "/status" not in card and "/edit" not in card


def test_the_queue_counts_what_it_lists(demo_app, client_for):
    page = client_for(demo_app, "team").get("/queue", headers={"Accept": "text/html"}).get_data(as_text=True)
    disputed = int(re.search(r'pile-disputed".*?figure-value">([\d,]+)', page, re.S)[1].replace(",", ""))
    n = sum(
        rows(demo_app, f"SELECT count(*) FROM {x.table.name} WHERE status = ANY(:s)", s=list(x.workflow.disputed))[0][0]
        for x in demo_app.extensions["layers"].values()
    )
    assert disputed == n


def test_operations_are_listed_and_told(demo_app, client_for):
    team = client_for(demo_app, "team")
    assert team.get("/ops", headers={"Accept": "text/html"}).status_code == 200
    found = rows(demo_app, "SELECT max(id) FROM operation WHERE kind = 'bulk'")[0][0]
    page = team.get(f"/ops/{found}", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "→" in page
