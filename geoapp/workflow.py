"""How a feature's status may go on: guards, needed data, statutory clocks. Declared by layers, judged here.

No Flask and no Session: facts come in, verdicts go out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from geoapp import workdays
from geoapp.said import Said, said


@dataclass(frozen=True, slots=True)
class Only:
    """Features whose ``column`` holds one of ``values``."""

    column: str
    values: frozenset[Any]

    def fits(self, row: Mapping[str, Any]) -> bool:
        return row.get(self.column) in self.values


@dataclass(frozen=True, slots=True)
class Guard:
    """A step into one of ``to`` needs the referenced feature to stand in one of ``when``.

    ``column`` is the reference; a feature without that reference is not guarded. ``rule`` names the source.
    """

    to: frozenset[str]
    column: str
    when: frozenset[str]
    message: str
    rule: str = ""
    where: Only | None = None
    """Guards only features whose referenced feature is of this kind."""


class Standing(str):
    """A referenced feature's status, with the columns of it that guards ask about."""

    __slots__ = ("facts",)

    facts: Mapping[str, Any]

    def __new__(cls, status: str, facts: Mapping[str, Any]) -> Standing:
        made = super().__new__(cls, status)
        made.facts = facts
        return made


@dataclass(frozen=True, slots=True)
class Need:
    """A step into one of ``to`` needs these columns filled."""

    to: frozenset[str]
    columns: tuple[str, ...]
    rule: str = ""
    only: Only | None = None
    """Asked only of features of this kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A step into one of ``to`` is open only to features of a kind."""

    to: frozenset[str]
    only: Only
    message: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """A step into one of ``to`` must lie more than ``days`` after the day in ``since``; its own day stands in ``on``."""

    to: frozenset[str]
    since: str
    on: str
    days: int
    message: str
    rule: str = ""
    only: Only | None = None


@dataclass(frozen=True, slots=True)
class OfficeDay:
    """The day in ``on`` of a step into one of ``to`` must be a working day (weekends, holidays and 调休 observed)."""

    to: frozenset[str]
    on: str
    message: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """A step into one of ``to`` is held while a feature of ``layer`` whose ``by`` names this one stands in one of ``within``."""

    to: frozenset[str]
    layer: str
    by: str
    within: frozenset[str]
    message: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """A feature in one of ``within`` should leave it after ``days`` from the day in ``since``.

    ``working`` counts working days (with the State Council's 调休), otherwise calendar days; ``column`` names a column with
    the deadline itself instead.
    """

    within: frozenset[str]
    title: str
    days: int = 0
    since: str = ""
    working: bool = False
    column: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Workflow:
    """What a layer declares besides its statuses and their ``next``."""

    guards: tuple[Guard, ...] = ()
    needs: tuple[Need, ...] = ()
    kinds: tuple[Kind, ...] = ()
    waits: tuple[Wait, ...] = ()
    office_days: tuple[OfficeDay, ...] = ()
    holds: tuple[Hold, ...] = ()
    clocks: tuple[Clock, ...] = ()
    disputed: frozenset[str] = frozenset()
    """Statuses the queue shows as disputed."""


@dataclass(frozen=True, slots=True)
class StepProblem:
    """Why a step is refused, the rule behind it, and the columns that are missing."""

    message: Said
    rule: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """A layer's statuses as a graph with its workflow; ``titles`` names columns for messages."""

    following: Mapping[str, Sequence[str]]
    labels: Mapping[str, str]
    workflow: Workflow
    titles: Mapping[str, str] = field(default_factory=dict)

    def before(self, status: str) -> frozenset[str]:
        """Statuses from which ``status`` can be reached: going back to one of them is a reversal."""
        found: set[str] = set()
        fresh = {status}
        while fresh:
            fresh = {s for s, nexts in self.following.items() if fresh & set(nexts)} - found
            found |= fresh
        return frozenset(found)

    def refused(
        self,
        row: Mapping[str, Any],
        to: str,
        note: str,
        parents: Mapping[str, str | None],
        held: Collection[Hold] = (),
    ) -> StepProblem | None:
        """Why ``row`` may not go to ``to``.

        ``parents`` maps reference columns to the referenced feature's status; ``held`` are the holds that stand for this row.
        """
        now = row["status"]
        if to == now:
            return None
        if to not in self.following.get(now, ()):
            return self._reversal(now, to, note)
        return (
            self._guarded(to, parents)
            or self._of_another_kind(row, to)
            or self._lacking(row, to)
            or self._too_early(row, to)
            or self._on_a_day_off(row, to)
            or next((StepProblem(said(h.message), h.rule) for h in held if to in h.to), None)
        )

    def _of_another_kind(self, row: Mapping[str, Any], to: str) -> StepProblem | None:
        for kind in self.workflow.kinds:
            if to in kind.to and not kind.only.fits(row):
                return StepProblem(said(kind.message), kind.rule)
        return None

    def _too_early(self, row: Mapping[str, Any], to: str) -> StepProblem | None:
        for wait in self.workflow.waits:
            since, on = row.get(wait.since), row.get(wait.on)
            if to not in wait.to or since is None or on is None or (wait.only and not wait.only.fits(row)):
                continue
            ends = workdays.after_days(since, wait.days)
            if on <= ends:
                return StepProblem(said(wait.message, day=_day(ends)), wait.rule)
        return None

    def _on_a_day_off(self, row: Mapping[str, Any], to: str) -> StepProblem | None:
        for asked in self.workflow.office_days:
            on = row.get(asked.on)
            if to in asked.to and on is not None and not workdays.is_workday(on):
                return StepProblem(said(asked.message, day=_day(on)), asked.rule)
        return None

    def _reversal(self, now: str, to: str, note: str) -> StepProblem | None:
        """Back is a new event with a reason (Civil Code art. 147 ff. on revoking; archives keep both)."""
        if to in self.before(now):
            if note.strip():
                return None
            return StepProblem(said("从“{now}”退回“{to}”要写明原因", now=self.labels[now], to=self.labels[to]))
        nexts = "、".join(self.labels[s] for s in self.following.get(now, ())) or "—"
        message = said(
            "“{now}”不能直接改为“{to}”，下一步可以是：{nexts}", now=self.labels[now], to=self.labels[to], nexts=nexts
        )
        return StepProblem(message)

    def _guarded(self, to: str, parents: Mapping[str, str | None]) -> StepProblem | None:
        for guard in self.workflow.guards:
            stands = parents.get(guard.column)
            if guard.where and not guard.where.fits(getattr(stands, "facts", {})):
                continue
            if to in guard.to and stands is not None and stands not in guard.when:
                return StepProblem(said(guard.message), guard.rule)
        return None

    def _lacking(self, row: Mapping[str, Any], to: str) -> StepProblem | None:
        for need in self.workflow.needs:
            if to not in need.to or (need.only and not need.only.fits(row)):
                continue
            missing = tuple(n for n in need.columns if row.get(n) in (None, ""))
            if missing:
                names = "、".join(self.titles.get(n, n) for n in missing)
                return StepProblem(
                    said("改为“{to}”前先填：{names}", to=self.labels[to], names=names), need.rule, missing
                )
        return None


def _day(day: date) -> str:
    return day.isoformat()


def statuses(*codes: str | Iterable[str]) -> frozenset[str]:
    """A set of status codes."""
    return frozenset(c for given in codes for c in ([given] if isinstance(given, str) else given))
