"""A bulk change of 10,000 parcels with ledger, beside the bare statements and a row loop in the same database."""

from __future__ import annotations

import json
import time
import urllib.request

import psycopg

from bench.common import Table, town
from bench.serving import SCHEMA

N = 10_000
LOG = """
    INSERT INTO bare_log (operation_id, layer, feature_id, version, geom_version, revision, kind, "by", at, effective_on, note,
                          status, properties)
    SELECT 1, 'bare', id, version, 1, 1, 'update', 'bench', now(), current_date, '', status,
           to_jsonb(b) - 'geom' - 'w12' - 'w14' - 'w16' FROM bare b
"""


def run(table: Table) -> None:
    """P6: the same rows, three ways, alternating."""
    with town(20_000) as served, psycopg.connect(served.owner_url.replace("+psycopg", "")) as connection:
        connection.execute(SCHEMA)
        found = connection.execute("SELECT id FROM parcel ORDER BY id DESC LIMIT %s", (N,)).fetchall()
        ids = [r[0] for r in found]
        _copies(connection, ids)
        ours, bare, loop = [], [], []
        for n in range(3):
            ours.append(_ours(served.base, ids, n + 101))
            began = time.perf_counter()
            connection.execute('UPDATE bare SET "group" = %s, version = version + 1', (n + 1,))
            connection.execute(LOG)
            connection.commit()
            bare.append(time.perf_counter() - began)
            began = time.perf_counter()
            for i in ids[:1000]:
                connection.execute('UPDATE bare SET "group" = %s WHERE id = %s', (n, i))
            connection.commit()
            loop.append((time.perf_counter() - began) * len(ids) / 1000)
        table.add(
            f"bulk change of {len(ids):,}", sorted(ours)[1], sorted(bare)[1], "bare UPDATE + INSERT", goal="(goal ≤ 2)"
        )
        table.add(f"bulk change of {len(ids):,}", sorted(ours)[1], sorted(loop)[1], "a row loop", goal="(goal ≤ 1/5)")


def _copies(connection: psycopg.Connection, ids: list[int]) -> None:
    """The same rows in a table with the same columns and indexes, without triggers; and a ledger with its indexes."""
    wanted = "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() "
    wanted += "AND table_name = 'parcel' AND is_generated = 'NEVER'"
    names = ", ".join(f'"{r[0]}"' for r in connection.execute(wanted).fetchall())
    connection.execute("CREATE TABLE bare (LIKE parcel INCLUDING ALL)")
    connection.execute(f"INSERT INTO bare ({names}) SELECT {names} FROM parcel WHERE id = ANY(%s)", (ids,))
    connection.execute("CREATE TABLE bare_log (LIKE change INCLUDING ALL)")
    connection.commit()


def _ours(base: str, ids: list[int], group: int) -> float:
    from base64 import b64encode

    body = json.dumps({"ids": ids, "changes": {"group": group}, "note": "bench"}).encode()
    headers = {
        "Authorization": "Basic " + b64encode(b"team:demo-team-2026").decode(), "Content-Type": "application/json",
    }  # fmt: skip
    asked = urllib.request.Request(f"{base}/api/collections/parcels/bulk", body, headers)  # noqa: S310
    began = time.perf_counter()
    with urllib.request.urlopen(asked, timeout=120) as answer:  # noqa: S310
        found = json.loads(answer.read())
    took = time.perf_counter() - began
    assert found["can"] == len(ids), found["can"]
    return took
