"""Keep every version of a row: a changed row closes its version and opens the next (slowly changing dimension, type 2).

Source of the technique: Ralph Kimball, Margy Ross, The Data Warehouse Toolkit (2013), chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.errors import BuildFailed
from customer360.models.column_types import is_integer, normalised
from customer360.models.kinds.work import STAGE, Work
from customer360.names import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.engines.base import Column

OPEN_END = "DATE '9999-12-31'"


@dataclass(frozen=True)
class _History:
    """The table's columns in their roles, ready to stand in SQL."""

    work: Work
    columns: tuple[str, ...]
    """The model's own columns."""
    durable_type: str

    @property
    def tracked(self) -> tuple[str, ...]:
        config = self.work.node.config
        fixed = {*config.key, config.durable_key}
        return config.track or tuple(c for c in self.columns if c not in fixed)

    @property
    def overwritten(self) -> tuple[str, ...]:
        """Columns whose change makes no version: the current row takes the new value (type 1)."""
        config = self.work.node.config
        fixed = {*config.key, config.durable_key, *self.tracked}
        return tuple(c for c in self.columns if c not in fixed)

    @property
    def first_day(self) -> str:
        """Return SQL of the day since when the first version of a thing holds."""
        initial = self.work.node.config.initial_valid_from
        if initial not in self.columns:
            return f"DATE '{initial}'"
        return f"COALESCE(CAST(fresh.{quoted(initial)} AS DATE), DATE '1900-01-01')"

    def version_key(self, alias: str, since: str) -> str:
        """Return SQL of a version's key: a digest of the durable key and its first day, in the durable key's type."""
        config = self.work.node.config
        named = [config.durable_key] if config.durable_key else list(config.key)
        parts = [f"CAST({alias}.{quoted(c)} AS VARCHAR)" for c in named]
        text = " || '|' || ".join([*parts, f"CAST({since} AS VARCHAR)"])
        if is_integer(self.durable_type):
            return f"CAST('0x' || LEFT(MD5({text}), 15) AS BIGINT)"
        return f"MD5({text})"

    def rows(self, since: str) -> str:
        """Return the SELECT list of staged rows as new versions that hold since a date."""
        config = self.work.node.config
        listed = [f"fresh.{quoted(c)}" for c in self.columns]
        if config.version_key:
            listed.append(f"{self.version_key('fresh', since)} AS {quoted(config.version_key)}")
        listed += [
            f"{since} AS {quoted(config.valid_from)}",
            f"{OPEN_END} AS {quoted(config.valid_to)}",
            f"TRUE AS {quoted(config.is_current)}",
        ]
        return ", ".join(listed)


def build(work: Work) -> int | None:
    """Bring the history up to the as-of date and return its rows (all versions).

    The SELECT yields the present state, one row per key. A row whose tracked columns differ from its current version
    closes that version the day before and opens one from the as-of date on (``valid_to`` is the first day on which a
    version no longer holds); a key seen for the first time holds since ``initial_valid_from``. The current row carries
    the durable key; a closed one gets its version key instead.
    BuildFailed when the as-of date lies before a version that is already there.
    """
    columns = work.publication.describe(work.translated(f"SELECT * FROM {work.fresh}"))
    history = _history_of(work, columns)
    if work.from_zero:
        select = work.translated(beginning(work, columns))
        work.publication.create_table_as(work.node.relation, select, types=work.types)
    else:
        _refuse_the_past(history)
        _continue(history)
    return work.count()


def go_on(work: Work) -> None:
    """Bring a history that is there up to the as-of date, which is not before any of its versions."""
    _continue(_history_of(work, work.publication.describe(work.translated(f"SELECT * FROM {work.fresh}"))))


def _history_of(work: Work, columns: Sequence[Column]) -> _History:
    names = tuple(column.name for column in columns)
    _require(work, names)
    durable = work.node.config.durable_key
    durable_type = next((c.type for c in columns if c.name == durable), "VARCHAR")
    if is_integer(durable_type) and normalised(durable_type, work.dialect) not in {"BIGINT", "HUGEINT"}:
        raise BuildFailed(
            f"The durable key {durable} of {work.node.relation} is {durable_type}; "
            "the keys of closed versions need BIGINT.",
            place=work.node.model.place,
            next_step=f"Write CAST({durable} AS BIGINT) AS {durable}, and BIGINT in its contract.",
        )
    return _History(work, names, durable_type)


