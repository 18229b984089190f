"""No change without a ledger entry, no entry altered, no wrong outline: the database's own promises."""

from __future__ import annotations

import pytest
import shapely
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from geoapp.errors import InvalidEdit, NotFound, StaleFeature
from geoapp.layer import Layer
from geoapp.registry import Layers
from geoapp.services import write
from geoapp.services.write import Deed, Edit

ME = Deed("tester", note="试")


def square(x: float = 116.78, y: float = 27.9, side: float = 0.001) -> bytes:
    found: bytes = shapely.box(x, y, x + side, y + side).wkb
    return found


@pytest.fixture
def session(fresh_app: Flask) -> Session:
    with fresh_app.extensions["database"].session() as opened:
        yield opened


@pytest.fixture
def parcels(layers: Layers) -> Layer:
    return layers["parcels"]


@pytest.fixture
def parcel_id(session: Session, layers: Layers) -> int:
    villages, parcels = layers["villages"], layers["parcels"]
    write.create(session, villages, [{**villages.example, "geom": square(116.7, 27.85, 0.1)}], ME)
    made = write.create(session, parcels, [{**parcels.example, "geom": square()}], ME)
    session.commit()
    return made.ids[0]


def history(session: Session, feature_id: int) -> list[tuple[str, int, int, bool]]:
    rows = session.execute(
        text(
            "SELECT kind, version, geom_version, geom IS NOT NULL FROM change "
            "WHERE layer = 'parcels' AND feature_id = :id ORDER BY version"
        ),
        {"id": feature_id},
    )
    return [tuple(row) for row in rows]


def test_every_write_leaves_one_entry_and_the_outline_is_kept_once(session, parcels, parcel_id):
    write.revise(session, parcels, [Edit(parcel_id, {"status": "announced"}, 1)], ME)
    write.revise(session, parcels, [Edit(parcel_id, {"geom": square(116.79)}, 2)], ME)
    write.remove(session, parcels, {parcel_id: 3}, ME)
    session.commit()
    assert history(session, parcel_id) == [
        ("create", 1, 1, True), ("update", 2, 1, False), ("update", 3, 3, True), ("delete", 4, 3, False),
    ]  # fmt: skip


def test_the_counter_follows_every_write_and_counts_live_features(session, parcels, parcel_id):
    def state() -> tuple[int, int]:
        return tuple(session.execute(text("SELECT revision, n FROM layer_revision WHERE layer = 'parcels'")).one())

    assert state() == (1, 1)
    write.revise(session, parcels, [Edit(parcel_id, {"status": "announced"})], ME)
    assert state() == (2, 1)
    write.remove(session, parcels, {parcel_id: None}, ME)
    assert state() == (3, 0)


def test_a_stale_edit_changes_nothing(session, parcels, parcel_id):
    write.revise(session, parcels, [Edit(parcel_id, {"status": "announced"}, 1)], ME)
    session.commit()
    with pytest.raises(StaleFeature) as refused:
        write.revise(session, parcels, [Edit(parcel_id, {"status": "surveyed"}, 1)], ME)
    session.rollback()
    assert refused.value.extra["stale"] == [{"id": parcel_id, "yours": 1, "current": 2}]
    assert len(history(session, parcel_id)) == 2


def test_one_wrong_row_of_many_stops_all(session, parcels, parcel_id):
    rows = [{**parcels.example, "parcel_no": f"LW-01-{i:04}", "geom": square(116.78 + i / 1e3)} for i in range(5)]
    rows[3]["geom"] = shapely.from_wkt("POLYGON((116.7 27.9, 116.8 27.8, 116.8 27.9, 116.7 27.8, 116.7 27.9))").wkb
    with pytest.raises(InvalidEdit):
        write.create(session, parcels, rows, ME)
    session.rollback()
    assert session.execute(text("SELECT count(*) FROM parcel")).scalar_one() == 1


def test_an_edit_that_changes_nothing_raises_no_version(session, parcels, parcel_id):
    done = write.revise(session, parcels, [Edit(parcel_id, {"household_name": "王小明", "geom": square()}, 1)], ME)
    assert (done.ids, done.skipped) == ([], 1)
    assert len(history(session, parcel_id)) == 1


def test_a_missing_feature_is_named(session, parcels, parcel_id):
    with pytest.raises(NotFound, match="999"):
        write.revise(session, parcels, [Edit(999, {"status": "announced"})], ME)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"status": "nope"}, "status"),
        ({"village": "999999999999"}, "village"),
        ({"geom": square(100, 20)}, "geom"),
        ({"land_class": "9999"}, "land_class"),
        ({"area_paper_mu": -1}, "area_paper_mu"),
        ({"area_mu": 3}, "area_mu"),
    ],
)
def test_a_wrong_value_is_refused_by_name(session, parcels, parcel_id, changes, column):
    with pytest.raises(InvalidEdit) as refused:
        write.revise(session, parcels, [Edit(parcel_id, changes, 1)], ME)
    session.rollback()
    assert list(refused.value.fields) == [column]
    assert len(history(session, parcel_id)) == 1


@pytest.mark.parametrize(
    "wkt",
    [
        "MULTIPOLYGON(((116.78 27.9, 116.79 27.9, NaN 27.91, 116.78 27.9)))",
        "MULTIPOLYGON(((116.78 27.9, 116.79 27.9, Infinity 27.91, 116.78 27.9)))",
        "MULTIPOLYGON EMPTY",
        "MULTIPOLYGON(((116.78 27.9, 116.79 27.9, 116.78 27.9, 116.78 27.9)))",
    ],
)
def test_outlines_postgis_would_take_are_refused_by_the_database_itself(session, parcels, parcel_id, wkt):
    write.begin(session, parcels, ME)
    with pytest.raises(DBAPIError):
        session.execute(
            text("UPDATE parcel SET geom = ST_GeomFromText(:wkt, 4490), version = version + 1 WHERE id = :id"),
            {"wkt": wkt, "id": parcel_id},
        )


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE change SET note = 'x'",
        "DELETE FROM change",
        "TRUNCATE change",
        "INSERT INTO change (layer) VALUES ('parcels')",
        "UPDATE operation SET by = 'x'",
        "INSERT INTO operation (kind, layer, by, at) VALUES ('edit', 'parcels', 'x', now() - interval '1 year')",
        "ALTER TABLE parcel DISABLE TRIGGER ALL",
        "DROP TRIGGER ledger_update ON parcel",
        "SET session_replication_role = replica",
        "UPDATE seal SET n = 2",
        "DELETE FROM seal",
        "INSERT INTO seal (layer, revision, operation_id, n, digest) VALUES ('parcels', 9, 1, 1, '')",
        "COPY parcel TO PROGRAM 'cat'",
        "CREATE TABLE town_361027100.mine (id int)",
        "UPDATE parcel SET status = 'delivered', version = version + 1",
        "DELETE FROM parcel",
        "TRUNCATE parcel",
    ],
)
def test_the_application_role_cannot_go_round_the_ledger(session, parcel_id, attack):
    with pytest.raises(DBAPIError):
        session.execute(text(attack))
    session.rollback()
    assert history(session, parcel_id) == [("create", 1, 1, True)]


def test_a_later_transaction_cannot_hang_on_an_old_operation(session, parcels, parcel_id):
    done = write.revise(session, parcels, [Edit(parcel_id, {"status": "announced"})], ME)
    session.commit()
    session.execute(text("SELECT set_config('geoapp.operation', :id, true)"), {"id": str(done.operation_id)})
    with pytest.raises(DBAPIError):
        session.execute(text("UPDATE parcel SET status = 'surveyed', version = version + 1"))
