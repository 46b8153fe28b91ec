"""Share what the rules of all engines need: the refusal, one normal form of each idea, small tree builders."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

Type = exp.DType
Rule = Callable[[exp.Expr], exp.Expr]

WHOLE_TYPES = frozenset({Type.TINYINT, Type.SMALLINT, Type.INT, Type.BIGINT, Type.INT128})

_PARTS: Mapping[type[exp.Expr], str] = {
    exp.Year: "YEAR",
    exp.Quarter: "QUARTER",
    exp.Month: "MONTH",
    exp.Week: "WEEK",
    exp.WeekOfYear: "WEEK",
    exp.Day: "DAY",
    exp.DayOfMonth: "DAY",
    exp.DayOfWeek: "DOW",
    exp.DayOfWeekIso: "ISODOW",
    exp.DayOfYear: "DOY",
    exp.Hour: "HOUR",
    exp.Minute: "MINUTE",
    exp.Second: "SECOND",
}
_SYNONYMS = {
    "DAYOFWEEK": "DOW", "WEEKDAY": "DOW", "DAYOFYEAR": "DOY", "WEEKOFYEAR": "WEEK", "DAYOFMONTH": "DAY", "Y": "YEAR",
    "YEARS": "YEAR", "MONTHS": "MONTH", "MON": "MONTH", "DAYS": "DAY", "D": "DAY", "HOURS": "HOUR", "H": "HOUR",
    "MINUTES": "MINUTE", "SECONDS": "SECOND", "S": "SECOND", "WEEKS": "WEEK", "W": "WEEK", "QUARTERS": "QUARTER",
}  # fmt: skip
PARTS = frozenset({"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DOW", "ISODOW", "DOY", "HOUR", "MINUTE", "SECOND",
                   "EPOCH", "ISOYEAR"})  # fmt: skip
_SPANS = {f"to_{unit}s": unit.upper() for unit in ("year", "month", "week", "day", "hour", "minute", "second")}


class Unportable(Exception):
    """A construct that an engine cannot express; ``construct`` names it, ``hint`` says what to write instead."""

    def __init__(self, construct: str | None = None, hint: str | None = None) -> None:
        super().__init__(construct or "")
        self.construct = construct
        self.hint = hint


def normal_form(tree: exp.Expr) -> exp.Expr:
    """Return the tree with each idea written in one way: ``year(d)`` and ``date_part('year', d)`` become EXTRACT."""
    for node in reversed(list(tree.bfs())):
        new = _normal(node)
        if new is node:
            continue
        if node is tree:
            tree = new
        else:
            node.replace(new)
    return tree


def _normal(node: exp.Expr) -> exp.Expr:
    if type(node) in _PARTS:
        operand = node.this.this if isinstance(node.this, exp.TsOrDsToDate) else node.this
        return extract(_PARTS[type(node)], operand)
    if isinstance(node, exp.Extract):
        part = node.this.name.upper()
        return extract(_SYNONYMS.get(part, part), node.expression)
    if isinstance(node, exp.Anonymous):
        return _normal_function(node)
    if isinstance(node, exp.IgnoreNulls) and isinstance(node.this, exp.AnyValue):
        return node.this  # DuckDB's any_value skips NULL by itself
    if isinstance(node, exp.WithinGroup) and isinstance(node.this, exp.PercentileCont | exp.PercentileDisc):
        ordered = node.expression.expressions[0]
        share: exp.Expr = node.this.this
        if ordered.args.get("desc"):
            share = exp.Paren(this=exp.Sub(this=exp.Literal.number(1), expression=share))
        return type(node.this)(this=ordered.this, expression=share)
    return node


def _normal_function(node: exp.Anonymous) -> exp.Expr:
    name, arguments = node.name.lower(), node.expressions
    if name in {"date_part", "datepart"} and isinstance(arguments[0], exp.Literal):
        part = arguments[0].name.upper()
        return extract(_SYNONYMS.get(part, part), arguments[1])
    if name == "weekday":
        return extract("DOW", arguments[0])
    if name in _SPANS:
        return exp.Interval(this=exp.Paren(this=arguments[0]), unit=exp.var(_SPANS[name]))
    return node


def extract(part: str, operand: exp.Expr) -> exp.Extract:
    """Return ``EXTRACT(part FROM operand)``; Unportable for a part not known everywhere."""
    return exp.Extract(this=exp.var(part), expression=operand)


def known_part(node: exp.Extract) -> str:
    """Return the part that an EXTRACT takes; Unportable when it is not one that all engines have."""
    part: str = node.this.name.upper()
    if part not in PARTS:
        raise Unportable(f"EXTRACT({part})", f"Use one of {', '.join(sorted(PARTS)).lower()}.")
    return part


def function(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Return a call that is printed as it is named."""
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def cast(node: exp.Expr, type_: exp.DType) -> exp.Cast:
    """Return ``CAST(node AS type)``; rules do not look at what rules made."""
    return exp.Cast(this=node, to=exp.DataType(this=type_))


