"""A package is handed over only when its files say the same, read back by other code."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pypdfium2
import pytest

from geoapp.services import boundary_points
from geoapp.services.export_formats import rows
from tests.support import basic_client

PATH = "/handover/parcels.zip?project=P15"


def packed(app, path=PATH, role="planner"):
    return basic_client(app, role).get(path, headers={"Accept": "application/json"})


def test_a_package_holds_its_files_and_their_right_checksums(app):
    answer = packed(app)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as files:
        names = files.namelist()
        assert [n.rpartition(".")[2] for n in names] == ["txt", "geojson", "xlsx", "pdf", "pdf", "json", "SHA256SUMS"]
        for line in files.read("SHA256SUMS").decode().splitlines():
            value, _, name = line.partition("  ")
            assert hashlib.sha256(files.read(name)).hexdigest() == value
        told = json.loads(files.read("check.json"))
        assert all(c["equal"] and c["compared"] for c in told["checks"]) and len(told["checks"]) == 4
        sheet = pypdfium2.PdfDocument(io.BytesIO(files.read("校核表.pdf")))[0].get_textpage().get_text_bounded()
        assert "交付成果校核表" in sheet and "一致" in sheet and "接收" in sheet
        assert told["sha256"][names[0]][:16] in sheet


def shifted(parcel):
    """A writer that is five millimetres off in one corner of one parcel."""
    text = original(parcel)
    if not parcel.number.endswith("0032"):
        return text
    lines = text.split("\r\n")
    cells = lines[2].split(",")
    cells[2] = f"{float(cells[2]) + 0.005:.3f}"
    lines[2] = ",".join(cells)
    return "\r\n".join(lines)


original = boundary_points.written


def lost(parcel):
    return "" if parcel.number.endswith("0032") else original(parcel)


@pytest.mark.parametrize(("fault", "told"), [(shifted, "毫米"), (lost, "TXT")])
def test_a_fault_of_the_point_file_stops_it(app, monkeypatch, fault, told):
    monkeypatch.setattr(boundary_points, "written", fault)
    answer = packed(app)
    assert answer.status_code == 409
    assert "LL-05-0032" in answer.get_data(as_text=True) and told in answer.get_json()["detail"] + str(
        answer.get_json()["differences"]
    )


def test_a_fault_of_the_workbook_stops_it(app, monkeypatch):
    shown = rows.Field.shown

    def wrong(field, value):
        found = shown(field, value)
        return found + 1 if field.name == "area_mu" and found is not None else found

    monkeypatch.setattr(rows.Field, "shown", wrong)
    answer = packed(app)
    assert answer.status_code == 409 and "area_mu" in str(answer.get_json()["differences"])


def test_points_nothing_and_viewers_get_none(app):
    assert packed(app, "/handover/parcels.zip?q=zzzzzz").status_code == 404
    assert packed(app, role="viewer").status_code == 403
    assert packed(app, "/handover/parcels.zip?colour=red").status_code == 400


def test_the_whole_town_is_consistent(app):
    answer = packed(app, "/handover/parcels.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as files:
        checks = json.loads(files.read("check.json"))["checks"]
    assert checks[0]["compared"] == 2220 and checks[1]["compared"] > 10_000


def test_red_lines_with_holes_and_parts_are_handed_over_too(app):
    assert packed(app, "/handover/projects.zip").status_code == 200
