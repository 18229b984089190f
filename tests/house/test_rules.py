"""The rules of the house, held by a machine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from geoapp import ROOT
from geoapp.registry import Layers
from geoapp.settings import Settings

LONGEST = 320
FOREIGN = re.compile(r"https?://([a-z0-9.-]+)", re.I)
KNOWN_HOSTS = {
    "127.0.0.1", "localhost", "www.opengis.net", "www.w3.org", "json-schema.org", "geojson.org", "schemas.opengis.net",
    "www.rfc-editor.org", "t{s}.tianditu.gov.cn", "spec.openapis.org",
}  # fmt: skip


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).exists()]


def test_a_file_holds_one_thing():
    counted = {
        p.relative_to(ROOT): len(p.read_text(encoding="utf-8").splitlines()) for p in tracked("*.py", "*.js", "*.css")
    }
    assert {str(p): n for p, n in counted.items() if n > LONGEST and "versions" not in p.parts} == {}


def test_the_engine_names_no_layer(layers: Layers):
    names = {*layers, *(layer.table.name for layer in layers.values())} - {"project"}
    found = []
    for path in tracked("geoapp/**/*.py", "geoapp/*.py", "templates/**/*.html", "geoapp/static/**/*.js"):
        if "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(ROOT)}: {n}" for n in names if re.search(rf"""["'/]{n}["'/]""", text)]
    assert found == []


def test_pages_and_scripts_name_no_outside_host():
    found = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in tracked("templates/**", "geoapp/static/**", "geoapp/web/**/*.py")
        for host in FOREIGN.findall(path.read_text(encoding="utf-8", errors="ignore"))
        if host not in KNOWN_HOSTS and not host.startswith("example.")
    ]
    assert found == []


def test_every_template_is_free_of_inline_code_and_style():
    bad = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*(?:src=|type=\"application/json\"))", re.I)
    found = [str(p.relative_to(ROOT)) for p in tracked("templates/**") if bad.search(p.read_text(encoding="utf-8"))]
    assert found == []


def test_every_setting_is_documented():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [f.name for f in fields(Settings) if f"GEOAPP_{f.name.upper()}" not in readme] == []


def test_every_layer_is_seeded_and_its_sources_are_declared(layers: Layers):
    with (ROOT / "data/geo/sources.toml").open("rb") as file:
        declared = {entry["file"] for entry in tomllib.load(file)["source"]}
    assert {f"{layer_id}.geojson" for layer_id in layers} <= declared


def test_every_column_has_a_title(layers: Layers):
    assert [(x.id, n) for x in layers.values() for n, c in x.columns_by_name.items() if not c.comment] == []


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_is_left_for_later(word: str):
    paths = [p for p in tracked("geoapp/**", "layers/**", "templates/**", "script/**", "docs/**") if p.suffix != ".png"]
    assert [str(p.relative_to(ROOT)) for p in paths if re.search(rf"\b{word}\b", p.read_text(encoding="utf-8"))] == []
