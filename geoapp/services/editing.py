"""Interactive edits: one feature with its version, or many at once, under the workflow and the editor's scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from geoapp.errors import Conflict, Forbidden, NotFound, StaleFeature
from geoapp.layer import Layer
from geoapp.orm import Change
from geoapp.queries.reader import Reader
from geoapp.said import said
from geoapp.services import scopes, steps, write
from geoapp.services.write import Deed, Edit, Written

KEPT = frozenset({"version", "updated_at", "updated_by"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A feature that a bulk change leaves alone, and why."""

    id: int
    key: str
    why: str


@dataclass(slots=True)
class BulkPlan:
    """What a bulk change can do and what it cannot."""

    ids: list[int] = field(default_factory=list)
    weight: Decimal = Decimal(0)
    refused: list[Refusal] = field(default_factory=list)
    written: Written | None = None


@dataclass(frozen=True, slots=True)
class Editing:
    """Who edits what: session, layer, all layers, and the editor."""

    session: Session
    layer: Layer
    layers: Mapping[str, Layer]
    reader: Reader

    def one(
        self, feature_id: int, changes: Mapping[str, Any], version: int, deed: Deed, *, merge: bool = False
    ) -> Written:
        """Change one feature seen at ``version``.

        With ``merge`` an older version does when nobody changed the same columns since. Raises NotFound, StaleFeature (with
        base, mine and theirs of every column in conflict), Conflict for an illegal step, Forbidden outside the scope.
        """
        written = write.begin(self.session, self.layer, deed)
        row = self._rows([feature_id], lock=True).get(feature_id)
        if row is None:
            raise NotFound("{title}中没有编号为 {id} 的要素", title=self.layer.title, id=feature_id)
        if version != row["version"]:
            self._not_stale(row, changes, version, merge=merge)
        self.allowed([row], {feature_id: changes}, deed.note)
        return write.revise(self.session, self.layer, [Edit(feature_id, changes)], deed, written)

    def allowed(self, rows: Sequence[Mapping[str, Any]], changes: Mapping[int, Mapping[str, Any]], note: str) -> None:
        """Raise for the first feature outside the editor's scope or with an illegal step; changes may not leave the scope."""
        moved = [{**row, **changes.get(row["id"], {})} for row in rows]
        if scopes.refused(self.session, self.reader, self.layer, [*rows, *moved]):
            raise Forbidden("这条记录不在您负责的村或项目内，请联系管理员")
        problems = steps.refused_steps(self.session, self.layer, self.layers, rows, changes, note)
        for problem in problems.values():
            raise Conflict(
                problem.message.text, **problem.message.values,
                extra={"rule": problem.rule, "missing": list(problem.missing)},
            )  # fmt: skip

    def fits(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Raise Forbidden when a new row lies outside the editor's scope."""
        if scopes.refused(self.session, self.reader, self.layer, [{"id": n, **row} for n, row in enumerate(rows)]):
            raise Forbidden("这条记录不在您负责的村或项目内，请联系管理员")

    def unable(self, changes: Mapping[int, Mapping[str, Any]], note: str) -> dict[int, str]:
        """Features that these changes may not be made to, and why: outside the scope, or a forbidden step."""
        rows = self._rows(list(changes), lock=False)
        moved = [{**row, **changes[i]} for i, row in rows.items()]
        outside = scopes.refused(self.session, self.reader, self.layer, [*rows.values(), *moved])
        left = [row for i, row in rows.items() if i not in outside]
        problems = steps.refused_steps(self.session, self.layer, self.layers, left, changes, note)
        return {i: self._why(i, set(), outside, problems) or "" for i in rows if i in outside or i in problems}

    def removable(self, feature_id: int) -> None:
        """Raise when the editor may not remove a feature."""
        row = self._rows([feature_id], lock=False).get(feature_id)
        if row is None:
            raise NotFound("{title}中没有编号为 {id} 的要素", title=self.layer.title, id=feature_id)
        self.fits([row])

    def plan(self, ids: Sequence[int], changes: Mapping[str, Any], note: str, *, lock: bool = False) -> BulkPlan:
        """What a bulk change of these features to the same values can do."""
        rows = self._rows(ids, lock=lock)
        plan = BulkPlan()
        plan.refused += [Refusal(i, str(i), said("已不存在")) for i in ids if i not in rows]
        same = {i for i, row in rows.items() if all(row[n] == v for n, v in changes.items())}
        moved = [{**row, **changes} for row in rows.values()]
        outside = scopes.refused(self.session, self.reader, self.layer, [*rows.values(), *moved])
        left = [row for i, row in rows.items() if i not in same and i not in outside]
        each = {row["id"]: changes for row in left}
        problems = steps.refused_steps(self.session, self.layer, self.layers, left, each, note)
        for i, row in rows.items():
            why = self._why(i, same, outside, problems)
            if why is not None:
                plan.refused.append(Refusal(i, str(row[self.layer.key]), why))
            else:
                plan.ids.append(i)
                plan.weight += Decimal(row[self.layer.weight] or 0) if self.layer.weight else 0
        return plan

    def _why(self, i: int, same: set[int], outside: set[int], problems: Mapping[int, Any]) -> str | None:
        if i in same:
            return said("已是这个值")
        if i in outside:
            return said("不在您负责的村或项目内")
        return problems[i].message if i in problems else None

    def bulk(self, ids: Sequence[int], changes: Mapping[str, Any], deed: Deed, *, back: bool = False) -> BulkPlan:
        """Change many features to the same values in one operation; those that cannot are left and told.

        Going back to an earlier status is refused for many at once unless ``back`` says it is meant; then the note is the
        reason.
        """
        written = write.begin(self.session, self.layer, deed)
        plan = self.plan(ids, changes, deed.note if back else "", lock=True)
        if plan.ids:
            plan.written = write.revise_alike(self.session, self.layer, plan.ids, changes, deed, written)
        return plan

    def _rows(self, ids: Sequence[int], *, lock: bool) -> dict[int, dict[str, Any]]:
        columns = ", ".join(f'"{n}"' for n in ("id", *(n for n in self.layer.columns_by_name if n != "id")))
        query = f"SELECT {columns} FROM {self.layer.table.name} WHERE id = ANY(:ids) ORDER BY id"
        found = self.session.execute(text(query + (" FOR UPDATE" if lock else "")), {"ids": sorted(set(ids))})
        return {row["id"]: dict(row) for row in found.mappings()}

    def _not_stale(self, row: Mapping[str, Any], changes: Mapping[str, Any], version: int, *, merge: bool) -> None:
        base = self._version(row["id"], version)
        now = self._version(row["id"], row["version"])
        theirs = {n for n in now.properties if n not in KEPT and now.properties[n] != base.properties.get(n)}
        if now.geom_version > version:
            theirs.add("geom")
        both = sorted(theirs & set(changes))
        if merge and not both:
            return
        raise StaleFeature(
            "第 {version} 版之后 {by} 已修改，现在是第 {current} 版。请核对后再保存",
            version=version, by=now.by, current=row["version"],
            extra={
                "current": row["version"], "by": now.by, "at": now.at.isoformat(), "changed": sorted(theirs),
                "conflicts": [
                    {
                        "field": n, "title": self.layer.column_title(n) if n != "geom" else said("图形"),
                        "base": self._seen(n, base), "theirs": self._seen(n, now), "mine": _plain(changes[n]),
                    }
                    for n in both
                ],
            },
        )  # fmt: skip

    def _version(self, feature_id: int, version: int) -> Change:
        wanted = select(Change).where(
            Change.layer == self.layer.id, Change.feature_id == feature_id, Change.version == version
        )
        found = self.session.execute(wanted).scalar_one_or_none()
        if found is None:
            raise StaleFeature("没有第 {version} 版，请重新打开后再改", version=version)
        return found

    def _seen(self, name: str, change: Change) -> Any:
        if name == "geom":
            return self.session.execute(select(func.ST_AsGeoJSON(_outline_of(change)))).scalar_one()
        value = change.properties.get(name)
        return f"{str(value)[:1]}**" if value and name in self.layer.personal and not self.reader.personal else value


def _outline_of(change: Change) -> Any:
    return (
        select(Change.geom)
        .where(
            Change.layer == change.layer, Change.feature_id == change.feature_id, Change.version == change.geom_version
        )
        .scalar_subquery()
    )


def _plain(value: Any) -> Any:
    return (
        value if isinstance(value, (int, float, bool, type(None))) else None if isinstance(value, bytes) else str(value)
    )
