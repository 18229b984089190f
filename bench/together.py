"""Sixteen clients on fifty parcels: nothing is lost, and what the versions and the ledger cost beside a bare UPDATE."""

from __future__ import annotations

import http.client
import json
import random
import statistics
import threading
import time
from base64 import b64encode
from urllib.parse import urlsplit

import psycopg

from bench.common import Table, town
from bench.serving import SCHEMA

CLIENTS, EDITS, PARCELS = 16, 10_000, 50
HEADERS = {"Authorization": "Basic " + b64encode(b"team:demo-team-2026").decode(), "Content-Type": "application/json"}


def run(table: Table) -> None:
    """10,000 saved edits in all, each with If-Match; a stale one reads again and repeats."""
    with town() as served, psycopg.connect(served.owner_url.replace("+psycopg", "")) as connection:
        connection.execute(SCHEMA)
        found = connection.execute("SELECT id, version FROM parcel ORDER BY id LIMIT %s", (PARCELS,)).fetchall()
        before = dict(found)
        connection.commit()
        took: list[float] = []
        stale = [0]
        began = time.perf_counter()
        clients = [
            threading.Thread(target=_client, args=(served.base, list(before), EDITS // CLIENTS, n, took, stale))
            for n in range(CLIENTS)
        ]
        for c in clients:
            c.start()
        for c in clients:
            c.join()
        elapsed = time.perf_counter() - began
        rows = connection.execute("SELECT id, version FROM parcel WHERE id = ANY(%s)", (list(before),)).fetchall()
        grown = sum(v - before[i] for i, v in rows)
        entries = connection.execute(
            "SELECT count(*), count(DISTINCT (feature_id, version)) FROM change c WHERE layer = 'parcels' AND note = 'together'"
        ).fetchone()
        assert grown == len(took) == entries[0] == entries[1], (grown, len(took), entries)
        print(f"  {len(took):,} saved, {stale[0]:,} stale and repeated, 0 lost; {len(took) / elapsed:.0f} a second")
        table.add("one edit among 16 clients, p50", statistics.median(took), 0.2, "limit", goal="(goal ≤ 1)")
        table.add(
            "one edit among 16 clients, p95", sorted(took)[int(len(took) * 0.95)], 1.0, "limit", goal="(goal ≤ 1)"
        )


def _client(base: str, ids: list[int], edits: int, seed: int, took: list[float], stale: list[int]) -> None:
    dice, where = random.Random(seed), urlsplit(base)
    wire = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
    seen: dict[int, str] = {}

    def ask(method: str, path: str, body: object = None, **more: str) -> tuple[int, str]:
        wire.request(method, path, json.dumps(body) if body else None, {**HEADERS, **more})
        answer = wire.getresponse()
        answer.read()
        return answer.status, answer.headers.get("ETag", "")

    for n in range(edits):
        i = dice.choice(ids)
        while True:
            path = f"/api/collections/parcels/items/{i}"
            if i not in seen:
                seen[i] = ask("GET", path)[1].removeprefix("W/")
            start = time.perf_counter()
            status, tag = ask(
                "PATCH", path, {"group": seed * 1000 + n + 10, "note": "together"}, **{"If-Match": seen[i]}
            )
            if status == 200:
                took.append(time.perf_counter() - start)
                seen[i] = tag.removeprefix("W/")
                break
            assert status == 412, status
            stale[0] += 1
            del seen[i]