def _require(work: Work, names: Sequence[str]) -> None:
    config = work.node.config
    wanted = [*config.key, *config.track, *([config.durable_key] if config.durable_key else [])]
    missing = [name for name in wanted if name not in names]
    taken = [name for name in config.version_columns if name in names]
    if missing or taken:
        what = (
            f"does not yield {', '.join(missing)}" if missing else f"yields {', '.join(taken)}, which scd2 adds itself"
        )
        raise BuildFailed(f"The history {work.node.relation} {what}.", place=work.node.model.place)


def beginning(work: Work, columns: Sequence[Column]) -> str:
    """Return the SELECT (DuckDB's dialect) of a history's first versions; ``columns`` are those of the model's own."""
    durable = work.node.config.durable_key
    type_ = next((c.type for c in columns if c.name == durable), "VARCHAR")
    history = _History(work, tuple(column.name for column in columns), type_)
    return f"SELECT {history.rows(history.first_day)} FROM {work.fresh}"


def _refuse_the_past(history: _History) -> None:
    work = history.work
    later = work.publication.query(f"SELECT MAX({quoted(work.node.config.valid_from)}) AS newest FROM {work.table}")
    newest = later.column(0)[0].as_py()
    if newest is not None and newest > work.as_of:
        raise BuildFailed(
            f"The history {work.node.relation} goes up to {newest}, later than the as-of date {work.as_of}.",
            place=work.node.model.place,
            next_step="Build with a later as-of date, or begin the history anew: c360 build --full.",
        )


def _continue(history: _History) -> None:
    work, config = history.work, history.work.node.config
    today = f"DATE '{work.as_of.isoformat()}'"
    current, since = quoted(config.is_current), quoted(config.valid_from)
    same = _same_key(work, "old")
    differs = " OR ".join(f"fresh.{quoted(c)} IS DISTINCT FROM old.{quoted(c)}" for c in history.tracked) or "FALSE"
    joined = f"{work.fresh} LEFT JOIN {work.table} AS old ON {same} AND old.{current}"
    work.stage(work.translated(f"SELECT fresh.* FROM {joined} WHERE old.{quoted(config.key[0])} IS NULL OR {differs}"))
    keys = f"SELECT 1 FROM {STAGE} AS fresh WHERE {_same_key(work, work.table)}"
    # A version that began on this very day is replaced, not closed: the same day twice leaves one version.
    work.publication.execute(
        work.translated(f"DELETE FROM {work.table} WHERE {current} AND {since} = {today} AND EXISTS ({keys})")
    )
    _close(history, f"EXISTS ({keys})")
    if config.expire_missing:
        _close(history, f"NOT EXISTS (SELECT 1 FROM {work.fresh} WHERE {_same_key(work, work.table)})")
    names = [*history.columns, *config.version_columns]
    # What is seen for the first time held before today, too: late facts find a version.
    known = f"EXISTS (SELECT 1 FROM {work.table} WHERE {_same_key(work, work.table)})"
    listed = history.rows(f"CASE WHEN {known} THEN {today} ELSE {history.first_day} END")
    work.publication.insert_select(work.node.relation, work.translated(f"SELECT {listed} FROM {STAGE} AS fresh"), names)
    work.unstage()
    _overwrite(history, same)


def _same_key(work: Work, other: str) -> str:
    """Return the condition that a fresh row and one of ``other`` are versions of the same thing."""
    return " AND ".join(f"fresh.{quoted(c)} = {other}.{quoted(c)}" for c in work.node.config.key)


def _close(history: _History, condition: str) -> None:
    """End the current versions that a condition picks, at the as-of date."""
    work, config = history.work, history.work.node.config
    today = f"DATE '{work.as_of.isoformat()}'"
    changes = [f"{quoted(config.valid_to)} = {today}", f"{quoted(config.is_current)} = FALSE"]
    if config.durable_key:
        own = (
            quoted(config.version_key)
            if config.version_key
            else history.version_key(work.table, quoted(config.valid_from))
        )
        changes.append(f"{quoted(config.durable_key)} = {own}")
    work.publication.execute(
        work.translated(
            f"UPDATE {work.table} SET {', '.join(changes)} WHERE {quoted(config.is_current)} AND {condition}"
        )
    )


def _overwrite(history: _History, same: str) -> None:
    """Give current rows the new values of columns that make no version, where they differ."""
    work, config = history.work, history.work.node.config
    if not history.overwritten:
        return
    changes = ", ".join(f"{quoted(c)} = fresh.{quoted(c)}" for c in history.overwritten)
    differs = " OR ".join(f"fresh.{quoted(c)} IS DISTINCT FROM old.{quoted(c)}" for c in history.overwritten)
    work.publication.execute(
        work.translated(
            f"UPDATE {work.table} AS old SET {changes} FROM {work.fresh} "
            f"WHERE {same} AND old.{quoted(config.is_current)} AND ({differs})"
        )
    )
