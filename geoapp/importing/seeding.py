"""Loads seed files through the users' own path, inside the caller's transaction and dated by the caller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from geoapp.importing.apply import apply
from geoapp.importing.clean import Wishes, clean
from geoapp.importing.plan import lookups, plan
from geoapp.importing.read import read_file
from geoapp.importing.report import refused, said
from geoapp.layer import Layer
from geoapp.registry import Layers
from geoapp.services.write import Deed
from geoapp.towns import Town

LoadFile = Callable[[Session, Layer, Path, Deed, timedelta], int]


def load_file(layers: Layers, town: Town) -> LoadFile:
    """The function that loads one file: (session, layer, path, deed, shift of its dates) → features in the file."""

    def load(session: Session, layer: Layer, path: Path, deed: Deed, shift: timedelta) -> int:
        source = read_file(path)
        known = lookups(session, layers, layer)
        found = plan(session, layer, clean(source.raw, layer, town, known, Wishes(shift=shift)))
        if found.rejected:
            first = found.rejected[0]
            raise refused(said("{file} 第 {row} 行：{why}", file=path.name, row=first.row, why=first.reason))
        apply(session, layer, found, deed)
        return found.total

    return load
