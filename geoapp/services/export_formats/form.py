"""What a file format must bring along to be offered for export: one module of this package each, with a ``FORMAT``."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from geoapp.queries.geojson import Wanted


class Piece(NamedTuple):
    """Some bytes of a file and how many features end in them."""

    n: int
    body: bytes


Pieces = Generator[Piece, None, None]
"""Closing it early stops the query behind it."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format. ``write`` reads from an open snapshot and yields the file piece by piece."""

    extensions: tuple[str, ...]
    title: str
    media_type: str
    write: Callable[[Connection, Wanted], Pieces]
    compressible: bool = True
    """Text, worth gzip on the way."""
    order: int = 90
    """Place among the formats on the page, the smallest first."""
    about: str = ""
    """What it is good for, one sentence."""

    @property
    def extension(self) -> str:
        return self.extensions[0]
