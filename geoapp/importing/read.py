"""From a named file to its features: staged in a private folder, read in a sandbox, its encoding settled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoapp.importing.formats import dxf, filegdb, flatgeobuf, geojson, geopackage, kml, points, shapefile
from geoapp.importing.reading import sandbox, unpack
from geoapp.importing.reading.transfer import Raw
from geoapp.importing.report import Said, Verdict, refused, said

TITLES = {
    "shp": shapefile.TITLE,
    "gpkg": geopackage.TITLE,
    "geojson": geojson.TITLE,
    "fgb": flatgeobuf.TITLE,
    "txt": points.TITLE,
    "xlsx": "Excel 台账",
    "xls": "Excel 台账",
    "csv": "CSV",
    "kml": kml.TITLE,
    "dxf": dxf.TITLE,
    "gdb": filegdb.TITLE,
}


@dataclass(frozen=True)
class Source:
    """A file as read, with what was settled about its text."""

    file: str
    format: str
    raw: Raw
    encoding: Verdict

    @property
    def notes(self) -> list[Said]:
        return [said(message, **values) for message, values in self.raw.notes]


def read_file(path: Path, encoding: str | None = None, part: str | None = None) -> Source:
    """Read one file, or one layer (``part``) of it; raises RefusedFile when it is not what it should be."""
    options: dict[str, Any] = {n: v for n, v in (("encoding", encoding), ("part", part)) if v}
    with sandbox.private_folder() as folder:
        kind = unpack.stage(path, folder)
        raw = sandbox.read(kind, folder, options)
    if not len(raw):
        raise refused(said("{file} 里没有要素", file=path.name))
    found = raw.encoding
    reason = said(found["message"], **found["values"])
    return Source(path.name, TITLES[kind], raw, Verdict("编码", found["value"], reason, tuple(found["alternatives"])))
