"""Formats that need a whole file: it is made in a private folder and leaves in blocks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from geoapp.queries.geojson import Wanted
from geoapp.services.export_formats.form import Piece, Pieces

BLOCK = 1 << 18
Make = Callable[[Connection, Wanted, Path], tuple[Path, int]]
"""Writes below the folder; the file and its number of features."""


def pieces_of(make: Make) -> Callable[[Connection, Wanted], Pieces]:
    """The ``write`` of a format that ``make`` makes."""

    def write(connection: Connection, wanted: Wanted) -> Pieces:
        with tempfile.TemporaryDirectory(prefix="geoapp-export-") as folder:
            path, n = make(connection, wanted, Path(folder))
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    yield Piece(n, block)
                    n = 0

    return write
