"""Hold what a run of training learned: how telling each level is, and what the data are like.

A kept model makes scores repeatable: a pair of records weighs the same in every run, whatever other records there are.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from customer360.identity.comparisons import COMPARISONS, FIRST, LAST
from customer360.identity.failures import IdentityError

Levels = Mapping[str, Mapping[str, float]]
"""Comparison -> level -> probability."""

NAMED = {"first": FIRST.name, "last": LAST.name}
"""Columns whose common values are counted."""
COMMON = 3
"""Names that fewer records carry are not kept: they count as rare."""
_FORMAT = 1


@dataclass(frozen=True)
class Model:
    """What was learned.

    ``m``, ``u``: how often a level is seen in two records of one person, and of two people. ``prior``: how common
    matches are among all pairs. ``twins``, ``namesakes``: whether homes may hold such pairs. ``records``: different
    records that it was learned from. ``names``: column (first, last) -> name -> records, of common names only;
    ``named``: column -> records that have a name.
    """

    m: Levels = field(
        default_factory=lambda: {c.name: {level.name: level.m for level in c.levels} for c in COMPARISONS}
    )
    u: Levels = field(
        default_factory=lambda: {c.name: {level.name: level.u for level in c.levels} for c in COMPARISONS}
    )
    prior: float = 0.001
    trained: bool = False
    twins: bool = True
    namesakes: bool = True
    records: int = 0
    names: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: {column: {} for column in NAMED})
    named: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(NAMED, 0))

    def weight(self, comparison: str, level: str) -> float:
        """Return the bits by which a level speaks for (or, negative, against) one person; 0 for missing."""
        if level not in self.m.get(comparison, {}):
            return 0.0
        return math.log2(self.m[comparison][level] / self.u[comparison][level])

    @property
    def shift(self) -> float:
        """Return the bits of the prior: how unlikely a match is before anything is compared."""
        return math.log2(self.prior / (1 - self.prior))

    @property
    def digest(self) -> str:
        """Return a short name of this very model."""
        text = json.dumps(self.document(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def document(self) -> dict[str, Any]:
        """Return the model as plain data, to keep in the project."""
        return {
            "format": _FORMAT,
            "trained": self.trained,
            "records": self.records,
            "prior": self.prior,
            "twins": self.twins,
            "namesakes": self.namesakes,
            "m": {name: dict(levels) for name, levels in self.m.items()},
            "u": {name: dict(levels) for name, levels in self.u.items()},
            "named": dict(self.named),
            "names": {column: dict(sorted(names.items())) for column, names in self.names.items()},
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Model:
        """Read a kept model; what it does not say is as documented. Errors: IdentityError for another format."""
        if document.get("format") != _FORMAT:
            raise IdentityError(
                "The kept model of identity resolution has another format.",
                next_step="Run `c360 identity train` to learn it again.",
            )
        default = cls()
        return cls(
            m=_filled(default.m, document["m"]),
            u=_filled(default.u, document["u"]),
            prior=float(document["prior"]),
            trained=bool(document["trained"]),
            twins=bool(document["twins"]),
            namesakes=bool(document["namesakes"]),
            records=int(document["records"]),
            names={column: {n: int(c) for n, c in document["names"][column].items()} for column in NAMED},
            named={column: int(document["named"][column]) for column in NAMED},
        )


def _filled(default: Levels, given: Mapping[str, Mapping[str, float]]) -> Levels:
    """Return probabilities of every comparison: given ones where their levels are those of today."""
    return {
        name: {level: float(given[name][level]) for level in levels}
        if set(given.get(name, {})) == set(levels)
        else levels
        for name, levels in default.items()
    }
