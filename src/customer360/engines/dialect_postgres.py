"""Rewrite what PostgreSQL (16 or newer, or 15 with ``postgres_older.py``) writes in another way than DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.engines.dialect_rules import (
    Rule,
    Type,
    Unportable,
    cast,
    extract,
    function,
    in_window,
    is_double,
    is_hash_number,
    known_part,
    not_zero,
    paren,
    percentile_share,
    text_of,
)
from customer360.engines.dialect_shared import (
    array_rules,
    clock_format,
    expand_group_all,
    known_join,
    local_time,
    one_of_list,
    same,
    series_bounds,
    span,
)
from customer360.engines.dialect_words import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
_DAY = r"^\s*\d{4}-\d{1,2}-\d{1,2}"


def _raw(sql: str, **parts: exp.Expr) -> exp.Expr:
    """Return PostgreSQL text as a tree, with trees put in for its ``:names``."""
    tree: exp.Expr = exp.maybe_parse(sql, dialect="postgres")
    return exp.replace_placeholders(tree, **{name: part.copy() for name, part in parts.items()})


def _at_time_zone(node: Any) -> exp.Expr:
    local_time(node)
    return same(node)


def _extract(node: Any) -> exp.Expr:
    part = known_part(node)
    if part == "EPOCH":
        return cast(node.copy(), Type.DOUBLE)
    inner: exp.Expr = node.copy()
    if part == "SECOND":
        inner = exp.Floor(this=inner)
    return cast(inner, Type.BIGINT)


def _date_diff(node: Any) -> exp.Expr:
    start, end = node.expression, node.this
    unit = (node.args.get("unit") or exp.var("DAY")).name.upper()
    if unit in {"DAY", "WEEK"}:
        days = _raw("(CAST(:b AS DATE) - CAST(:a AS DATE))", a=start, b=end)
        return cast(days if unit == "DAY" else exp.Paren(this=_raw(":d / 7", d=days)), Type.BIGINT)
    if unit in {"YEAR", "QUARTER", "MONTH"}:
        years = "(EXTRACT(YEAR FROM CAST(:b AS DATE)) - EXTRACT(YEAR FROM CAST(:a AS DATE)))"
        if unit == "YEAR":
            return cast(_raw(years, a=start, b=end), Type.BIGINT)
        scale = 4 if unit == "QUARTER" else 12
        rest = f"EXTRACT({unit} FROM CAST(:b AS DATE)) - EXTRACT({unit} FROM CAST(:a AS DATE))"
        return cast(_raw(f"({years} * {scale} + {rest})", a=start, b=end), Type.BIGINT)
    seconds = {"HOUR": 3600, "MINUTE": 60, "SECOND": 1}.get(unit)
    if seconds is None:
        raise Unportable(f"date_diff('{unit.lower()}')", "Use year, quarter, month, week, day, hour, minute or second.")
    cut = f"DATE_TRUNC('{unit}', CAST(:b AS TIMESTAMP)) - DATE_TRUNC('{unit}', CAST(:a AS TIMESTAMP))"
    return cast(_raw(f"(EXTRACT(EPOCH FROM ({cut})) / {seconds})", a=start, b=end), Type.BIGINT)


def _date_trunc(node: Any) -> exp.Expr:
    # PostgreSQL would make a moment with time zone of a date; DuckDB makes a plain timestamp of both
    return function(
        "DATE_TRUNC", exp.Literal.string(node.text("unit").lower()), cast(node.this.copy(), Type.TIMESTAMPNTZ)
    )


def _interval(node: Any) -> exp.Expr:
    amount, unit = span(node)
    if amount is None:
        return same(node)
    return exp.Paren(this=exp.Mul(this=paren(amount.copy()), expression=_raw(f"INTERVAL '1 {unit.lower()}'")))


def _date_add(node: Any) -> exp.Expr:
    step = node.expression
    if not isinstance(step, exp.Interval | exp.Paren | exp.Mul):
        raise Unportable("date_add() without an interval", "Write date_add(d, INTERVAL 3 DAY).")
    return exp.Paren(this=exp.Add(this=node.this.copy(), expression=step.copy()))


def _generate_series(node: Any) -> exp.Expr:
    start, end, step, exclusive, dated = series_bounds(node)
    if dated:
        bounds: list[exp.Expr] = [cast(start.copy(), Type.TIMESTAMPNTZ), cast(end.copy(), Type.TIMESTAMPNTZ)]
        if exclusive:
            bounds[1] = exp.Sub(this=bounds[1], expression=_raw("INTERVAL '1 microsecond'"))
        return function("GENERATE_SERIES", *bounds, step or _raw("INTERVAL '1 day'"))
    if exclusive:
        end = exp.Sub(this=paren(end.copy()), expression=exp.Literal.number(1))
    return function("GENERATE_SERIES", start, end, *([step] if step else []))


def _percentile(name: str) -> Rule:
    def rule(node: Any) -> exp.Expr:
        if in_window(node):
            raise Unportable(f"{name.lower()}() over a window", "Compute it with GROUP BY and join it back.")
        share = percentile_share(node)
        ordered = exp.Order(expressions=[exp.Ordered(this=node.this.copy(), nulls_first=False)])
        return exp.WithinGroup(this=function(name, share), expression=ordered)

    return rule


def _json(node: Any) -> exp.Expr:
    keys = []
    path = node.expression
    for step in path.expressions if isinstance(path, exp.JSONPath) else [None]:
        if isinstance(step, exp.JSONPathKey):
            keys.append(exp.Literal.string(step.name))
        elif isinstance(step, exp.JSONPathSubscript):
            keys.append(exp.Literal.string(str(step.this)))
        elif not isinstance(step, exp.JSONPathRoot):
            raise Unportable("A JSON path with wildcards or computed parts", "Write a literal path such as '$.a.b'.")
    called = "JSON_EXTRACT_PATH_TEXT" if isinstance(node, exp.JSONExtractScalar) else "JSON_EXTRACT_PATH"
    return function(called, cast(node.this.copy(), Type.JSON), *keys)


def _array_length_of_json(node: Any) -> exp.Expr:
    if node.name.lower() != "json_array_length":
        return same(node)
    return cast(function("JSON_ARRAY_LENGTH", cast(node.expressions[0].copy(), Type.JSON)), Type.BIGINT)


def _best(order: bool) -> Rule:
    def rule(node: Any) -> exp.Expr:
        if in_window(node):
            raise Unportable("arg_max() or arg_min() over a window", "Use first_value() with ORDER BY.")
        way = "DESC" if order else "ASC"
        return _raw(
            f"(ARRAY_AGG(:x ORDER BY :y {way}) FILTER (WHERE :x IS NOT NULL AND :y IS NOT NULL))[1]",
            x=node.this, y=node.expression,
        )  # fmt: skip

    return rule


def _any_value(node: Any) -> exp.Expr:
    if in_window(node):
        raise Unportable("any_value() over a window", "Use first_value() with ORDER BY.")
    return _raw("(ARRAY_AGG(:x) FILTER (WHERE :x IS NOT NULL))[1]", x=node.this)


def _count_if(node: Any) -> exp.Expr:
    return exp.Count(this=exp.Case(ifs=[exp.If(this=node.this.copy(), true=exp.Literal.number(1))]))


def _avg(node: Any) -> exp.Expr:
    return same(node) if isinstance(node.this, exp.Distinct) else exp.Avg(this=cast(node.this.copy(), Type.DOUBLE))


def _div(node: Any) -> exp.Expr:
    divisor = not_zero(node.expression.copy())
    return exp.Div(this=cast(node.this.copy(), Type.DOUBLE), expression=paren(divisor), typed=True)


def _int_div(node: Any) -> exp.Expr:
    divided = function(
        "DIV", cast(node.this.copy(), Type.DECIMAL), cast(not_zero(node.expression.copy()), Type.DECIMAL)
    )
    return cast(divided, Type.BIGINT)


def _mod(node: Any) -> exp.Expr:
    return exp.Mod(this=node.this, expression=paren(not_zero(node.expression.copy())))


def _round(node: Any) -> exp.Expr:
    places = node.args.get("decimals")
    # PostgreSQL rounds doubles half to even and cannot round them to places; as numeric it rounds like DuckDB
    return function("ROUND", _raw("CAST(:x AS NUMERIC)", x=node.this), *([places] if places is not None else []))


def _log(node: Any) -> exp.Expr:
    if node.expression is None:
        return function("LOG", cast(node.this.copy(), Type.DOUBLE))
    return function("LOG", _raw("CAST(:x AS NUMERIC)", x=node.this), _raw("CAST(:x AS NUMERIC)", x=node.expression))


def _try_cast(node: Any) -> exp.Expr:
    text, kind = _raw("CAST(:x AS TEXT)", x=node.this), node.to.this
    if kind in {Type.TEXT, Type.VARCHAR}:
        return cast(node.this.copy(), Type.TEXT)
    if kind in {Type.SMALLINT, Type.INT, Type.BIGINT, Type.DECIMAL, Type.DOUBLE, Type.FLOAT}:
        whole = kind in {Type.SMALLINT, Type.INT, Type.BIGINT}
        number = "ROUND(CAST(:t AS NUMERIC))" if whole else "CAST(:t AS NUMERIC)"
        wanted = node.to.sql("postgres")
        return _raw(
            f"CASE WHEN :t ~ '{_NUMBER}' THEN CASE WHEN PG_INPUT_IS_VALID(CAST({number} AS TEXT), '{wanted}') "
            f"THEN CAST({number} AS {wanted}) END END",
            t=text,
        )
    if kind in {Type.DATE, Type.TIMESTAMP, Type.TIMESTAMPNTZ}:
        wanted = node.to.sql("postgres")
        return _raw(
            f"CASE WHEN :t ~ '{_DAY}' THEN CASE WHEN PG_INPUT_IS_VALID(:t, '{wanted}') "
            f"THEN CAST(:t AS {wanted}) END END",
            t=text,
        )
    raise Unportable(f"TRY_CAST to {node.to.sql('duckdb')}", "Use CASE WHEN ... THEN CAST(...) END.")


def _cast(node: Any) -> exp.Expr:
    digits = is_hash_number(node)
    if digits is not None:
        return _raw("CAST(CAST('x' || LPAD(:h, 16, '0') AS BIT(64)) AS BIGINT)", h=digits)
    if isinstance(node.this.unnest(), exp.Predicate) and node.to.this in {Type.BIGINT, Type.SMALLINT}:
        return cast(cast(node.this.copy(), Type.INT), node.to.this)
    if node.to.this == Type.DECIMAL and is_double(node.this):
        return _rounded(node)
    return same(node)


def _rounded(node: Any) -> exp.Expr:
    """Return a double as DECIMAL the way DuckDB rounds: on the double, where 278.215 lies below the half."""
    places = [int(part.name) for part in node.to.expressions]
    scale = places[1] if len(places) > 1 else 0 if places else 3
    cut = f"TRUNC(:x * {10**scale} + SIGN(:x) * 0.5)"
    unit = f"0.{'0' * (scale - 1)}1" if scale else "1"
    kept = f"DECIMAL({places[0] if places else 18}, {scale})"
    return _raw(f"CAST(CAST({cut} AS BIGINT) * {unit} AS {kept})", x=paren(node.this.copy()))


def _type(node: Any) -> exp.Expr:
    if node.this == Type.INT128:
        return exp.DataType.build("DECIMAL(38, 0)")
    if node.this in {Type.TINYINT, Type.UTINYINT}:
        return exp.DataType(this=Type.SMALLINT)
    if node.this not in TYPES | {Type.JSON, Type.UUID, Type.TIME, Type.ARRAY}:
        raise Unportable(f"The type {node.sql('duckdb')}")
    return same(node)


def _regexp_extract(node: Any) -> exp.Expr:
    pattern, group = text_of(node.expression), node.args.get("group")
    if pattern is None or (group is not None and not isinstance(group, exp.Literal)):
        raise Unportable("regexp_extract() with a computed pattern", "Write the pattern as a literal.")
    found = _raw("(REGEXP_MATCH(:x, :p))", x=node.this, p=exp.Literal.string(f"({pattern})"))
    index = int(group.name) + 1 if group is not None else 1
    taken = exp.Bracket(this=found, expressions=[exp.Literal.number(index)], offset=1)
    return _raw("CASE WHEN :x IS NOT NULL THEN COALESCE(:m, '') END", x=node.this, m=taken)


def _regexp_replace(node: Any) -> exp.Expr:
    options = text_of(node.args.get("modifiers")) or ""
    if set(options) - {"g", "i"}:
        raise Unportable("regexp_replace() with options other than 'g' and 'i'")
    listed = [node.this, node.expression, node.args.get("replacement") or exp.Literal.string("")]
    return function("REGEXP_REPLACE", *listed, *([exp.Literal.string(options)] if options else []))


def _full_match(node: Any) -> exp.Expr:
    pattern = text_of(node.expression)
    if pattern is None:
        raise Unportable("regexp_full_match() with a computed pattern", "Write the pattern as a literal.")
    return exp.RegexpLike(this=node.this.copy(), expression=exp.Literal.string(f"^({pattern})$"))


def _window(node: Any) -> exp.Expr:
    inner = node.this.this if isinstance(node.this, exp.Filter) else node.this
    if isinstance(inner, exp.IgnoreNulls):
        raise Unportable("IGNORE NULLS", "Filter the NULL rows out before the window.")
    if isinstance(inner, exp.AggFunc) and isinstance(inner.this, exp.Distinct):
        raise Unportable("DISTINCT over a window", "Count with GROUP BY and join the result back.")
    return same(node)


def _bracket(node: Any) -> exp.Expr:
    one_of_list(node)
    if not isinstance(node.this, exp.Column | exp.Paren):
        node.set("this", exp.Paren(this=node.this))
    return same(node)


def _make_date(node: Any) -> exp.Expr:
    return function("MAKE_DATE", *(cast(node.args[a].copy(), Type.INT) for a in ("year", "month", "day")))


def _epoch(node: Any) -> exp.Expr:
    return _extract(extract("EPOCH", node.this))


def _named_part(template: str) -> Rule:
    return lambda node: function("TO_CHAR", cast(node.this.copy(), Type.TIMESTAMPNTZ), exp.Literal.string(template))


def _to_text(node: Any) -> exp.Expr:
    clock_format(node)
    return exp.TimeToStr(this=cast(node.this.copy(), Type.TIMESTAMPNTZ), format=node.args["format"].copy())


def _from_text(node: Any) -> exp.Expr:
    clock_format(node)
    return cast(node.copy(), Type.TIMESTAMPNTZ)


RULES: Mapping[type[exp.Expr], Rule] = {
    exp.Select: expand_group_all,
    exp.AtTimeZone: _at_time_zone,
    exp.Extract: _extract,
    exp.DateDiff: _date_diff,
    exp.TimestampTrunc: _date_trunc,
    exp.DateTrunc: _date_trunc,
    exp.Interval: _interval,
    exp.DateAdd: _date_add,
    exp.GenerateSeries: _generate_series,
    exp.LastDay: same,
    exp.DateFromParts: _make_date,
    exp.TimeToUnix: _epoch,
    exp.Monthname: _named_part("FMMonth"),
    exp.Dayname: _named_part("FMDay"),
    exp.TimeToStr: _to_text,
    exp.StrToTime: _from_text,
    exp.PercentileCont: _percentile("PERCENTILE_CONT"),
    exp.PercentileDisc: _percentile("PERCENTILE_DISC"),
    exp.Median: _percentile("PERCENTILE_CONT"),
    exp.JSONExtract: _json,
    exp.JSONExtractScalar: _json,
    exp.Anonymous: _array_length_of_json,
    exp.SHA2: lambda node: _raw("ENCODE(SHA256(CONVERT_TO(:x, 'UTF8')), 'hex')", x=node.this),
    exp.ArgMax: _best(order=True),
    exp.ArgMin: _best(order=False),
    exp.AnyValue: _any_value,
    exp.CountIf: _count_if,
    exp.Avg: _avg,
    exp.Div: _div,
    exp.IntDiv: _int_div,
    exp.Mod: _mod,
    exp.Round: _round,
    exp.Trunc: lambda node: function("TRUNC", _raw("CAST(:x AS NUMERIC)", x=node.this)),
    exp.Log: _log,
    exp.TryCast: _try_cast,
    exp.Cast: _cast,
    exp.DataType: _type,
    exp.RegexpLike: same,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
    exp.RegexpFullMatch: _full_match,
    exp.GroupConcat: same,
    exp.Contains: lambda node: _raw("(POSITION(:y IN :x) > 0)", x=node.this, y=node.expression),
    exp.EndsWith: lambda node: _raw("(RIGHT(:x, LENGTH(:y)) = :y)", x=node.this, y=node.expression),
    exp.Split: lambda node: function("STRING_TO_ARRAY", node.this, node.expression),
    exp.RegexpSplit: lambda node: function("REGEXP_SPLIT_TO_ARRAY", node.this, node.expression),
    exp.Window: _window,
    exp.Join: known_join,
    **array_rules(
        length=lambda node: cast(function("CARDINALITY", node.this), Type.BIGINT),
        agg=same,
        unnest=same,
    ),
    exp.Bracket: _bracket,
}
"""What to do with a node before SQLGlot prints it."""
