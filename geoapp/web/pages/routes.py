"""Addresses of the pages: the fixed ones, and a table and a card for every layer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from geoapp.web.pages import card, frame, overview, shown, table, town

bp = Blueprint("pages", __name__)
bp.add_url_rule("/", view_func=overview.overview, endpoint="overview")
bp.add_url_rule("/sources", view_func=town.sources_page, endpoint="sources")
bp.add_url_rule("/help", view_func=town.help_page, endpoint="help")


@bp.record
def _pages_of_layers(state: BlueprintSetupState) -> None:
    """Rules with the layer's own path, so that an unknown path is an ordinary 404."""
    for layer in state.app.extensions["layers"].values():
        named: dict[str, Any] = {"defaults": {"layer_id": layer.id}}
        path = f"/{layer.path}"
        state.add_url_rule(path, "table", table.table, **named)
        state.add_url_rule(f"{path}.json", "table_json", table.table_json, **named)
        state.add_url_rule(f"{path}.geojson", "table_geojson", table.table_geojson, **named)
        state.add_url_rule(f"{path}/<path:key>", "card", card.card, **named)


@bp.app_context_processor
def _frame() -> dict[str, Any]:
    """What every page's frame shows."""
    return frame.context_of_request()


@bp.app_context_processor
def _words() -> dict[str, Any]:
    """How values, titles and addresses are written, for the templates."""
    return shown.WORDS
