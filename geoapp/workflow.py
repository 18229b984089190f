"""How a feature's status may go on: guards, needed data, statutory clocks. Declared by layers, judged here.

No Flask and no Session: facts come in, verdicts go out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geoapp.said import Said, said


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


@dataclass(frozen=True, slots=True)
class Need:
    """A step into one of ``to`` needs these columns filled."""

    to: frozenset[str]
    columns: tuple[str, ...]
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
        self, row: Mapping[str, Any], to: str, note: str, parents: Mapping[str, str | None]
    ) -> StepProblem | None:
        """Why ``row`` may not go to ``to``; ``parents`` maps reference columns to the referenced feature's status."""
        now = row["status"]
        if to == now:
            return None
        if to not in self.following.get(now, ()):
            return self._reversal(now, to, note)
        return self._guarded(to, parents) or self._lacking(row, to)

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
            if to in guard.to and stands is not None and stands not in guard.when:
                return StepProblem(said(guard.message), guard.rule)
        return None

    def _lacking(self, row: Mapping[str, Any], to: str) -> StepProblem | None:
        for need in self.workflow.needs:
            missing = tuple(n for n in need.columns if row.get(n) in (None, ""))
            if to in need.to and missing:
                names = "、".join(self.titles.get(n, n) for n in missing)
                return StepProblem(
                    said("改为“{to}”前先填：{names}", to=self.labels[to], names=names), need.rule, missing
                )
        return None


def statuses(*codes: str | Iterable[str]) -> frozenset[str]:
    """A set of status codes."""
    return frozenset(c for given in codes for c in ([given] if isinstance(given, str) else given))
