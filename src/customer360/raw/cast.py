"""Give rows the types of their contract and tell good rows from bad ones, chunk by chunk, in a scratch DuckDB."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from customer360.errors import ProjectError
from customer360.names import quoted, text_literal
from customer360.raw.checks import Check
from customer360.raw.chunk import BAD_ROWS, CastChunk
from customer360.raw.plan import LandingColumn, Plan

_DECIMAL = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")
_MAX_PRECISION = 38
_INTEGERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"})
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_HAS_ZONE = "length({0}) > 10 AND regexp_matches(substr({0}, 11), '[^0-9:.ZT ]')"


class Caster:
    """Casts the chunks of one table. ``keyed`` adds the key as text (``_row_key``) to good rows too."""

    def __init__(
        self, scratch: duckdb.DuckDBPyConnection, plan: Plan, source_types: Mapping[str, str], *, keyed: bool
    ) -> None:
        self._scratch = scratch
        self._plan = plan
        self._sources = source_types
        self._casts = [cast_of(column, self._sources) for column in plan.columns]
        checks = [check for cast in self._casts for check in cast.checks]
        self._checks: tuple[Check, ...] = (*checks, *plan.checks)
        self._keyed = keyed
        self._sql = self._statement()
        self._kept: pa.Schema | None = None
        """Names and types of good rows where Arrow can make them of the source's without touching a value."""

    def cast(self, chunk: pa.Table) -> CastChunk:
        """Return a chunk's rows, cast and sorted out."""
        self._scratch.register("chunk", chunk)
        if self._kept is not None:  # judging rows costs a third of handing them through DuckDB
            judged = self._scratch.execute(f"SELECT count(_rejected), sum(_hash) FROM ({self._sql})").fetchone()
            if judged is not None and not judged[0]:
                return CastChunk(self._as_kept(chunk, self._kept), BAD_ROWS.empty_table(), int(judged[1] or 0), {})
        return self._sorted_out()

    def _sorted_out(self) -> CastChunk:
        found = self._scratch.execute(self._sql).to_arrow_table()
        hashes = pc.sum(found["_hash"]).as_py() or 0  # wraps at 2**64, which is what a digest wants
        hidden = ["_hash", "_rejected", "_row_json", *([] if self._keyed else ["_row_key"])]
        if found["_rejected"].null_count == found.num_rows:
            return CastChunk(found.drop_columns(hidden), BAD_ROWS.empty_table(), hashes, {})
        is_good = pc.is_null(found["_rejected"])
        bad = found.filter(pc.invert(is_good))
        checks = [self._checks[number] for number in bad["_rejected"].to_pylist()]
        named = pa.table(
            [
                pa.array([check.column for check in checks], pa.string()),
                pa.array([check.reason for check in checks], pa.string()),
                bad["_row_key"],
                bad["_row_json"],
            ],
            schema=BAD_ROWS,
        )
        reasons = Counter(f"{check.column} {check.reason}" for check in checks)
        return CastChunk(found.filter(is_good).drop_columns(hidden), named, hashes, reasons)

    def _statement(self) -> str:
        """Return the query: source columns numbered, cast under their landing names, then judged."""
        numbered = list(self._sources)
        sources = ", ".join(f"{quoted(name)} AS {_numbered(number)}" for number, name in enumerate(numbered))
        casts = ", ".join(f"{cast.sql(numbered)} AS {quoted(cast.column.name)}" for cast in self._casts)
        names = ", ".join(quoted(column.name) for column in self._plan.columns)
        whens = " ".join(f"WHEN {c.sql} THEN {number}" for number, c in enumerate(self._renumbered(numbered)))
        rejected = f"CASE {whens} END" if whens else "NULL::INTEGER"
        row = ", ".join(f"{text_literal(name)}: {_numbered(number)}" for number, name in enumerate(numbered))
        row_key = self._row_key()
        return f"""
            SELECT *, hash({names}, _rejected, _row_json) AS _hash
            FROM (
                SELECT {names}, _rejected,
                    {row_key if self._keyed else f"CASE WHEN _rejected IS NOT NULL THEN {row_key} END"} AS _row_key,
                    CASE WHEN _rejected IS NOT NULL THEN CAST(to_json({{{row}}}) AS VARCHAR) END AS _row_json
                FROM (
                    SELECT *, {rejected} AS _rejected FROM (
                        SELECT *, {casts} FROM (SELECT {sources} FROM chunk)
                    )
                )
            )
        """

    def _row_key(self) -> str:
        key = [name for name in self._plan.types if name.casefold() in {k.casefold() for k in self._plan.table.key}]
        texts = ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in key)
        return f"CAST(to_json([{texts}]) AS VARCHAR)" if texts else "NULL::VARCHAR"

    def _renumbered(self, numbered: list[str]) -> Iterator[Check]:
        for check in self._checks:
            yield Check(check.column, check.reason, check.sql.replace("{source}", self._source_of(check, numbered)))

    def _source_of(self, check: Check, numbered: list[str]) -> str:
        source = next((c.source for c in self._plan.columns if c.name == check.column), None)
        return _numbered(numbered.index(source)) if source else "NULL"

    def tried_out(self, schema: pa.Schema) -> CastChunk:
        """Cast no rows, so that a rule's bad pattern or value is told before anything is read."""
        try:
            for check in self._checks:
                if "regexp_matches(" in check.sql and "{source}" not in check.sql:
                    self._scratch.execute(f"SELECT {check.sql} FROM (SELECT 'x' AS {quoted(check.column)})").fetchall()
            tried = self.cast(schema.empty_table())
        except duckdb.Error as error:
            raise ProjectError(
                f"The contract of {self._plan.table.source}.{self._plan.table.name} has a rule or type"
                f" that cannot be applied to its rows: {str(error).split(chr(10), 1)[0]}.",
                place=self._plan.table.place,
                next_step="Correct the contract's types, bounds and patterns (RE2 syntax).",
            ) from None
        if not self._keyed and all(cast.keeps(schema, tried.good.schema) for cast in self._casts):
            self._kept = tried.good.schema
        return tried

    def _as_kept(self, chunk: pa.Table, wanted: pa.Schema) -> pa.Table:
        arrays = [chunk[column.source] for column in self._plan.columns if column.source is not None]
        return pa.Table.from_arrays(
            [array.cast(field.type) for array, field in zip(arrays, wanted, strict=True)], schema=wanted
        )


