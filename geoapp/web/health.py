"""Alive and ready: for service managers and proxies; no login."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from geoapp.db import database
from geoapp.migrations import runner
from geoapp.queries.reader import Right
from geoapp.web import context
from geoapp.web.access import access

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@access(Right.PUBLIC)
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@access(Right.PUBLIC)
def readyz() -> tuple[Response, int]:
    """The database answers, migrations are at their heads and every layer has its table and spatial index."""
    try:
        behind = runner.pending(database().app, database().schema)
        missing = _without_index()
    except SQLAlchemyError:
        return jsonify(status="unavailable", database=False), 503
    ready = not behind and not missing
    return jsonify(status="ready" if ready else "unavailable", migrations=behind, layers=missing), 200 if ready else 503


def _without_index() -> list[str]:
    tables = {layer.table.name: layer.id for layer in context.layers().values()}
    with database().app.connect() as connection:
        indexed = connection.execute(
            text(
                "SELECT tablename FROM pg_indexes WHERE schemaname = current_schema() AND indexdef LIKE '%USING gist (geom)%'"
            )
        ).scalars()
        found = set(indexed)
    return [layer_id for table, layer_id in tables.items() if table not in found]
