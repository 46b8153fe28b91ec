"""Count who reads which port how often, from the history: queries and rows per consumer and day."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from customer360.governance.state import stamp

if TYPE_CHECKING:
    from customer360.governance.ports import Port
    from customer360.governance.records import Actor
    from customer360.governance.state import State

DAYS = 30
ANYBODY = "somebody"
"""Who reads, for those who may not see names."""


@dataclass(frozen=True)
class Use:
    """What one consumer read of one port on one day."""

    day: date
    port: str
    consumer: str
    queries: int
    rows: int


def usage(state: State, port: str | None = None, *, days: int = DAYS) -> tuple[Use, ...]:
    """Return the use of a port (of every port) in the last days, today included, newest day first.

    Only accounts are counted: who sits at a machine without accounts is not in the history.
    """
    first = (state.clock() - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = state.rows(
        "SELECT at, actor, subject, detail FROM event WHERE action = 'data.read' AND at >= ?", (stamp(first),)
    )
    queries: dict[tuple[str, str, str], int] = defaultdict(int)
    read: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in rows:
        for name in row["subject"].split(","):
            if name != "-" and port in (None, name):
                key = (row["at"][:10], name, row["actor"])
                queries[key] += 1
                read[key] += int(json.loads(row["detail"]).get("rows", 0))
    order = sorted(queries, key=lambda key: (-date.fromisoformat(key[0]).toordinal(), key[1], key[2]))
    return tuple(
        Use(date.fromisoformat(day), name, who, queries[key], read[key]) for key in order for day, name, who in [key]
    )


def seen_by(uses: tuple[Use, ...], who: Actor, ports: dict[str, Port]) -> tuple[Use, ...]:
    """Return what somebody may see: consumers by name on their own ports and to those who read the history.

    To everybody else a day is one line without names.
    """
    if who.is_operator or {"admin", "privacy_officer"}.intersection(who.roles):
        return uses
    shown: list[Use] = []
    rest: dict[tuple[date, str], tuple[int, int]] = {}
    for use in uses:
        if use.consumer == who.name or (use.port in ports and who.owns(ports[use.port])):
            shown.append(use)
        else:
            queries, rows = rest.get((use.day, use.port), (0, 0))
            rest[use.day, use.port] = (queries + use.queries, rows + use.rows)
    shown += [Use(day, port, ANYBODY, *counts) for (day, port), counts in rest.items()]
    return tuple(sorted(shown, key=lambda use: (-use.day.toordinal(), use.port, use.consumer)))
