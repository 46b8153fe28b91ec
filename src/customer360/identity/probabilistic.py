"""Weigh pairs with Splink (Fellegi and Sunter 1969, A Theory for Record Linkage).

Runs in the caller's in-memory connection. ``u`` comes from pairs taken at random, ``m`` by expectation maximisation on
pairs that agree on one thing or another, both kept near documented defaults, so that few or odd records cannot lead the
model astray. The prior comes from what the named rules found.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from customer360.identity.comparisons import Comparison, usable
from customer360.identity.rules import HOUSEHOLD, NAMESAKES, RULES, TWINS, rule_number, vetoes_of
from customer360.identity.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Levels = dict[str, dict[str, float]]
"""Comparison -> level -> probability."""

EXPECTED_RECALL = 0.7
"""Share of true pairs that the rules find, for the prior: a factor of two in it moves weights by one bit."""
NEAR = 5.0
"""Learned probabilities stay within this factor of the defaults."""
RANDOM_PAIRS, RANDOM_PAIRS_EACH = 250_000, 20
"""Pairs taken at random: in all, and for each record."""
RANDOM_PAIRS_WEIGHT = 2.0
"""Pairs that a default ``u`` counts for beside the counted ones."""
FEW, FAMILY_SHARE = 10, 0.25
"""Pairs that may be twins (or namesakes) whatever their share, and the most that they can be of household pairs."""
PART = 1_500_000
"""Pairs compared at a time."""
SESSIONS = {
    "same e-mail": ("l.mail = r.mail", {"email"}),
    "same names": ("l.first = r.first AND l.last = r.last", {"first_name", "last_name"}),
    "same birth date": ("l.born = r.born AND left(l.first, 2) = left(r.first, 2)", {"date_of_birth", "first_name"}),
    "same phone": ("l.phone_end = r.phone_end", {"home"}),
}
"""Pairs that training looks at, and the comparisons of which they say nothing."""


@dataclass(frozen=True)
class Model:
    """How telling each level is, and what the data are like.

    ``prior``: how common matches are among all pairs; ``twins``, ``namesakes``: whether homes hold such pairs.
    """

    m: Levels
    u: Levels
    prior: float
    trained: bool
    twins: bool = True
    namesakes: bool = True

    def weight(self, comparison: str, level: str) -> float:
        """Return the bits by which a level speaks for (or, negative, against) one person; 0 for missing."""
        if level not in self.m.get(comparison, {}):
            return 0.0
        return math.log2(self.m[comparison][level] / self.u[comparison][level])

    def document(self) -> dict[str, Any]:
        """Return the model as plain data, to keep in the project."""
        return {"m": self.m, "u": self.u, "prior": self.prior, "trained": self.trained}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Model:
        """Read a kept model."""
        return cls(dict(document["m"]), dict(document["u"]), float(document["prior"]), bool(document["trained"]))


def present_comparisons(connection: DuckDBPyConnection) -> tuple[Comparison, ...]:
    """Return the comparisons for which ``rep`` has data."""
    columns = ("first", "last", "born", "mail", "phone_end", "street", "city", "postcode", "national")
    counts = connection.execute(f"SELECT {', '.join(f'count({c})' for c in columns)} FROM rep").fetchone() or ()
    return usable({column for column, count in zip(columns, counts, strict=True) if count})


def train(connection: DuckDBPyConnection, present: tuple[Comparison, ...], settings: Settings) -> Model:
    """Return the model: learned where there are enough records, else the defaults."""
    m = {c.name: {level.name: level.m for level in c.levels} for c in present}
    u = {c.name: {level.name: level.u for level in c.levels} for c in present}
    count = _count(connection, "rep")
    trained = count >= settings.train_from and len(present) > 1
    u = _u_of_random_pairs(connection, present, Model(m, u, 0.5, trained=False), count, settings)
    if trained:
        m = _m_by_maximisation(connection, present, Model(m, u, 0.001, trained=False), settings)
    return Model(m, u, 0.5, trained)


def score(connection: DuckDBPyConnection, present: tuple[Comparison, ...], model: Model) -> Model:
    """Make ``scored`` from ``pair``: gammas, rule and veto numbers, weight in bits, probability.

    Return the model with its prior: the share of all pairs that match, by what the rules found.
    """
    _predict(connection, present, model, "pair", "compared")
    families = _families(connection, present)
    vetoes = vetoes_of(**families)
    connection.execute(
        f"CREATE OR REPLACE TABLE ruled AS SELECT *, {rule_number(RULES, present)} AS rule,"
        f" {rule_number(vetoes, present)} AS veto FROM compared"
    )
    count = _count(connection, "rep")
    linked = _count(connection, "ruled WHERE rule > 0 AND veto = 0")
    prior = min(0.1, max(linked / EXPECTED_RECALL, 0.5) / max(count * (count - 1) / 2, 1))
    shift = math.log2(prior / (1 - prior))
    connection.execute(
        f"CREATE OR REPLACE TABLE scored AS SELECT * REPLACE (weight + {shift} AS weight),"
        f" 1 / (1 + pow(2.0, -least(greatest(weight + {shift}, -60), 60))) AS probability FROM ruled"
    )
    connection.execute("DROP TABLE compared")
    connection.execute("DROP TABLE ruled")
    return replace(model, prior=prior, twins=families["twins"], namesakes=families["namesakes"])


def _families(connection: DuckDBPyConnection, present: tuple[Comparison, ...]) -> dict[str, bool]:
    """Say whether twins, and namesakes in one home, may explain pairs that differ in one trait only.

    A pair with one surname, home and birth date but two first names is twins, or one person whose first name was
    mistyped altogether. One birth in thirty is of twins: where households are many and such pairs few, they are twins;
    where nobody else shares surname and home, they are one person. The same holds for father and son of one name.
    """
    rules = (HOUSEHOLD, TWINS, NAMESAKES)
    counts = ", ".join(f"count_if({rule.sql(present)})" for rule in rules)
    households, twins, namesakes = connection.execute(f"SELECT {counts} FROM compared").fetchone() or (0, 0, 0)
    return {
        "twins": twins < FEW or twins < FAMILY_SHARE * households,
        "namesakes": namesakes < FEW or namesakes < FAMILY_SHARE * households,
    }


def _predict(
    connection: DuckDBPyConnection, present: tuple[Comparison, ...], model: Model, pairs: str, into: str
) -> None:
    """Let Splink compare and weigh given pairs, with a prior of one half, so many at a time as memory likes.

    Splink yields levels only together with the compared values, so each part is cut down to numbers at once.
    """
    gammas = ", ".join(f"CAST(gamma_{c.name} AS TINYINT) AS gamma_{c.name}" for c in present)
    typed = ", ".join(f"gamma_{c.name} TINYINT" for c in present)
    connection.execute(f"CREATE OR REPLACE TABLE {into} (l INTEGER, r INTEGER, weight DOUBLE, {typed})")
    with _quiet():
        linker, api = _linker(connection, present, model)
        for part in range(math.ceil(_count(connection, pairs) / PART)):
            connection.execute(
                "CREATE OR REPLACE TABLE blocked AS SELECT '0' AS match_key, l AS join_key_l, r AS join_key_r"
                f" FROM {pairs} WHERE rowid >= {part * PART} AND rowid < {(part + 1) * PART}"
            )
            linker.table_management.register_blocked_pairs_for_predict(
                api.register("blocked", table_name=f"blocked_{part}")
            )
            found = linker.inference.predict(warning_mode="never")
            connection.execute(
                f"INSERT INTO {into} SELECT unique_id_l, unique_id_r, match_weight, {gammas} FROM {found.physical_name}"
            )
            found.drop_table_from_database_and_remove_from_cache()
    connection.execute("DROP TABLE IF EXISTS blocked")


def _linker(connection: DuckDBPyConnection, present: tuple[Comparison, ...], model: Model) -> tuple[Any, Any]:
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection)
    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": model.prior,
        "comparisons": [c.splink(model.m[c.name], model.u[c.name]) for c in present],
        "blocking_rules_to_generate_predictions": ["l.mail = r.mail"],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
        "em_convergence": 0.001,
        "max_iterations": 15,
    }
    return Linker(api.register("rep"), settings, log_level=None, validate_settings=False), api


def _u_of_random_pairs(
    connection: DuckDBPyConnection, present: tuple[Comparison, ...], model: Model, count: int, settings: Settings
) -> Levels:
    """Count levels among pairs of neighbours in a random order; pairs that the rules link are left out."""
    steps = max(1, min(count - 1, RANDOM_PAIRS // max(count, 1), RANDOM_PAIRS_EACH))
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE random_pair AS
        WITH shuffled AS (
          SELECT rid, row_number() OVER (ORDER BY hash(rid + {settings.seed}), rid) AS place
          FROM rep ORDER BY place LIMIT {RANDOM_PAIRS}
        )
        SELECT least(a.rid, b.rid) AS l, greatest(a.rid, b.rid) AS r
        FROM shuffled AS a CROSS JOIN range(1, {steps + 1}) AS s(step) JOIN shuffled AS b ON b.place = a.place + s.step
        """
    )
    _predict(connection, present, model, "random_pair", "random_compared")
    rest = f"random_compared WHERE {rule_number(RULES, present)} = 0"
    u: Levels = {}
    for comparison in present:
        counted = dict(
            connection.execute(f"SELECT gamma_{comparison.name}, count(*) FROM {rest} GROUP BY ALL").fetchall()
        )
        u[comparison.name] = _smoothed(comparison, counted)
    connection.execute("DROP TABLE random_compared")
    connection.execute("DROP TABLE random_pair")
    return u


