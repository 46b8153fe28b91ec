"""Learn the model: ``u`` from pairs taken at random, ``m`` by expectation maximisation, the prior from what rules find.

Both are kept near documented defaults, so that few or odd records cannot lead the model astray. Works on samples; the
same records give the same model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.identity.comparisons import Comparison
from customer360.identity.model import COMMON, NAMED, Levels, Model
from customer360.identity.rules import HOUSEHOLD, NAMESAKES, OTHER_LAST, TWINS, rule_number, vetoes_of
from customer360.identity.scoring import count, know, predict, present_comparisons, quiet, splink_linker
from customer360.identity.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXPECTED_RECALL = 0.7
"""Share of true pairs that the rules find, for the prior: a factor of two in it moves weights by one bit."""
NEAR = 5.0
"""Learned probabilities stay within this factor of the defaults."""
RANDOM_PAIRS, RANDOM_PAIRS_EACH = 250_000, 20
"""Pairs taken at random: in all, and for each record."""
RANDOM_PAIRS_WEIGHT = 2.0
"""Pairs that a default ``u`` counts for beside the counted ones."""
SAMPLE, SAMPLE_PAIRS = 50_000, 500_000
"""Records that expectation maximisation looks at, and pairs that the prior is counted on."""
FEW, FAMILY_SHARE = 10, 0.25
"""Pairs that may be twins whatever their share, and the most that they can be of household pairs."""
MISTAKEN = 4
"""A first name, or a birth date, may be replaced by mistake so many times as often as a last name."""
SESSIONS = {
    "same e-mail": ("l.mail = r.mail", {"email"}),
    "same names": ("l.first = r.first AND l.last = r.last", {"first_name", "last_name"}),
    "same birth date": ("l.born = r.born AND left(l.first, 2) = left(r.first, 2)", {"date_of_birth", "first_name"}),
    "same phone": ("l.phone_end = r.phone_end", {"home"}),
}
"""Pairs that training looks at, and the comparisons of which they say nothing."""


def train(connection: DuckDBPyConnection, settings: Settings) -> Model:
    """Return the model of ``rep`` and ``pair``: learned where there are enough records, else the defaults.

    Leaves the pairs it compared as ``known_pair`` when those are all, so that nobody compares them again.
    """
    records, present = count(connection, "rep"), present_comparisons(connection)
    trained = records >= settings.train_from and len(present) > 1
    names, named = _names(connection)
    model = Model(records=records, names=names, named=named, trained=trained)
    model = replace(model, u={**model.u, **_u_of_random_pairs(connection, present, model, settings)})
    if trained:
        model = replace(model, m={**model.m, **_m_by_maximisation(connection, present, model, settings)})
    return _with_prior(connection, present, model, settings)


def _names(connection: DuckDBPyConnection) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """Return how many records carry each common first and last name, and how many have one at all."""
    names: dict[str, dict[str, int]] = {}
    named: dict[str, int] = {}
    for column in NAMED:
        rows = connection.execute(
            f"SELECT {column}, count(*) FROM record WHERE {column} IS NOT NULL GROUP BY 1 HAVING count(*) >= {COMMON}"
        ).fetchall()
        names[column] = {str(name): int(number) for name, number in sorted(rows)}
        named[column] = count(connection, f"record WHERE {column} IS NOT NULL")
    return names, named


def _u_of_random_pairs(
    connection: DuckDBPyConnection, present: tuple[Comparison, ...], model: Model, settings: Settings
) -> Levels:
    """Count levels among pairs of neighbours in a random order; pairs that the rules link are left out."""
    steps = max(1, min(model.records - 1, RANDOM_PAIRS // max(model.records, 1), RANDOM_PAIRS_EACH))
    shuffled = (
        connection.execute(f"SELECT rid FROM rep ORDER BY hash(rid + {settings.seed}), rid LIMIT {RANDOM_PAIRS}")
        .to_arrow_table()["rid"]
        .to_numpy()
    )
    left = np.concatenate([shuffled[:-step] for step in range(1, steps + 1)])
    right = np.concatenate([shuffled[step:] for step in range(1, steps + 1)])
    connection.register("drawn", pa.table({"l": np.minimum(left, right), "r": np.maximum(left, right)}))
    connection.execute("CREATE OR REPLACE TABLE random_pair AS FROM drawn")
    connection.unregister("drawn")
    predict(connection, present, model, "random_pair", "random_compared")
    rest = f"random_compared WHERE {rule_number(settings.rules)} = 0"
    u: dict[str, dict[str, float]] = {}
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
    connection.execute(
        "CREATE OR REPLACE TABLE sampled AS"
        f" SELECT rid FROM rep ORDER BY hash(rid + {settings.seed}), rid LIMIT {SAMPLE}"
    )
    with quiet():
        linker, _ = splink_linker(connection, present, model, "sampled", prior=0.001)
        for rule, silent in SESSIONS.values():
            if not silent <= names or len(names - silent) == 0:
                continue
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(
                    rule, estimate_without_term_frequencies=True, max_pairs=settings.train_pairs
                )
            except EMTrainingException:
                continue  # no pair agrees in this way: the other sessions, else the defaults, decide
        learned = linker.misc.save_model_to_json()
    connection.execute("DROP TABLE sampled")
    found = {each["output_column_name"]: each["comparison_levels"] for each in learned["comparisons"]}
    return {c.name: _near_defaults(c, found.get(c.name, [])) for c in present}


def _near_defaults(comparison: Comparison, levels: list[Mapping[str, object]]) -> dict[str, float]:
    learned = {each["label_for_charts"]: each.get("m_probability") for each in levels}
    kept = {}
    for level in comparison.levels:
        m = learned.get(level.name)
        kept[level.name] = min(max(m, level.m / NEAR), level.m * NEAR) if isinstance(m, float) else level.m
    return _rounded(kept)


def _rounded(levels: Mapping[str, float]) -> dict[str, float]:
    """Return probabilities that sum to about 1, with four digits: the order in which threads add must not show."""
    total = sum(levels.values())
    return {name: float(f"{value / total:.4g}") for name, value in levels.items()}


def _with_prior(
    connection: DuckDBPyConnection, present: tuple[Comparison, ...], model: Model, settings: Settings
) -> Model:
    """Return the model with the share of all pairs that match, by what the rules find, and what homes may hold.

    A pair with one surname, home and birth date but two first names is twins, or one person whose first name was
    written as another. One birth in thirty is of twins: where households are many and such pairs few, they are twins.
    Where nobody else shares surname and home they are one person, if last names are replaced as often: mistakes do not
    choose. The same holds for father and son of one name.
    """
    pairs = count(connection, "pair")
    part = max(1, -(-pairs // SAMPLE_PAIRS))
    connection.execute(f"CREATE OR REPLACE TABLE judged AS SELECT l, r FROM pair WHERE hash(l, r) % {part} = 0")
    predict(connection, present, model, "judged", "judged_compared")
    households, mistakes, twins, namesakes = (
        count(connection, f"judged_compared WHERE {rule.sql()}") * part
        for rule in (HOUSEHOLD, OTHER_LAST, TWINS, NAMESAKES)
    )
    has_twins, has_namesakes = (
        pairs < FEW or pairs < FAMILY_SHARE * households or pairs > MISTAKEN * mistakes for pairs in (twins, namesakes)
    )
    vetoes = vetoes_of(settings.vetoes, twins=has_twins, namesakes=has_namesakes)
    linked = f"judged_compared WHERE {rule_number(settings.rules)} > 0 AND {rule_number(vetoes)} = 0"
    matches = max(count(connection, linked) * part / EXPECTED_RECALL, 0.5)
    prior = min(0.1, matches / max(model.records * (model.records - 1) / 2, 1))
    know(connection, None, None)
    if part == 1:
        connection.execute(
            "INSERT INTO known_pair BY NAME SELECT a.fingerprint AS record_a, b.fingerprint AS record_b,"
            " judged_compared.* EXCLUDE (l, r)"
            " FROM judged_compared JOIN rep AS a ON a.rid = l JOIN rep AS b ON b.rid = r"
        )
    connection.execute("DROP TABLE judged_compared")
    connection.execute("DROP TABLE judged")
    return replace(model, prior=float(f"{prior:.6g}"), twins=has_twins, namesakes=has_namesakes)
