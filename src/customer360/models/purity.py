"""Find what makes a query's rows depend on when or where it runs: the clock, chance, the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLOCK: tuple[type[exp.Expr], ...] = (
    exp.CurrentDate,
    exp.CurrentDatetime,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.CurrentTimestampLTZ,
    exp.Localtime,
    exp.Localtimestamp,
    exp.Systimestamp,
    exp.UtcDate,
    exp.UtcTime,
    exp.UtcTimestamp,
)
_CLOCK_FUNCTIONS = frozenset(
    {
        "now", "today", "current_date", "current_time", "current_timestamp", "get_current_time",
        "get_current_timestamp", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "timeofday",
        "localtime", "localtimestamp", "current_localtime", "current_localtimestamp", "getdate", "sysdate",
        "unix_timestamp",
    }
)  # fmt: skip
_CLOCK_WORDS = frozenset({"now", "today", "tomorrow", "yesterday"})
_CHANCE: tuple[type[exp.Expr], ...] = (exp.Rand, exp.Randn, exp.Uuid, exp.TableSample, exp.Randstr)
_CHANCE_FUNCTIONS = frozenset(
    {"random", "rand", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "currval"}
)
_MACHINE: tuple[type[exp.Expr], ...] = (exp.CurrentUser, exp.SessionUser, exp.CurrentVersion)
_MACHINE_FUNCTIONS = frozenset(
    {"getenv", "current_setting", "version", "current_database", "current_schema", "txid_current"}
)
_MOMENTS = frozenset({exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.TIMESTAMPTZ})


def impurities(tree: exp.Expr) -> Iterator[tuple[exp.Expr, str, str]]:
    """Yield each offending node, what is wrong with it, and what to write instead."""
    for node in tree.walk():
        name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
        if isinstance(node, _CLOCK) or name in _CLOCK_FUNCTIONS or _clock_word(node) or _age_of_one(node):
            yield node, f"reads the wall clock ({_written(node)})", "Write as_of(): the day the project calls today."
        elif isinstance(node, _CHANCE) or name in _CHANCE_FUNCTIONS:
            yield (
                node,
                f"leaves its rows to chance ({_written(node)})",
                "Derive the value from a key, for example md5(id).",
            )
        elif isinstance(node, _MACHINE) or name in _MACHINE_FUNCTIONS:
            yield node, f"depends on where it runs ({_written(node)})", "Put the value into policies: of c360.yaml."


def _clock_word(node: exp.Expr) -> bool:
    """Say whether a node is ``'today'::DATE`` or the like."""
    if not isinstance(node, exp.Cast) or node.to.this not in _MOMENTS:
        return False
    return isinstance(node.this, exp.Literal) and node.this.name.strip().lower() in _CLOCK_WORDS


def _age_of_one(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == "age" and len(node.expressions) == 1


def _written(node: exp.Expr) -> str:
    return node.sql(dialect="duckdb").lower()
