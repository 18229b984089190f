"""Who reads: the only thing a query needs to know of a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """What an account may do. A route declares one of these."""

    PUBLIC = "PUBLIC"
    VIEW = "VIEW"
    EXPORT = "EXPORT"
    PERSONAL = "PERSONAL"
    EDIT = "EDIT"
    IMPORT = "IMPORT"
    ADMIN = "ADMIN"


ROLES: dict[str, frozenset[Right]] = {
    "viewer": frozenset({Right.VIEW}),
    "planner": frozenset({Right.VIEW, Right.EXPORT, Right.PERSONAL}),
    "team": frozenset({Right.VIEW, Right.EXPORT, Right.PERSONAL, Right.EDIT, Right.IMPORT}),
    "admin": frozenset(Right) - {Right.PUBLIC},
}
"""Rights of each role; PUBLIC needs none."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader's name and rights."""

    name: str
    rights: frozenset[Right]

    @property
    def personal(self) -> bool:
        """May see natural persons' names unmasked."""
        return Right.PERSONAL in self.rights

    def may(self, right: Right) -> bool:
        return right == Right.PUBLIC or right in self.rights


NOBODY = Reader("", frozenset())
SYSTEM = Reader("system", frozenset(Right))
"""The command line: whoever runs it already holds the database."""
