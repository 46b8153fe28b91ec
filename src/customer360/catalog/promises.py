"""Read how the service levels of contracts stood at the last build: how fresh and how old rows were."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.models.state import CHECK_LOG

if TYPE_CHECKING:
    from customer360.engines.base import Session

_SQL = (
    "WITH ranked AS (SELECT *, row_number() OVER (PARTITION BY table_schema, table_name, rule_id, column_name"
    f" ORDER BY started_at DESC) AS place FROM {CHECK_LOG.sql} WHERE rule_id LIKE 'sla%')"
    " SELECT table_schema || '.' || table_name AS port, rule_id, column_name, outcome, value, threshold FROM ranked"
    " WHERE place = 1 AND column_name IS NOT NULL ORDER BY 1, 2, 3"
)


@dataclass(frozen=True)
class Promise:
    """A service level on days. ``found``: the newest (``retention``: oldest) day; ``promised``: its limit."""

    property: str
    column: str
    found: str | None
    promised: str | None
    held: bool


def promises(session: Session | None) -> dict[str, tuple[Promise, ...]]:
    """Return the service levels that were proved, by table."""
    if session is None or CHECK_LOG not in session.relations():
        return {}
    found: dict[str, list[Promise]] = defaultdict(list)
    for row in session.query(_SQL).to_pylist():
        name = row["rule_id"].removeprefix("sla_").rpartition("_")[0]
        held = row["outcome"] == "passed"
        found[row["port"]].append(Promise(name, row["column_name"], row["value"], row["threshold"], held))
    return {port: tuple(each) for port, each in found.items()}
