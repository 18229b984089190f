"""Photos and scans: judged by content, shown only to whom they may be shown, never lost."""

from __future__ import annotations

import io
import re
import struct
import zlib

import pytest
from PIL import ExifTags, Image

from tests.support import basic_client, logged_in

CARD = "/parcels/LL-05-0032"


def photo(colour="#0E69B9", size=(800, 600), *, lon=None, lat=None, taken="2026:06:01 09:30:00"):
    image, made = Image.new("RGB", size, colour), io.BytesIO()
    exif = image.getexif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if lon is not None:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                ExifTags.GPS.GPSLatitudeRef: "N",
                ExifTags.GPS.GPSLatitude: (int(lat), int(lat % 1 * 60), lat % 1 * 60 % 1 * 60),
                ExifTags.GPS.GPSLongitudeRef: "E",
                ExifTags.GPS.GPSLongitude: (int(lon), int(lon % 1 * 60), lon % 1 * 60 % 1 * 60),
            }
        )
    image.save(made, "JPEG", exif=exif)
    return made.getvalue()


def bring(client, content, name="照片 1.jpg", card=CARD, **form):
    files = {"file": (io.BytesIO(content), name), **form}
    headers = {"Accept": "application/json"}
    return client.post(f"{card}/files", data=files, headers=headers, content_type="multipart/form-data")


@pytest.fixture
def team(demo_app):
    return basic_client(demo_app, "team")


def test_a_photo_keeps_its_time_and_place_and_shows_them(demo_app, team):
    box = re.search(r'data-bbox="([^"]+)"', team.get(CARD, headers={"Accept": "text/html"}).get_data(as_text=True))[1]
    west, south, east, north = map(float, box.split(","))
    sent = photo(lon=(west + east) / 2, lat=(south + north) / 2)
    answer = bring(team, sent, phase="before", caption="东侧界桩")
    assert answer.status_code == 201
    [made] = answer.get_json()["files"]
    assert made["taken_at"].startswith("2026-06-01T") and made["size"] == len(sent)
    page = team.get(CARD, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "东侧界桩" in page and "2026年6月1日 09:30" in page and re.search(r"距此 \d+ 米", page)
    far = bring(team, photo("#ff0000", lon=west + 0.05, lat=south)).get_json()["files"][0]
    page = team.get(CARD, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert re.search(r"拍摄地点距此 [\d,]+ 米，请核对", page) and far["id"] != made["id"]
    original = team.get(f"/files/{made['id']}?original=1", buffered=True)
    assert original.get_data() == sent
    assert "attachment" in original.headers["Content-Disposition"]


def test_a_viewer_gets_the_picture_without_what_the_camera_wrote(demo_app, team):
    made = bring(team, photo(lon=116.78, lat=27.9)).get_json()["files"][0]
    viewer = basic_client(demo_app, "viewer")
    shown = viewer.get(f"/files/{made['id']}", buffered=True)
    assert shown.mimetype == "image/jpeg" and not Image.open(io.BytesIO(shown.get_data())).getexif()
    assert viewer.get(f"/files/{made['id']}/thumb", buffered=True).status_code == 200
    team.post(f"{CARD}/remarks", data={"text": "户主电话 13800001111"}, headers={"Accept": "application/json"})
    page = viewer.get(CARD, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "照片 1.jpg" not in page and "13800001111" not in page, "names of files and remarks may name people"
    assert "照片 1.jpg" not in str(shown.headers)
    assert viewer.get(f"/files/{made['id']}?original=1", buffered=True).status_code == 403
    assert bring(viewer, photo()).status_code == 403
    assert demo_app.test_client().get(f"/files/{made['id']}", buffered=True).status_code in (302, 401)


def test_a_scan_is_for_those_who_see_personal_values(demo_app, team):
    made = bring(team, b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF", "协议.pdf").get_json()["files"][0]
    assert made["kind"] == "document"
    viewer = basic_client(demo_app, "viewer")
    assert viewer.get(f"/files/{made['id']}", buffered=True).status_code == 404
    assert "协议.pdf" not in viewer.get(CARD, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert team.get(f"/files/{made['id']}", buffered=True).mimetype == "application/pdf"
    log = logged_in(demo_app, "admin").get("/admin/access").get_data(as_text=True)
    assert f"/{made['id']}</td>" in log


def bomb():
    """A PNG that says 60,000 × 60,000 in a few bytes."""
    head = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))  # noqa: E731
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<html><script>alert(1)</script>", "x.jpg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "x.svg"),
        (b"MZ\x90\x00" + b"\0" * 100, "x.png"),
        (photo()[:500], "cut.jpg"),
        (bomb(), "bomb.png"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "x.heic"),
        (b"", "empty.jpg"),
    ],
    ids=["html", "svg", "program", "cut", "bomb", "heic", "empty"],
)
def test_what_is_no_photo_is_refused_and_leaves_nothing(demo_app, team, home, content, name):
    before = {p.name for p in (home / "attachments").rglob("*")} if (home / "attachments").exists() else set()
    answer = bring(team, content, name)
    assert answer.status_code == 422 and name in answer.get_data(as_text=True)
    assert {p.name for p in (home / "attachments").rglob("*") if p.is_file()} <= before
    assert 'id="files"' in team.get(CARD, headers={"Accept": "text/html"}).get_data(as_text=True)


