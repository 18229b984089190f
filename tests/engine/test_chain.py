"""The ledger's chain: whatever is altered behind the service's back shows, and says where."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from geoapp.services import ledger_check, write
from geoapp.services.write import Deed, Edit
from tests.engine.test_ledger import square

ME = Deed("tester", note="试")


@pytest.fixture
def written(fresh_app, layers):
    """One parcel created and revised twice; then the owner's connection, with triggers off as an intruder would have them."""
    database = fresh_app.extensions["database"]
    with database.session() as session:
        write.create(
            session, layers["villages"], [{**layers["villages"].example, "geom": square(116.7, 27.85, 0.1)}], ME
        )
        made = write.create(session, layers["parcels"], [{**layers["parcels"].example, "geom": square()}], ME)
        session.commit()
        for status in ("announced", "surveyed"):
            write.revise(session, layers["parcels"], [Edit(made.ids[0], {"status": status})], ME)
            session.commit()
    with database.owner.connect() as connection:
        yield connection


def problems(connection, layers):
    return [str(p) for layer in layers.values() for p in ledger_check.check(connection, layer).problems]


def test_an_untouched_ledger_is_whole(written, layers):
    assert problems(written, layers) == []
    assert ledger_check.check(written, layers["parcels"]).links == 3


@pytest.mark.parametrize(
    ("table", "deed", "told"),
    [
        ("change", "UPDATE change SET note = '改' WHERE layer = 'parcels' AND version = 2", "第 2 次修订"),
        ("change", "UPDATE change SET properties = jsonb_set(properties, '{status}', '\"paid\"') WHERE layer = 'parcels' AND version = 1", "第 1 次修订"),
        ("change", "UPDATE change SET geom = ST_Translate(geom, 0.0001, 0) WHERE layer = 'parcels'", "第 1 次修订"),
        ("change", "DELETE FROM change WHERE layer = 'parcels' AND version = 2", "应有 1 条记录，现有 0 条"),
        ("operation", 'UPDATE operation SET "by" = \'别人\' WHERE id = (SELECT max(id) FROM operation)', "第 3 次修订"),
        ("seal", "DELETE FROM seal WHERE layer = 'parcels' AND revision = 3", "1 条记录不在链上"),
        ("parcel", "UPDATE parcel SET status = 'paid'", "现状与最后一条记录不符"),
        ("parcel", "DELETE FROM parcel", "现状与最后一条记录不符"),
    ],
)  # fmt: skip
def test_tampering_shows_and_says_where(written, layers, table, deed, told):
    written.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    written.execute(text(deed))
    found = problems(written, layers)
    assert found and any(told in line for line in found), found


def test_the_last_entries_cannot_quietly_go(written, layers):
    for table in ("change", "seal"):
        written.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        written.execute(text(f"DELETE FROM {table} WHERE layer = 'parcels' AND revision = 3"))
    written.execute(text("ALTER TABLE parcel DISABLE TRIGGER USER"))
    written.execute(text("UPDATE parcel SET status = 'announced', version = 2"))
    assert any("末尾的记录不见了" in line for line in problems(written, layers))


def test_the_demonstration_town_is_whole(app, layers):
    with app.extensions["database"].owner.connect() as connection:
        assert problems(connection, layers) == []
        assert set(ledger_check.heads(connection)) >= {"parcels", "projects"}
