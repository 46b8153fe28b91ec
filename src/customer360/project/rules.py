"""Read the quality rules of a contract, and refuse those that could not be executed as written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, cast

from customer360.errors import Place, nearest
from customer360.project.spec import QualityRule, Severity
from customer360.project.yamlfile import Block, YamlFile, line_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from customer360.project.odcs import Quality
    from customer360.project.problems import Problems

OPERATORS = {
    "mustBe": "must_be",
    "mustNotBe": "must_not_be",
    "mustBeGreaterThan": "must_be_greater_than",
    "mustBeGreaterOrEqualTo": "must_be_greater_or_equal_to",
    "mustBeLessThan": "must_be_less_than",
    "mustBeLessOrEqualTo": "must_be_less_or_equal_to",
    "mustBeBetween": "must_be_between",
    "mustNotBeBetween": "must_not_be_between",
}
_COLUMN_METRICS = {
    "nullValues": (),
    "missingValues": ("missingValues",),
    "invalidValues": ("validValues", "pattern"),
    "duplicateValues": (),
}
_TABLE_METRICS = {"duplicateValues": ("properties",), "rowCount": ()}
_SEVERITIES = ("error", "warning", "info")
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
# a statement that writes can hide behind WITH or in a bracket; SELECT ... INTO makes a table
_WRITES = re.compile(r"(?:[()]\s*(INSERT|UPDATE|DELETE|MERGE)|\bINTO)\b", re.IGNORECASE)
_RE2_LACKS = re.compile(r"\(\?(=|!|<=|<!)|\\[1-9]|\(\?P=")


class RuleReader:
    """Reads the rules of one table of a contract and gives each an id of its own."""

    def __init__(self, file: YamlFile, table: str, columns: Sequence[str], problems: Problems) -> None:
        self._file = file
        self._table = table
        self._columns = columns
        self._problems = problems
        self._ids: set[str] = set()

    def read(self, rules: Sequence[Quality], path: tuple[str | int, ...], column: str | None) -> list[QualityRule]:
        """Return the rules at ``path`` (of a column, or of the table when it is None)."""
        made = [self._rule(rule, (*path, position), column) for position, rule in enumerate(rules)]
        return [rule for rule in made if rule is not None]

    def _rule(self, rule: Quality, path: tuple[str | int, ...], column: str | None) -> QualityRule | None:
        place = self._file.place(*path)
        before = len(self._problems.errors)
        kind = _kind(rule)
        metric = (rule.metric or rule.rule) if kind == "library" else None
        given = _block_at(self._file, path)
        operators = tuple((name, given[name]) for name in OPERATORS if name in given)
        check = _Check(self._problems, place, path, file=self._file, column=column, columns=self._columns)
        if kind is None:
            check.note("A rule needs a metric, a query, or `type: text` with a description.", None, "ODCS-Q-ARGS")
        elif kind == "library":
            check.library(metric, rule, operators)
        elif kind == "sql":
            check.sql(rule.query, operators)
        elif kind == "custom" and (rule.engine is None or rule.implementation is None):
            check.note("A custom rule needs an engine and an implementation.", None, "ODCS-Q-ARGS")
        elif kind == "text" and not rule.description:
            check.note("A text rule needs a description.", None, "ODCS-Q-ARGS")
        severity = check.word("severity", rule.severity, _SEVERITIES, "error")
        unit = check.word("unit", rule.unit, ("rows", "percent"), "rows")
        if kind is None or len(self._problems.errors) > before:
            return None
        custom = {p.property: p.value for p in rule.custom_properties}
        return QualityRule(
            id=self._id(rule, kind, metric, column),
            type=kind,
            place=place,
            column=column,
            metric=metric,
            arguments=given.get("arguments") or {},
            query=rule.query,
            operators=operators,
            unit=cast("Literal['rows', 'percent']", unit),
            severity=cast("Severity", severity),
            dimension=rule.dimension,
            description=rule.description or rule.name,
            quarantine=custom.get("c360Quarantine") is True,
        )

    def _id(self, rule: Quality, kind: str, metric: str | None, column: str | None) -> str:
        """Return the rule's own id, else one made of what it is about; unique in the table either way."""
        base = rule.id or f"{column or self._table}_{metric or kind}"
        found, number = base, 2
        while found in self._ids:
            found, number = f"{base}_{number}", number + 1
        self._ids.add(found)
        return found