@dataclass(frozen=True)
class Cast:
    """How one column gets its type. ``template`` holds {source}; ``checks`` say when that failed."""

    column: LandingColumn
    template: str
    checks: tuple[Check, ...] = ()

    def sql(self, numbered: list[str]) -> str:
        """Return the expression over numbered source columns."""
        if self.column.source is None:
            return self.template
        return self.template.replace("{source}", _numbered(numbered.index(self.column.source)))

    def keeps(self, given: pa.Schema, made: pa.Schema) -> bool:
        """Say whether Arrow casts as DuckDB does: nothing changes, or a whole number gets another width."""
        if self.column.source is None:
            return False
        before, after = given.field(self.column.source).type, made.field(self.column.name).type
        is_number = pa.types.is_integer(before) and pa.types.is_integer(after)
        return is_number or (self.template == "{source}" and bool(before == after))


def cast_of(column: LandingColumn, sources: Mapping[str, str]) -> Cast:
    """Return how a column is cast. A value that would lose something (digits, a time of day) is a failed cast."""
    wanted = column.type
    if column.source is None:
        return Cast(column, f"CAST(NULL AS {wanted})")
    given = sources[column.source]
    if given == wanted or (wanted.startswith("VARCHAR") and given == "VARCHAR"):
        return Cast(column, "{source}")
    value = "NULLIF({source}, '')" if given == "VARCHAR" and not wanted.startswith("VARCHAR") else "{source}"
    if given == "VARCHAR" and wanted == "TIMESTAMP":
        moment = f"TRY_CAST({value} AS TIMESTAMP WITH TIME ZONE) AT TIME ZONE 'UTC'"
        template = f"CASE WHEN {_HAS_ZONE.format('{source}')} THEN {moment} ELSE TRY_CAST({value} AS TIMESTAMP) END"
    elif given == "VARCHAR" and ("[" in wanted or wanted.startswith(("STRUCT", "MAP"))):
        template = f"TRY_CAST(TRY_CAST({value} AS JSON) AS {wanted})"
    else:
        template = f"TRY_CAST({value} AS {wanted})"
    name = quoted(column.name)
    failed = f"({value} IS NOT NULL AND {name} IS NULL)"
    lost = _lost(name, value, given, wanted)
    return Cast(column, template, (Check(column.name, f"is no {wanted}", f"{failed} OR {lost}" if lost else failed),))


def _lost(name: str, value: str, given: str, wanted: str) -> str | None:
    """Return the condition under which a cast that worked dropped something; None when it cannot."""
    if wanted == "DATE" and (given == "VARCHAR" or given.startswith("TIMESTAMP")):
        return f"TRY_CAST({value} AS TIMESTAMP) <> CAST({name} AS TIMESTAMP)"
    decimal = _DECIMAL.fullmatch(wanted)
    if wanted in _INTEGERS or decimal:
        if given in _FLOATS:  # binary fractions are rounded to the scale, whole numbers must be whole
            return None if decimal else f"{value} <> {name}"
        if given.startswith("DECIMAL"):
            return f"{value} <> {name}"
        if given == "VARCHAR":
            return _digits_lost(name, value, int(decimal[1]) if decimal else 28, int(decimal[2]) if decimal else 0)
    return None


def _digits_lost(name: str, value: str, precision: int, scale: int) -> str:
    """Return the condition under which a number written as text has digits beyond its scale."""
    more = 10
    if precision + more <= _MAX_PRECISION:
        return f"TRY_CAST({value} AS DECIMAL({precision + more}, {scale + more})) <> {name}"
    return f"regexp_matches({value}, '[.][0-9]{{{scale}}}[0-9]*[1-9]')"


def _numbered(number: int) -> str:
    return f"_source_{number}_"
