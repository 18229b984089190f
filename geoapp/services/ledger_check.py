"""Is the ledger whole? Every link of every chain is reckoned anew, and the live rows are held against it.

Whoever holds the database itself can rewrite a whole chain; the newest digest, written down elsewhere (a backup sheet, a
minute book), shows even that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from geoapp.layer import Layer
from geoapp.said import said

MOST = 20
"""Problems told for one layer."""

_LINKS = """
SELECT revision, s.operation_id, s.n, s.digest, sha256(convert_to(coalesce(ledger_head(o), ''), 'UTF8')) AS head,
       c.n AS found, c.body, c.low, c.high, o.id AS op
FROM seal s
LEFT JOIN operation o ON o.id = s.operation_id
FULL JOIN (
  SELECT revision, count(*) AS n, min(operation_id) AS low, max(operation_id) AS high,
         sha256(convert_to(string_agg(ledger_line(c), E'\\n' ORDER BY id), 'UTF8')) AS body
  FROM change c WHERE layer = :layer GROUP BY revision
) c USING (revision)
WHERE s.layer = :layer OR s.layer IS NULL
ORDER BY revision
"""
_LIVE = """
WITH last AS (
  SELECT DISTINCT ON (feature_id) feature_id, version, kind, properties, geom_version FROM change
  WHERE layer = :layer ORDER BY feature_id, version DESC
)
SELECT coalesce(t.id, l.feature_id) AS id FROM {table} t FULL JOIN (SELECT * FROM last WHERE kind <> 'delete') l ON l.feature_id = t.id
LEFT JOIN change g ON g.layer = :layer AND g.feature_id = l.feature_id AND g.version = l.geom_version
WHERE t.id IS NULL OR l.feature_id IS NULL OR t.version <> l.version OR t.geom::bytea IS DISTINCT FROM g.geom::bytea
   OR EXISTS (SELECT FROM jsonb_each(l.properties) p WHERE p.key <> 'updated_at' AND to_jsonb(t) ? p.key
              AND to_jsonb(t) -> p.key IS DISTINCT FROM p.value)
ORDER BY 1 LIMIT {most}
"""


@dataclass(slots=True)
class Chain:
    """One layer's chain: how long, its newest digest in hex, and what is wrong with it."""

    layer: Layer
    entries: int = 0
    links: int = 0
    digest: str = ""
    problems: list[str] = field(default_factory=list)


def heads(connection: Connection) -> dict[str, str]:
    """Layer id → newest digest in hex, without checking anything."""
    rows = connection.execute(text("SELECT DISTINCT ON (layer) layer, digest FROM seal ORDER BY layer, revision DESC"))
    return {row.layer: bytes(row.digest).hex() for row in rows}


def check(connection: Connection, layer: Layer) -> Chain:
    """Reckon a layer's chain anew and compare its live rows with the newest entries."""
    chain = Chain(layer)
    previous = b""
    rows = connection.execute(text(_LINKS), {"layer": layer.id}).mappings()
    for row in rows:
        previous = _link(chain, dict(row), previous)
    counter = connection.execute(text("SELECT revision FROM layer_revision WHERE layer = :l"), {"l": layer.id}).scalar()
    last = connection.execute(text("SELECT max(revision) FROM seal WHERE layer = :l"), {"l": layer.id}).scalar()
    if (counter or 0) != (last or 0):
        _say(
            chain,
            said(
                "计数到第 {counter} 次修订，链只到第 {last} 次：末尾的记录不见了", counter=counter or 0, last=last or 0
            ),
        )
    live = text(_LIVE.format(table=layer.table.name, most=MOST))
    for feature_id in connection.execute(live, {"layer": layer.id}).scalars():
        _say(chain, said("编号 {id} 的现状与最后一条记录不符", id=feature_id))
    return chain


def _link(chain: Chain, row: Mapping[str, Any], previous: bytes) -> bytes:
    """Check one revision; returns the digest the next link builds on."""
    where = row["revision"]
    if row["digest"] is None:
        _say(chain, said("第 {revision} 次修订有 {n} 条记录不在链上", revision=where, n=row["found"]))
        return previous
    stored = bytes(row["digest"])
    chain.links, chain.entries, chain.digest = chain.links + 1, chain.entries + (row["found"] or 0), stored.hex()
    body = bytes(row["body"]) if row["body"] is not None else hashlib.sha256(b"").digest()
    if (row["found"] or 0) != row["n"]:
        _say(chain, said("第 {revision} 次修订（操作 {operation}）应有 {n} 条记录，现有 {found} 条", revision=where, operation=row["operation_id"], n=row["n"], found=row["found"] or 0))  # fmt: skip
    elif row["op"] is None or hashlib.sha256(previous + bytes(row["head"]) + body).digest() != stored:
        _say(chain, said("第 {revision} 次修订（操作 {operation}）被改动过：重算的指纹不符", revision=where, operation=row["operation_id"]))  # fmt: skip
    return stored


def _say(chain: Chain, problem: str) -> None:
    if len(chain.problems) < MOST:
        chain.problems.append(problem)
