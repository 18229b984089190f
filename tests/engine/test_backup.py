"""A backup is worth what its restore gives back."""

from __future__ import annotations

import json

import pytest

from geoapp import create_app
from geoapp.errors import Conflict
from geoapp.services import backup
from tests.support import basic_client


def test_a_restored_town_answers_as_before(demo_app, settings, layers, databases, tmp_path):
    database = demo_app.extensions["database"]
    before = basic_client(demo_app, "team").get("/parcels.json?project=P15").get_data()
    sheet = backup.backup(database, tmp_path / "home", tmp_path / "kept")
    assert sheet["rows"]["parcel"] == 2220 and sheet["rows"]["change"] > 2220
    with pytest.raises(Conflict):
        backup.backup(database, tmp_path / "home", tmp_path / "kept")
    with pytest.raises(Conflict):
        backup.restore(database, tmp_path / "home", tmp_path / "kept")
    other = create_app(settings, layers, databases.clone("geoapp", "restored"))
    try:
        backup.restore(other.extensions["database"], tmp_path / "home", tmp_path / "kept")
        assert basic_client(other, "team").get("/parcels.json?project=P15").get_data() == before
    finally:
        other.extensions["live"].close()
        other.extensions["database"].dispose()
        databases.drop("restored")


def test_a_spoilt_backup_is_refused(demo_app, tmp_path):
    database = demo_app.extensions["database"]
    backup.backup(database, tmp_path, tmp_path / "kept")
    sheet = tmp_path / "kept" / backup.SHEET
    sheet.write_text(json.dumps({**json.loads(sheet.read_text()), "sha256": "0" * 64}))
    with pytest.raises(backup.BackupFailed):
        backup.restore(database, tmp_path, tmp_path / "kept")
