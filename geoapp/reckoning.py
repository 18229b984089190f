"""What a layer declares about money: whose features are reckoned together, and the pure function that makes the lines.

No Flask and no Session: rates and facts come in, lines go out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One counted thing besides the features themselves: a table and code of the rates, how many, at which feature."""

    table: str
    code: str
    qty: Decimal
    feature: str
    unpaid: bool = False
    """Counted but not paid, as what was rushed up after the announcement."""


@dataclass(frozen=True, slots=True)
class Line:
    """One amount with everything it came from."""

    feature: str
    category: str
    item: str
    qty: Decimal
    unit: str
    price: Decimal
    factor: Decimal
    amount: Decimal
    payee: str
    basis: str
    counts: bool = True
    """False for amounts listed apart from the total."""


Rates = Mapping[str, Any]
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reckoning:
    """``together`` are the columns whose equal values make one household; ``holder`` names it; ``by`` are the references
    totals are shown by; ``tables`` the rate tables that items are chosen from; ``lines`` makes the lines, ``problems``
    says what is wrong with a book of rates. Both raise or return zh sentences.
    """

    holder: str
    together: tuple[str, ...]
    by: tuple[str, ...]
    tables: Mapping[str, str]
    payees: Mapping[str, str]
    lines: Callable[[Rates, Sequence[Facts], Sequence[Item]], list[Line]]
    problems: Callable[[Rates], list[str]]
    nobody: str = ""
    """Who is paid where a feature has no holder."""
    lists: tuple[str, ...] = ()
    """Columns of the rates that hold several values."""
    paid: frozenset[str] = field(default_factory=frozenset)
    part_paid: frozenset[str] = field(default_factory=frozenset)
    """Statuses of features that the demonstration town has paid for, and of those half paid."""
