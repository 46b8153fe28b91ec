"""Rewrite what Spark (4.0 or newer, ANSI mode) writes in another way than DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from customer360.engines.dialect_rules import (
    WHOLE_TYPES,
    Rule,
    Type,
    Unportable,
    cast,
    extract,
    function,
    in_window,
    is_double,
    is_fraction,
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
    same,
    series_bounds,
    span,
)
from customer360.engines.dialect_spark_lists import as_list, best
from customer360.engines.dialect_words import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = r"^\s*\d{4}-\d{1,2}-\d{1,2}"
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _at_time_zone(node: Any) -> exp.Expr:
    local = local_time(node)
    if local is None:
        return same(node)
    moment, zone = local
    return function("CONVERT_TIMEZONE", exp.Literal.string("UTC"), zone, cast(moment.copy(), Type.TIMESTAMPNTZ))


def _extract(node: Any) -> exp.Expr:
    part, operand = known_part(node), node.expression
    if part == "DOW":  # Spark counts Sunday as 1
        return exp.Paren(this=exp.Sub(this=cast(function("DAYOFWEEK", operand), Type.BIGINT), expression=_number(1)))
    if part == "ISODOW":  # Spark's weekday() counts Monday as 0
        return exp.Paren(this=exp.Add(this=cast(function("WEEKDAY", operand), Type.BIGINT), expression=_number(1)))
    if part == "EPOCH":
        micros = function("UNIX_MICROS", cast(operand.copy(), Type.TIMESTAMPTZ))
        return exp.Paren(this=exp.Div(this=cast(micros, Type.DOUBLE), expression=_number(1_000_000), typed=True))
    if part == "SECOND":
        return cast(function("SECOND", operand), Type.BIGINT)
    name = "YEAROFWEEK" if part == "ISOYEAR" else part
    return cast(exp.Extract(this=exp.var(name), expression=operand.copy()), Type.BIGINT)


def _date_diff(node: Any) -> exp.Expr:
    start, end = node.expression, node.this
    unit = (node.args.get("unit") or exp.var("DAY")).name.upper()
    if unit in {"DAY", "WEEK"}:
        days = function("DATEDIFF", cast(end.copy(), Type.DATE), cast(start.copy(), Type.DATE))
        return cast(
            days if unit == "DAY" else exp.Paren(this=exp.IntDiv(this=days, expression=_number(7))), Type.BIGINT
        )
    if unit in {"YEAR", "QUARTER", "MONTH"}:
        # TIMESTAMPDIFF and MONTHS_BETWEEN count whole months, DuckDB counts the first days of months in between
        scale = {"YEAR": 1, "QUARTER": 4, "MONTH": 12}[unit]
        years = exp.Paren(this=exp.Sub(this=function("YEAR", end), expression=function("YEAR", start)))
        if unit == "YEAR":
            return cast(years, Type.BIGINT)
        rest = exp.Sub(
            this=exp.Add(this=exp.Mul(this=years, expression=_number(scale)), expression=function(unit, end)),
            expression=function(unit, start),
        )
        return cast(exp.Paren(this=rest), Type.BIGINT)
    if unit not in {"HOUR", "MINUTE", "SECOND"}:
        raise Unportable(f"date_diff('{unit.lower()}')", "Use year, quarter, month, week, day, hour, minute or second.")
    cut = [function("DATE_TRUNC", exp.Literal.string(unit), part) for part in (start, end)]
    return cast(function("TIMESTAMPDIFF", exp.var(unit), *cut), Type.BIGINT)


def _date_trunc(node: Any) -> exp.Expr:
    moment = function("DATE_TRUNC", exp.Literal.string(node.text("unit").upper()), node.this)
    return cast(moment, Type.TIMESTAMPNTZ)


def _interval(node: Any) -> exp.Expr:
    amount, unit = span(node)
    if amount is None:
        return same(node)
    unit = unit.upper().rstrip("S")
    if unit in {"YEAR", "QUARTER", "MONTH"}:
        months = {"YEAR": 12, "QUARTER": 3, "MONTH": 1}[unit]
        total = exp.Mul(this=paren(amount.copy()), expression=_number(months)) if months > 1 else amount.copy()
        return function("MAKE_YM_INTERVAL", _number(0), cast(total, Type.INT))
    places = ["DAY", "HOUR", "MINUTE", "SECOND"]
    if unit == "WEEK":
        amount, unit = exp.Mul(this=paren(amount.copy()), expression=_number(7)), "DAY"
    values: list[exp.Expr] = [_number(0)] * places.index(unit)
    return function("MAKE_DT_INTERVAL", *values, cast(amount.copy(), Type.INT))


def _date_add(node: Any) -> exp.Expr:
    step = node.expression
    if not isinstance(step, exp.Interval | exp.Anonymous):
        raise Unportable("date_add() without an interval", "Write date_add(d, INTERVAL 3 DAY).")
    return exp.Paren(this=exp.Add(this=node.this.copy(), expression=step.copy()))


def _generate_series(node: Any) -> exp.Expr:
    start, end, step, exclusive, dated = series_bounds(node)
    if dated:
        bounds: list[exp.Expr] = [cast(start.copy(), Type.TIMESTAMPNTZ), cast(end.copy(), Type.TIMESTAMPNTZ)]
        if exclusive:
            micro = exp.Interval(this=exp.Literal.string("0.000001"), unit=exp.var("SECOND"))
            bounds[1] = exp.Sub(this=bounds[1], expression=micro)
        made = function("SEQUENCE", *bounds, *([step] if step else []))
    else:
        if exclusive:
            end = exp.Sub(this=paren(end.copy()), expression=_number(1))
        made = function("SEQUENCE", start, end, *([step] if step else []))
    if isinstance(node.parent, exp.Table):
        return function("EXPLODE", made)
    return made


def _table(node: Any) -> exp.Expr:
    """Print ``range(...) AS r(i)`` as ``EXPLODE(...) AS r(i)``: SQLGlot would lose the column names."""
    alias = node.args.get("alias")
    if isinstance(node.this, exp.Anonymous) and alias is not None and not alias.columns:
        # DuckDB names the column after the function; Spark calls it `col`
        raise Unportable("A table function without column names", "Write for example `range(10) AS r(i)`.")
    if isinstance(node.this, exp.Anonymous) and isinstance(node.parent, exp.Join) and node.this.find(exp.Column):
        return exp.Lateral(this=node.this.copy(), alias=alias.copy())  # only so may it read columns before it
    return same(node)


def _percentile(name: str) -> Rule:
    def rule(node: Any) -> exp.Expr:
        if in_window(node):
            raise Unportable(f"{name.lower()}() over a window", "Compute it with GROUP BY and join it back.")
        share = percentile_share(node)
        if name == "PERCENTILE_DISC":
            ordered = exp.Order(expressions=[exp.Ordered(this=node.this.copy(), nulls_first=True)])
            return exp.WithinGroup(this=function(name, share), expression=ordered)
        return function("PERCENTILE", node.this, share)

    return rule


def _json(node: Any) -> exp.Expr:
    path = node.expression
    steps = path.expressions if isinstance(path, exp.JSONPath) else [None]
    if any(not isinstance(step, exp.JSONPathRoot | exp.JSONPathKey | exp.JSONPathSubscript) for step in steps):
        raise Unportable("A JSON path with wildcards or computed parts", "Write a literal path such as '$.a.b'.")
    return same(node)


def _json_length(node: Any) -> exp.Expr:
    if node.name.lower() != "json_array_length" or isinstance(node.parent, exp.Cast):
        return same(node)
    return cast(node.copy(), Type.BIGINT)


def _avg(node: Any) -> exp.Expr:
    # Spark rounds the average of decimals to four more places
    return same(node) if isinstance(node.this, exp.Distinct) else exp.Avg(this=cast(node.this.copy(), Type.DOUBLE))


def _div(node: Any) -> exp.Expr:
    return exp.Div(
        this=cast(node.this.copy(), Type.DOUBLE), expression=paren(not_zero(node.expression.copy())), typed=True
    )


def _int_div(node: Any) -> exp.Expr:
    return exp.IntDiv(this=node.this.copy(), expression=paren(not_zero(node.expression.copy())))


def _mod(node: Any) -> exp.Expr:
    return exp.Mod(this=node.this, expression=paren(not_zero(node.expression.copy())))


def _log(node: Any) -> exp.Expr:
    if node.expression is None:  # Spark's log(x) is the natural one
        return function("LOG10", node.this)
    return function("LOG", node.this, node.expression)


def _trunc(node: Any) -> exp.Expr:
    return exp.Mul(this=function("SIGN", node.this), expression=exp.Floor(this=exp.Abs(this=node.this.copy())))


def _round_half_up(node: Any) -> exp.Expr:
    places = node.args.get("decimals")
    return function("ROUND", node.this, *([places] if places is not None else []))


def _cast(node: Any) -> exp.Expr:
    digits = is_hash_number(node)
    if digits is not None:
        return cast(function("CONV", digits, _number(16), _number(10)), Type.BIGINT)
    if node.to.this in WHOLE_TYPES:
        kind = is_fraction(node.this)
        if kind is not None:  # Spark cuts off, DuckDB rounds (doubles half to even, decimals half up)
            rounded = function("RINT" if kind == "double" else "ROUND", node.this)
            return exp.Cast(this=rounded, to=node.to.copy())
    if node.to.this == Type.DECIMAL and is_double(node.this):
        return _rounded(node)
    return same(node)


def _rounded(node: Any) -> exp.Expr:
    """Return a double as DECIMAL the way DuckDB rounds: on the double, where 278.215 lies below the half."""
    places = [int(part.name) for part in node.to.expressions]
    width, scale = (*places, 0)[:2] if places else (18, 3)
    if not scale:
        return same(node)
    whole = exp.Cast(
        this=exp.Mul(this=paren(node.this.copy()), expression=_number(10**scale)),
        to=exp.DataType.build(f"DECIMAL({min(width + 1, 38)}, 0)"),
    )
    return exp.Cast(
        this=exp.Mul(this=whole, expression=exp.Literal.number(f"0.{'0' * (scale - 1)}1")), to=node.to.copy()
    )


def _try_cast(node: Any) -> exp.Expr:
    kind, text = node.to.this, cast(node.this.copy(), Type.TEXT)
    if kind in {Type.DATE, Type.TIMESTAMP, Type.TIMESTAMPNTZ}:
        return _guarded(text, _DAY, exp.TryCast(this=node.this.copy(), to=node.to.copy(), safe=True))
    if kind in {Type.SMALLINT, Type.INT, Type.BIGINT, Type.DECIMAL}:
        wide: exp.Expr = exp.TryCast(this=node.this.copy(), to=exp.DataType.build("DECIMAL(38, 10)"), safe=True)
        if kind != Type.DECIMAL:
            wide = function("ROUND", wide)
        return _guarded(text, _NUMBER, exp.TryCast(this=wide, to=node.to.copy(), safe=True))
    if kind in {Type.TEXT, Type.VARCHAR, Type.DOUBLE, Type.FLOAT}:
        return same(node)
    raise Unportable(f"TRY_CAST to {node.to.sql('duckdb')}", "Use CASE WHEN ... THEN CAST(...) END.")


def _guarded(text: exp.Expr, pattern: str, value: exp.Expr) -> exp.Expr:
    test = exp.RegexpLike(this=text, expression=exp.Literal.string(pattern))
    return exp.Case(ifs=[exp.If(this=test, true=value)])


def _type(node: Any) -> exp.Expr:
    if node.this == Type.INT128:
        return exp.DataType.build("DECIMAL(38, 0)")
    if node.this in {Type.JSON, Type.UUID}:
        return exp.DataType(this=Type.TEXT)
    if node.this in {Type.TIME, Type.TIMETZ}:
        raise Unportable("The type TIME", "Keep a moment (TIMESTAMP) or minutes as a number.")
    if node.this not in TYPES | {Type.TINYINT, Type.ARRAY}:
        raise Unportable(f"The type {node.sql('duckdb')}")
    return same(node)


def _regexp_extract(node: Any) -> exp.Expr:
    if text_of(node.expression) is None:
        raise Unportable("regexp_extract() with a computed pattern", "Write the pattern as a literal.")
    return function("REGEXP_EXTRACT", node.this, node.expression, node.args.get("group") or _number(0))


def _regexp_replace(node: Any) -> exp.Expr:
    if text_of(node.args.get("modifiers")) != "g":
        raise Unportable("regexp_replace() of the first match only", "Add 'g' as fourth argument: replace all matches.")
    replacement = text_of(node.args.get("replacement"))
    if replacement is None:
        raise Unportable("regexp_replace() with a computed replacement", "Write it as a literal.")
    java = "".join(f"${part[0]}{part[1:]}" if i and part[:1].isdigit() else part
                   for i, part in enumerate(replacement.replace("$", r"\$").split("\\")))  # fmt: skip
    return function("REGEXP_REPLACE", node.this, node.expression, exp.Literal.string(java))


def _full_match(node: Any) -> exp.Expr:
    pattern = text_of(node.expression)
    if pattern is None:
        raise Unportable("regexp_full_match() with a computed pattern", "Write the pattern as a literal.")
    return exp.RegexpLike(this=node.this.copy(), expression=exp.Literal.string(f"^({pattern})$"))


def _window(node: Any) -> exp.Expr:
    filtered = node.this
    inner = filtered.this if isinstance(filtered, exp.Filter) else filtered
    if isinstance(inner, exp.AggFunc) and isinstance(inner.this, exp.Distinct):
        raise Unportable("DISTINCT over a window", "Count with GROUP BY and join the result back.")
    if isinstance(filtered, exp.Filter):  # Spark has no FILTER over a window
        condition = filtered.expression.this
        value = _number(1) if isinstance(inner.this, exp.Star) else inner.this
        kept = exp.Case(ifs=[exp.If(this=condition.copy(), true=value.copy())])
        node.set("this", type(inner)(this=kept))
    return same(node)


def _named_part(template: str) -> Rule:
    return lambda node: function("DATE_FORMAT", node.this, exp.Literal.string(template))


def _to_text(node: Any) -> exp.Expr:
    clock_format(node)
    return same(node)


def _from_text(node: Any) -> exp.Expr:
    clock_format(node)
    return cast(node.copy(), Type.TIMESTAMPNTZ)


RULES: Mapping[type[exp.Expr], Rule] = {
    exp.Select: expand_group_all,
    exp.AtTimeZone: _at_time_zone,
    exp.Table: _table,
    exp.Extract: _extract,
    exp.DateDiff: _date_diff,
    exp.TimestampTrunc: _date_trunc,
    exp.DateTrunc: _date_trunc,
    exp.Interval: _interval,
    exp.DateAdd: _date_add,
    exp.GenerateSeries: _generate_series,
    exp.LastDay: same,
    exp.DateFromParts: same,
    exp.TimeToUnix: lambda node: _extract(extract("EPOCH", node.this)),
    exp.Monthname: _named_part("MMMM"),
    exp.Dayname: _named_part("EEEE"),
    exp.TimeToStr: _to_text,
    exp.StrToTime: _from_text,
    exp.PercentileCont: _percentile("PERCENTILE_CONT"),
    exp.PercentileDisc: _percentile("PERCENTILE_DISC"),
    exp.Median: _percentile("PERCENTILE_CONT"),
    exp.JSONExtract: _json,
    exp.JSONExtractScalar: _json,
    exp.Anonymous: _json_length,
    exp.SHA2: same,
    exp.ArgMax: best("MAX_BY"),
    exp.ArgMin: best("MIN_BY"),
    exp.AnyValue: lambda node: function("ANY_VALUE", node.this, exp.true()),
    exp.CountIf: same,
    exp.Avg: _avg,
    exp.Div: _div,
    exp.IntDiv: _int_div,
    exp.Mod: _mod,
    exp.Round: _round_half_up,
    exp.Trunc: _trunc,
    exp.Log: _log,
    exp.TryCast: _try_cast,
    exp.Cast: _cast,
    exp.DataType: _type,
    exp.RegexpLike: same,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
    exp.RegexpFullMatch: _full_match,
    exp.GroupConcat: same,
    exp.Contains: lambda node: function("CONTAINS", node.this, node.expression),
    exp.EndsWith: lambda node: function("ENDSWITH", node.this, node.expression),
    exp.Split: same,
    exp.RegexpSplit: same,
    exp.Window: _window,
    exp.IgnoreNulls: same,
    exp.Join: known_join,
    **array_rules(length=lambda node: cast(function("SIZE", node.this), Type.BIGINT), agg=as_list, unnest=same),
}
"""What to do with a node before SQLGlot prints it."""
