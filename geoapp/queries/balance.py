"""Opening, movement and closing of a period, each out of the ledger by a statement of its own, so that they can be held
against each other.

A feature's place in a report is its group (some columns' values), its legend code and its weight as one entry of the ledger
has them; features in a status that leaves every total have no place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import TextClause, text

from geoapp.layer import Layer

_PLACE = "{groups}, {a}.properties->>'{legend}' AS code, coalesce(({a}.properties->>'{weight}')::numeric, 0) AS weight"
_COUNTS = "{a}.kind <> 'delete' AND {a}.status <> ALL(:uncounted)"


def _place(layer: Layer, level: Sequence[str], alias: str) -> str:
    values = ", ".join(f"{alias}.properties->>'{column}'" for column in level)
    groups = f"jsonb_build_array({values})::text AS place"
    return _PLACE.format(groups=groups, a=alias, legend=layer.legend_by, weight=layer.weight or "-")


def standing(layer: Layer, level: Sequence[str], moment: datetime) -> tuple[TextClause, dict[str, Any]]:
    """(place, code, n, weight) as recorded by a moment."""
    return _standing(layer, level, "at <= :moment"), {"moment": moment, **_bound(layer)}


def true_standing(layer: Layer, level: Sequence[str], day: date) -> tuple[TextClause, dict[str, Any]]:
    """(place, code, n, weight) as it was true on a day, by all that is known now."""
    return _standing(layer, level, "effective_on <= :day"), {"day": day, **_bound(layer)}


def _standing(layer: Layer, level: Sequence[str], by: str) -> TextClause:
    return text(
        f"WITH last AS (SELECT DISTINCT ON (feature_id) * FROM change WHERE layer = :layer AND {by} ORDER BY feature_id, version DESC), "
        f"placed AS (SELECT {_place(layer, level, 'l')} FROM last l WHERE {_COUNTS.format(a='l')}) "
        "SELECT place, code, count(*) AS n, sum(weight) AS weight FROM placed GROUP BY place, code"
    )


def movement(
    layer: Layer, level: Sequence[str], since: datetime, until: datetime, first_day: date
) -> tuple[TextClause, dict[str, Any]]:
    """(place, code, late, came, came_weight, went, went_weight): every entry of the period takes its feature from one place
    to another; ``late`` entries were true before the period began and correct an earlier one."""
    old, new = _place(layer, level, "p"), _place(layer, level, "c")
    statement = text(
        "WITH moved AS (SELECT c.*, p.id AS before FROM change c LEFT JOIN change p ON p.layer = c.layer AND p.feature_id = c.feature_id "
        "AND p.version = c.version - 1 WHERE c.layer = :layer AND c.at > :since AND c.at <= :until), "
        f"ends AS (SELECT {new}, c.effective_on < :first AS late, 1 AS side FROM moved c WHERE {_COUNTS.format(a='c')} "
        f"UNION ALL SELECT {old}, m.effective_on < :first AS late, -1 AS side FROM moved m JOIN change p ON p.id = m.before "
        f"WHERE {_COUNTS.format(a='p')}) "
        "SELECT place, code, late, sum((side = 1)::int) AS came, sum(CASE WHEN side = 1 THEN weight ELSE 0 END) AS came_weight, "
        "sum((side = -1)::int) AS went, sum(CASE WHEN side = -1 THEN weight ELSE 0 END) AS went_weight "
        "FROM ends GROUP BY place, code, late"
    )
    return statement, {"since": since, "until": until, "first": first_day, **_bound(layer)}


def _bound(layer: Layer) -> dict[str, Any]:
    return {"layer": layer.id, "uncounted": list(layer.uncounted)}


def course(
    layer: Layer, by: str, codes: Sequence[str], moments: Sequence[datetime]
) -> tuple[TextClause, dict[str, Any]]:
    """(moment, key, done, done_weight, n, weight): how much under each parent stood in some legend codes at each moment."""
    statement = text(
        f"WITH spans AS (SELECT at AS since, lead(at) OVER (PARTITION BY feature_id ORDER BY version) AS until, c.properties->>'{by}' AS key, "
        f"c.properties->>'{layer.legend_by}' AS code, coalesce((c.properties->>'{layer.weight or '-'}')::numeric, 0) AS weight, kind, status "
        "FROM change c WHERE layer = :layer) "
        "SELECT w.moment, s.key, count(*) FILTER (WHERE code = ANY(:codes)) AS done, "
        "coalesce(sum(weight) FILTER (WHERE code = ANY(:codes)), 0) AS done_weight, count(*) AS n, coalesce(sum(weight), 0) AS weight "
        "FROM unnest(CAST(:moments AS timestamptz[])) AS w(moment) JOIN spans s ON s.since <= w.moment AND (s.until IS NULL OR s.until > w.moment) "
        "WHERE s.kind <> 'delete' AND s.status <> ALL(:uncounted) GROUP BY 1, 2 ORDER BY 1"
    )
    return statement, {"codes": list(codes), "moments": list(moments), **_bound(layer)}
