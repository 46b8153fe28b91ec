"""Say what the figures of ``scale`` mean: how costs grow, and where one machine ends by the two largest sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log

ORDER = ("duckdb", "postgres", "spark-1", "spark-2")
NAMES = {
    "duckdb": "DuckDB",
    "postgres": "PostgreSQL",
    "spark-1": "Spark, 1 worker",
    "spark-2": "Spark, 2 workers",
}
MACHINES = (16, 64, 256)
"""Memory of machines, in GB, of which a build may take three quarters."""
USABLE = 0.75


@dataclass(frozen=True)
class Figure:
    """What one build took: by the clock, in its models of SQL and in its methods; and most memory of its process."""

    engine: str
    times: int
    rows: int
    load: float
    build: float
    models: float
    methods: float
    gigabytes: float

    @property
    def rest(self) -> float:
        """Checks, publishing and what is done once a build."""
        return self.build - self.models - self.methods


@dataclass(frozen=True)
class Line:
    """A straight line through the two largest sizes of an engine: what a build has fixed, and what a row adds."""

    fixed: float
    each: float

    @classmethod
    def through(cls, rows: Sequence[Figure], value: Callable[[Figure], float]) -> Line:
        """Return the line through the last two figures, sorted by size."""
        small, large = rows[-2:]
        each = (value(large) - value(small)) / (large.rows - small.rows)
        return cls(value(large) - each * large.rows, each)

    def reaches(self, limit: float) -> float:
        """Return the rows at which it reaches a limit."""
        return (limit - self.fixed) / self.each


def exponent(rows: Sequence[Figure], value: Callable[[Figure], float]) -> float:
    """Return k of cost ~ rows ** k between the two largest sizes."""
    small, large = rows[-2:]
    return log(value(large) / value(small)) / log(large.rows / small.rows)


def section(figures: Sequence[Figure]) -> str:
    """Return the tables of the page."""
    by_engine = {name: [each for each in figures if each.engine == name] for name in ORDER}
    by_engine = {name: rows for name, rows in by_engine.items() if rows}
    parts = [costs(figures)]
    if all(len(rows) > 1 for rows in by_engine.values()):
        parts += [growth(by_engine), limits(by_engine)]
    return "\n\n".join(part for part in parts if part)


def costs(figures: Sequence[Figure]) -> str:
    """Return what each build took."""
    lines = [
        "| rows loaded | engine | load s | build s | of which SQL models | methods | checks, publishing | memory GB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for it in sorted(figures, key=lambda each: (each.times, ORDER.index(each.engine))):
        lines.append(
            f"| {it.rows:,} ({it.times}x) | {NAMES[it.engine]} | {it.load:.1f} | {it.build:.1f} | {it.models:.1f} |"
            f" {it.methods:.1f} | {it.rest:.1f} | {it.gigabytes:.2f} |"
        )
    return "\n".join(lines)


def growth(by_engine: dict[str, list[Figure]]) -> str:
    """Return how costs grow from the second largest size to the largest."""
    lines = [
        "| engine | power of the build | of SQL models | of methods | a million rows: build s | SQL models s | GB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, rows in by_engine.items():
        powers = [exponent(rows, value) for value in (_build, _models, _methods)]
        each = [Line.through(rows, value).each * 1e6 for value in (_build, _models, _memory)]
        shown = " | ".join([*(f"{power:.2f}" for power in powers), *(f"{value:.2f}" for value in each)])
        lines.append(f"| {NAMES[name]} | {shown} |")
    return "\n".join(lines)


def limits(by_engine: dict[str, list[Figure]]) -> str:
    """Return where one machine ends, and where more workers would be faster."""
    duckdb = by_engine.get("duckdb")
    if duckdb is None:
        return ""
    memory, build = Line.through(duckdb, _memory), Line.through(duckdb, _build)
    lines = ["| DuckDB on two cores like these | million rows |", "|---|---|"]
    for size in MACHINES:
        reached = memory.reaches(USABLE * size) / 1e6
        lines.append(f"| a build takes {USABLE:.0%} of {size} GB | {reached:,.0f} |")
    for hours in (1, 4):
        lines.append(f"| a build takes {hours} h | {build.reaches(3600 * hours) / 1e6:,.0f} |")
    return "\n".join([*lines, "", *workers(by_engine)])


def workers(by_engine: dict[str, list[Figure]]) -> list[str]:
    """Say from how many workers on the SQL models of a million rows more take Spark less time than DuckDB."""
    if not {"spark-1", "spark-2"} <= by_engine.keys():
        return []
    here, one, two = (Line.through(by_engine[name], _models).each * 1e6 for name in ("duckdb", "spark-1", "spark-2"))
    shared = 2 * (one - two)
    serial = one - shared
    said = (
        f"A million rows more cost the SQL models {here:.2f} s on DuckDB, {one:.2f} s with one worker and {two:.2f} s"
    )
    said += " with two."
    if shared <= 0:
        return [f"{said} Here the second worker brings nothing: driver, lake and workers share two cores."]
    if serial >= here:
        return [f"{said} As {serial:.2f} s do not get less with more workers, Spark never overtakes by these figures."]
    serial = max(serial, 0.0)
    said += f" If {shared:.2f} s are shared among the workers and {serial:.2f} s are not, Spark overtakes with"
    return [f"{said} {shared / (here - serial):.0f} workers of one core like these."]


def _build(figure: Figure) -> float:
    return figure.build


def _models(figure: Figure) -> float:
    return figure.models


def _methods(figure: Figure) -> float:
    return figure.methods


def _memory(figure: Figure) -> float:
    return figure.gigabytes