def paren(node: exp.Expr) -> exp.Expr:
    """Return a node in parentheses when it is an operation."""
    return (
        exp.Paren(this=node) if isinstance(node, exp.Binary | exp.Unary) and not isinstance(node, exp.Paren) else node
    )


def text_of(node: exp.Expr | None) -> str | None:
    """Return the text of a string literal, None for anything else."""
    return node.name if isinstance(node, exp.Literal) and node.is_string else None


def not_zero(divisor: exp.Expr) -> exp.Expr:
    """Return a divisor that is NULL instead of zero (DuckDB yields inf there, the others stop)."""
    if isinstance(divisor, exp.Nullif) or (isinstance(divisor, exp.Literal) and float(divisor.name or 0) != 0):
        return divisor
    return exp.Nullif(this=divisor, expression=exp.Literal.number(0))


def is_fraction(node: exp.Expr) -> str | None:
    """Say what is evidently not whole: ``double``, ``decimal``, or None when nothing can be seen."""
    node = node.unnest()
    if isinstance(node, exp.Div | exp.Avg | exp.Sqrt | exp.Ln | exp.Exp | exp.Log | exp.Median | exp.PercentileCont):
        return "double"
    if isinstance(node, exp.Literal) and not node.is_string and "." in node.name:
        return "decimal"
    if isinstance(node, exp.Cast):
        if node.to.this in {Type.DOUBLE, Type.FLOAT}:
            return "double"
        return "decimal" if node.to.this == Type.DECIMAL else None
    if isinstance(node, exp.Mul | exp.Add | exp.Sub):
        kinds = {is_fraction(node.this), is_fraction(node.expression)} - {None}
        return "double" if "double" in kinds else next(iter(kinds), None)
    return None


def is_double(node: exp.Expr) -> bool:
    """Say whether an expression is evidently a double here, through the conditions around it."""
    node = node.unnest()
    if isinstance(node, exp.Coalesce):
        return any(is_double(part) for part in (node.this, *node.expressions))
    if isinstance(node, exp.Case):
        results = [*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default")]
        return any(is_double(part) for part in results if part is not None)
    if isinstance(node, exp.Nullif | exp.Neg):
        return is_double(node.this)
    return is_fraction(node) == "double"


def is_hash_number(node: exp.Cast) -> exp.Expr | None:
    """Return the hexadecimal text of ``CAST('0x' || hex AS BIGINT)``, our way to a number from a digest, else None."""
    inner = node.this.unnest()
    if node.to.this == Type.BIGINT and isinstance(inner, exp.DPipe) and text_of(inner.this) == "0x":
        digits: exp.Expr = inner.expression
        return digits
    return None


def percentile_share(node: exp.Expr) -> exp.Expr:
    """Return the share that a percentile is asked for; Unportable for a list of shares and for what may be DECIMAL."""
    if not isinstance(node, exp.PercentileDisc) and is_fraction(node.this) != "double":
        # DuckDB keeps a DECIMAL's scale and cuts the rest off, the others do not
        raise Unportable("A median or percentile of what may be DECIMAL", "Write for example median(amount::DOUBLE).")
    if isinstance(node, exp.Median):
        return exp.Literal.number("0.5")
    share: exp.Expr | None = node.args.get("expression")
    if share is None or isinstance(share, exp.Array):
        raise Unportable("A percentile of several shares at once", "Write one quantile_cont(x, share) for each.")
    return share


def in_window(node: exp.Expr) -> bool:
    """Say whether an aggregate is computed over a window."""
    above = node.parent
    while isinstance(above, exp.Filter | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
        above = above.parent
    return isinstance(above, exp.Window) and above.this is not node.parent_select