def test_a_name_cannot_leave_its_folder_and_a_viewless_text_stays_text(demo_app, team):
    answer = bring(team, photo("#123456"), "../../etc/<b>x</b>.jpg", caption="<script>alert(1)</script>")
    assert answer.get_json()["files"][0]["name"] == "b>.jpg" or "/" not in answer.get_json()["files"][0]["name"]
    page = team.get(CARD, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page


def test_a_removed_file_comes_back(demo_app, team):
    made = bring(team, photo("#abcdef")).get_json()["files"][0]
    json = {"Accept": "application/json"}
    assert team.post(f"/files/{made['id']}/remove", headers=json).get_json()["removed"]
    assert f"/files/{made['id']}" not in team.get(CARD, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert not team.post(f"/files/{made['id']}/restore", headers=json).get_json()["removed"]
    assert f"/files/{made['id']}" in team.get(CARD, headers={"Accept": "text/html"}).get_data(as_text=True)


def test_the_same_photo_twice_is_kept_once(demo_app, team):
    first, second = bring(team, photo("#010203")), bring(team, photo("#010203"))
    assert first.get_json()["files"][0]["id"] == second.get_json()["files"][0]["id"]


def test_outside_the_area_of_responsibility_nothing_is_added(demo_app, team):
    with demo_app.app_context(), demo_app.extensions["database"].owner_session() as session:
        from sqlalchemy import text

        session.execute(
            text("INSERT INTO geoapp.scope SELECT id, 'project', 'P01' FROM geoapp.account WHERE username = 'team'")
        )
        session.commit()
    assert bring(team, photo("#0a0a0a")).status_code == 403
    assert team.post(f"{CARD}/remarks", data={"text": "x"}, headers={"Accept": "application/json"}).status_code == 403


def test_a_remark_stays_as_it_was_written(demo_app, team):
    json = {"Accept": "application/json"}
    assert team.post(f"{CARD}/remarks", data={"text": "来电：周五可签\n<b>"}, headers=json).status_code == 201
    assert team.post(f"{CARD}/remarks", data={"text": "  "}, headers=json).status_code == 422
    page = team.get(CARD, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "来电：周五可签\n&lt;b&gt;" in page
    with demo_app.extensions["database"].session() as session, pytest.raises(Exception, match="permission denied"):
        from sqlalchemy import text

        session.execute(text("UPDATE remark SET text = 'x'"))