class _Check:
    """What must hold for one rule."""

    def __init__(
        self,
        problems: Problems,
        place: Place,
        path: tuple[str | int, ...],
        *,
        file: YamlFile,
        column: str | None,
        columns: Sequence[str],
    ) -> None:
        self._problems = problems
        self._place = place
        self._path = path
        self._file = file
        self._column = column
        self._columns = columns

    def note(self, what: str, next_step: str | None, rule: str, *at: str | int) -> None:
        place = self._file.place(*self._path, *at) if at else self._place
        self._problems.add(f"{what} [{rule}]", place, next_step)

    def word(self, key: str, given: str | None, known: Sequence[str], default: str) -> str:
        if given is None or given in known:
            return given or default
        hit = nearest(given, known)
        hint = f"Did you mean '{hit}'?" if hit else f"Known: {', '.join(known)}."
        self.note(
            f"The {key} of a rule cannot be '{given}'.", hint, "ODCS-Q-UNIT" if key == "unit" else "ODCS-SCHEMA", key
        )
        return default

    def library(self, metric: str | None, rule: Quality, operators: Sequence[tuple[str, Any]]) -> None:
        known = _TABLE_METRICS if self._column is None else _COLUMN_METRICS
        other = _COLUMN_METRICS if self._column is None else _TABLE_METRICS
        if metric is None:
            self.note("A library rule needs a metric.", f"Known: {', '.join(known)}.", "ODCS-Q-ARGS")
            return
        if metric not in known:
            self._unknown_metric(metric, list(known), list(other))
            return
        self._arguments(metric, known[metric], rule)
        self.operators(operators, of=metric)
        if rule.unit == "percent" and metric in ("rowCount", "duplicateValues"):
            self.note(f"'{metric}' has no percentage.", "Leave `unit` out.", "ODCS-Q-UNIT", "unit")

    def _unknown_metric(self, metric: str, known: Sequence[str], other: Sequence[str]) -> None:
        if metric in other:
            here, there = ("a table", "a column") if self._column is None else ("a column", "the table")
            step = f"Move the rule to {there}."
            self.note(f"The metric '{metric}' is not for {here}.", step, "ODCS-Q-LEVEL")
            return
        hit = nearest(metric, known)
        hint = f"Did you mean '{hit}'?" if hit else f"Known: {', '.join(known)}."
        self.note(f"There is no metric '{metric}'.", hint, "ODCS-Q-ARGS", "metric")

    def _arguments(self, metric: str, known: Sequence[str], rule: Quality) -> None:
        for name in rule.arguments:
            if name not in known:
                hit = nearest(name, known)
                hint = f"Did you mean '{hit}'?" if hit else (f"Known: {', '.join(known)}." if known else "Remove it.")
                self.note(f"'{metric}' has no argument '{name}'.", hint, "ODCS-Q-ARGS", "arguments", name)
        if known and not rule.arguments:
            step = f"Add `arguments: {{{known[0]}: [...]}}`."
            self.note(f"'{metric}' needs {' or '.join(known)}.", step, "ODCS-Q-ARGS")
        for name in ("validValues", "missingValues", "properties"):
            if name in known and name in rule.arguments and not isinstance(rule.arguments[name], list):
                self.note(f"'{name}' must be a list.", f"Write {name}: [...].", "ODCS-Q-ARGS", "arguments", name)
        for column in (
            rule.arguments.get("properties", []) if isinstance(rule.arguments.get("properties"), list) else []
        ):
            if column not in self._columns:
                self._problems.unknown("column", str(column), self._columns, self._file.place(*self._path, "arguments"))
        if "pattern" in rule.arguments:
            self._pattern(rule.arguments["pattern"])

    def _pattern(self, pattern: object) -> None:
        wrong = pattern_fault(pattern)
        if wrong:
            self.note(f"The pattern cannot be used: {wrong}.", None, "ODCS-Q-ARGS", "arguments", "pattern")

    def sql(self, query: str | None, operators: Sequence[tuple[str, Any]]) -> None:
        if not query:
            self.note("A SQL rule needs a query.", None, "ODCS-Q-ARGS")
            return
        self.operators(operators, of="query")
        wrong = select_fault(query)
        if wrong:
            self.note(
                f"The query is not one SELECT: {wrong}.",
                "Write one SELECT that returns one value.",
                "ODCS-SQL",
                "query",
            )
        if self._column is None and re.search(r"\{(property|column|field)\}", query):
            self.note(
                "A rule of the table has no {property}.",
                "Name the column, or move the rule to it.",
                "ODCS-SQL",
                "query",
            )

    def operators(self, given: Sequence[tuple[str, Any]], *, of: str) -> None:
        if not given:
            self.note(
                f"The rule does not say what '{of}' must be.", "Add an operator, such as `mustBe: 0`.", "ODCS-Q-OP"
            )
        for name, value in given:
            if name.endswith("Between"):
                if not (isinstance(value, list) and len(value) == 2 and value[0] <= value[1]):  # noqa: PLR2004  # from, to
                    self.note(
                        f"'{name}' needs two numbers, the smaller first.", f"Write {name}: [1, 9].", "ODCS-Q-OP", name
                    )
            elif value is None:
                self.note(f"'{name}' is empty.", f"Write {name}: 0.", "ODCS-Q-OP", name)