def _smoothed(comparison: Comparison, counted: Mapping[int, int]) -> dict[str, float]:
    seen = sum(number for gamma, number in counted.items() if gamma >= 0)
    raw = {
        level.name: (counted.get(comparison.number(level.name), 0) + RANDOM_PAIRS_WEIGHT * level.u)
        / (seen + RANDOM_PAIRS_WEIGHT)
        for level in comparison.levels
    }
    floored = {level.name: max(raw[level.name], level.u / NEAR) for level in comparison.levels}
    return _rounded(floored)


def _m_by_maximisation(
    connection: DuckDBPyConnection, present: tuple[Comparison, ...], model: Model, settings: Settings
) -> Levels:
    """Let Splink learn ``m`` in several sessions, and take the mean of what each learned, near the defaults."""
    from splink.internals.exceptions import EMTrainingException

    names = {c.name for c in present}
    with _quiet():
        linker, _ = _linker(connection, present, model)
        for rule, silent in SESSIONS.values():
            if not silent <= names or len(names - silent) == 0:
                continue
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(
                    rule,
                    estimate_without_term_frequencies=True,
                    max_pairs=settings.train_pairs,
                    record_sample_proportion=min(1.0, 50_000 / _count(connection, "rep")),
                )
            except EMTrainingException:
                continue  # no pair agrees in this way: the other sessions, else the defaults, decide
        learned = linker.misc.save_model_to_json()
    made: Levels = {}
    found = {each["output_column_name"]: each["comparison_levels"] for each in learned["comparisons"]}
    for comparison in present:
        levels = found.get(comparison.name, [])
        m = {each["label_for_charts"]: each.get("m_probability") for each in levels}
        made[comparison.name] = _near_defaults(comparison, m)
    return made


def _near_defaults(comparison: Comparison, learned: Mapping[str, float | None]) -> dict[str, float]:
    kept = {}
    for level in comparison.levels:
        m = learned.get(level.name)
        kept[level.name] = level.m if m is None else min(max(m, level.m / NEAR), level.m * NEAR)
    return _rounded(kept)


def _rounded(levels: Mapping[str, float]) -> dict[str, float]:
    """Return probabilities that sum to about 1, with four digits: the order in which threads add must not show."""
    total = sum(levels.values())
    return {name: float(f"{value / total:.4g}") for name, value in levels.items()}


def _count(connection: DuckDBPyConnection, what: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {what}").fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Splink's advice to people who train by hand from being printed or raised."""
    import logging

    logger = logging.getLogger("splink")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)
