"""The town as it was: at a past moment every table a statement reads is replaced by its state then.

A ``WITH`` clause in front of a statement gives the same names other contents (a CTE hides the table of its name), so that
every query of the present also answers for the past. States come from the ledger: the latest change of each feature up to
the moment; what did not exist yet or was removed is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, event

from geoapp.layer import Layer

OPTION = "past"
"""Execution option that holds a Past."""


@dataclass(frozen=True)
class Past:
    """A moment, and the layers whose tables it replaces. ``effective`` looks at when things were true on the ground."""

    moment: datetime
    layers: tuple[Layer, ...]
    effective: bool = False

    def apply(self, statement: str) -> str:
        """The statement about the past: ``SELECT …``, ``WITH …`` or ``COPY (SELECT …) TO``; others are left alone."""
        found = re.match(r"\s*(COPY\s*\(\s*)?(SELECT|WITH)\b", statement, re.IGNORECASE)
        if found is None:
            return statement
        clauses = self._clauses(statement)
        if not clauses:
            return statement
        head, body = statement[: found.start(2)], statement[found.start(2) :]
        if found[2].upper() == "WITH":
            if re.match(r"WITH\s+RECURSIVE\b", body, re.IGNORECASE):
                # Beside a recursive one a clause named like its table would be taken to mean itself.
                return f"{head}WITH {', '.join(clauses)} SELECT * FROM ({body}) recursive_answer"
            return f"{head}WITH {', '.join(clauses)}, {body[4:].lstrip()}"
        return f"{head}WITH {', '.join(clauses)} {body}"

    def _clauses(self, statement: str) -> list[str]:
        """The replacements of the tables a statement names, in an order in which each sees those before it."""
        words = set(re.findall(r"[a-z_]+", statement))
        layers = [layer for layer in self.layers if layer.table.name in words]
        found = []
        if layers or words & {"change", "layer_revision"}:
            found.append(f"change AS NOT MATERIALIZED (SELECT * FROM change WHERE {self._until('change')})")
        if "operation" in words:
            found.append(f"operation AS NOT MATERIALIZED (SELECT * FROM operation WHERE at <= {self._at()})")
        if "layer_revision" in words:
            found.append(
                "layer_revision AS (SELECT layer, max(revision) AS revision, "
                "count(*) FILTER (WHERE kind = 'create') - count(*) FILTER (WHERE kind = 'delete') AS n "
                "FROM change GROUP BY layer)"
            )
        return found + [f"{layer.table.name} AS NOT MATERIALIZED ({_state(layer)})" for layer in layers]

    def _at(self) -> str:
        return f"timestamptz '{self.moment.isoformat()}'"

    def _until(self, table: str) -> str:
        if not self.effective:
            return f"at <= {self._at()}"
        return f"effective_on <= ({self._at()} AT TIME ZONE 'Asia/Shanghai')::date"


def _state(layer: Layer) -> str:
    """The layer's table out of the ledger, columns in the table's order and types."""
    table = layer.table
    kept = [c.name for c in table.columns if c.name not in ("id", "geom") and not c.info.get("internal")]
    pixels = [c for c in table.columns if c.info.get("internal")]
    named = ", ".join(f'r."{n}"' for n in kept)
    made = "".join(f', {c.computed.sqltext} AS "{c.name}"' for c in pixels if c.computed is not None)
    return (
        f"SELECT x.*{made} FROM (SELECT c.feature_id AS id, {named}, g.geom FROM "
        f"(SELECT DISTINCT ON (feature_id) * FROM change WHERE layer = '{layer.id}' ORDER BY feature_id, version DESC) c "
        f"JOIN change g ON g.layer = '{layer.id}' AND g.feature_id = c.feature_id AND g.version = c.geom_version "
        f"CROSS JOIN LATERAL jsonb_populate_record(NULL::{table.name}, c.properties) r WHERE c.kind <> 'delete') x"
    )


def listen(engine: Engine) -> None:
    """Apply the execution option ``past`` to every statement of an engine."""

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def _told(
        connection: Connection, _cursor: Any, statement: str, parameters: Any, context: Any, _many: bool
    ) -> tuple[str, Any]:
        past: Past | None = connection.get_execution_options().get(OPTION)
        return (past.apply(statement) if past else statement), parameters


def applied(connection: Connection, statement: str) -> str:
    """For statements that go to the driver directly."""
    past: Past | None = connection.get_execution_options().get(OPTION)
    return past.apply(statement) if past else statement


def of(moment: datetime, layers: Iterable[Layer], *, effective: bool = False) -> Past:
    return Past(moment, tuple(layers), effective)
