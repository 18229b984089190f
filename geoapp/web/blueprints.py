"""Every blueprint of the service, in one list."""

from __future__ import annotations

from flask import Flask

from geoapp.accounts import views as account_views
from geoapp.web import (
    admin,
    api,
    assets,
    basemap,
    board,
    changes,
    editing,
    events,
    export,
    files,
    handover,
    health,
    importing,
    map_page,
    money,
    notices,
    ops,
    outline_page,
    pages,
    printing,
    queue,
    reports,
    selection,
    tiles,
    tips,
)


def register(app: Flask) -> None:
    """Attach all routes."""
    for blueprint in (
        health.bp, assets.bp, tiles.bp, map_page.bp, selection.bp, basemap.bp, changes.bp, export.bp, importing.bp, files.bp, handover.bp, api.bp, editing.bp, ops.bp, outline_page.bp, queue.bp, money.bp, printing.bp, reports.bp, board.bp, notices.bp, tips.bp, events.bp, account_views.bp, admin.bp, pages.bp,
    ):  # fmt: skip
        app.register_blueprint(blueprint)