def _kind(rule: Quality) -> Literal["library", "sql", "text", "custom"] | None:
    if rule.type is not None:
        return rule.type
    if rule.metric is not None or rule.rule is not None:
        return "library"
    if rule.query is not None:
        return "sql"
    return "custom" if rule.engine is not None or rule.implementation is not None else None


def pattern_fault(pattern: object) -> str | None:
    """Say why a regular expression cannot be used on every engine, or None."""
    if not isinstance(pattern, str):
        return "it is not text"
    if _RE2_LACKS.search(pattern):
        return "look-around and back references do not work on every engine"
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return None


def select_fault(query: str) -> str | None:
    """Say why a query (placeholders allowed) is not one SELECT, or None.

    Reads words and brackets only: loading a parser costs more than reading a project. Syntax is the engine's.
    """
    text = _QUOTED.sub(lambda found: " x " if found[0][0] in "'\"" else " ", query).strip().rstrip(";").strip()
    first = re.match(r"[(\s]*([A-Za-z]+)", text)
    if first is None or first[1].upper() not in ("SELECT", "WITH", "FROM"):
        return f"it begins with {first[1].upper()}" if first else "it is empty"
    if ";" in text:
        return "it holds several statements"
    written = _WRITES.search(text)
    if written:
        return f"it holds {(written[1] or 'INTO').upper()}"
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            break
    return "its brackets do not match" if depth else None


def _block_at(file: YamlFile, path: Sequence[str | int]) -> Block:
    value: Any = file.root
    for part in path:
        value = value[part]
    assert isinstance(value, Block)  # noqa: S101  # the shape was checked
    return value


def option_faults(options: Block, root_path: tuple[str | int, ...], file: YamlFile, problems: Problems) -> None:
    """Note limits of a type that cannot be checked."""
    if "pattern" in options:
        wrong = pattern_fault(options["pattern"])
        if wrong:
            place = Place(file.name, line_of(file.root, (*root_path, "pattern")))
            problems.add(f"The pattern cannot be used: {wrong}. [ODCS-SCHEMA]", place)
