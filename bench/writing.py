"""A bulk change of 10,000 parcels with ledger, beside the bare statements and a row loop in the same database."""

from __future__ import annotations

import json
import time
import urllib.request

import psycopg

from bench.common import Table, town
from bench.serving import SCHEMA

N = 10_000


def run(table: Table) -> None:
    """P6: the same rows, three ways, alternating."""
    with town(20_000) as served, psycopg.connect(served.owner_url.replace("+psycopg", "")) as connection:
        connection.execute(SCHEMA)
        ids = [
            r[0]
            for r in connection.execute(
                "SELECT id FROM parcel WHERE status = 'delivered' ORDER BY id DESC LIMIT %s", (N,)
            ).fetchall()
        ]
        connection.execute("CREATE TEMP TABLE bare AS SELECT * FROM parcel WHERE id = ANY(%s)", (ids,))
        connection.execute("CREATE TEMP TABLE bare_log (id bigint, body jsonb)")
        connection.commit()
        ours, bare, loop = [], [], []
        for n in range(3):
            ours.append(_ours(served.base, ids, n + 1))
            began = time.perf_counter()
            connection.execute('UPDATE bare SET "group" = %s, version = version + 1', (n + 1,))
            connection.execute(
                "INSERT INTO bare_log SELECT id, to_jsonb(b) - 'geom' - 'w12' - 'w14' - 'w16' FROM bare b"
            )
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
