from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer360.errors import InputMalformed
from customer360.science.attribution import attribution, run

AS_OF = date(2024, 11, 30)
NOON = datetime(2024, 11, 30, 12)  # noqa: DTZ001 # warehouse timestamps carry no zone
MODELS = ("first_touch", "last_touch", "linear", "markov")


def journey(*paths):
    """Each path: channels one day apart, then True for a conversion worth 10."""
    touches, conversions = [], []
    for customer, (*channels, converts) in enumerate(paths):
        start = NOON - timedelta(days=len(channels))
        touches += [(customer, channel, start + timedelta(days=step)) for step, channel in enumerate(channels)]
        if converts:
            conversions.append((customer, customer, NOON, 10.0))
    return tables(touches, conversions)


def tables(touches, conversions):
    moment = pa.timestamp("us")
    return (
        pa.table(
            {
                "customer_key": pa.array([row[0] for row in touches], pa.int64()),
                "channel": pa.array([row[1] for row in touches], pa.string()),
                "touched_at": pa.array([row[2] for row in touches], moment),
            }
        ),
        pa.table(
            {
                "customer_key": pa.array([row[0] for row in conversions], pa.int64()),
                "conversion_id": pa.array([row[1] for row in conversions], pa.int64()),
                "converted_at": pa.array([row[2] for row in conversions], moment),
                "value": pa.array([row[3] for row in conversions], pa.float64()),
            }
        ),
    )


def credited(found, measure="conversions"):
    return {
        model: dict(zip(found["channel"].to_pylist(), found[f"{model}_{measure}"].to_pylist(), strict=True))
        for model in MODELS
    }


def test_first_last_and_linear_share_the_credit_as_their_names_say():
    found = credited(attribution(*journey(("search", "mail", "mail", True), ("mail", False)), as_of=AS_OF), "value")
    assert found["first_touch"] == {"mail": 0, "search": 10}
    assert found["last_touch"] == {"mail": 10, "search": 0}
    assert found["linear"] == pytest.approx({"mail": 20 / 3, "search": 10 / 3})


def test_the_removal_effect_is_the_one_worked_out_by_hand():
    # A > B > conversion, A > nowhere, B > conversion. P = 2/3 * 1/2 + 1/3 = 2/3; without A 1/3; without B 0.
    found = credited(attribution(*journey(("A", "B", True), ("A", False), ("B", True)), as_of=AS_OF))
    assert found["markov"] == pytest.approx({"A": 2 * (1 / 3), "B": 2 * (2 / 3)})


paths = st.lists(
    st.tuples(st.lists(st.sampled_from("ABC"), min_size=1, max_size=4), st.booleans()), min_size=1, max_size=8
)


@given(paths)
@settings(max_examples=40, deadline=None)
def test_markov_credit_follows_random_walks_and_all_models_add_up(some):
    touches, conversions = journey(*[(*channels, converts) for channels, converts in some])
    found = credited(attribution(touches, conversions, as_of=AS_OF))
    converted = sum(converts for _, converts in some)
    for model in MODELS:
        assert sum(found[model].values()) == pytest.approx(converted)
    # the same chain by powers of its whole transition matrix instead of a linear system
    channels = sorted({channel for path, _ in some for channel in path})
    states = ["start", *channels, "won", "lost"]
    moves = np.zeros((len(states), len(states)))
    for path, converts in some:
        steps = ["start", *path, "won" if converts else "lost"]
        for here, there in pairwise(steps):
            moves[states.index(here), states.index(there)] += 1
    moves[-1, -1] = moves[-2, -2] = 1
    moves /= moves.sum(axis=1, keepdims=True)

    def chance(removed=None):
        chain = moves.copy()
        if removed:
            chain[states.index(removed)] = np.eye(len(states))[-1]
        return np.linalg.matrix_power(chain, 4096)[0, -2]

    effects = {channel: chance() - chance(channel) for channel in channels}
    if converted:
        total = sum(effects.values())
        assert found["markov"] == pytest.approx({c: converted * e / total for c, e in effects.items()}, abs=1e-6)


def test_touches_belong_to_one_conversion_and_grow_old():
    day = timedelta(days=1)
    touches, conversions = tables(
        [
            (1, "old", NOON - 60 * day), (1, "first", NOON - 20 * day), (1, "second", NOON - 2 * day),
            (2, "mail", NOON + 2 * day), (1, "later", NOON + day / 4),
        ],
        [(1, 1, NOON - 10 * day, 7.0), (1, 2, NOON, 3.0), (3, 3, NOON, 99.0), (2, 4, NOON + 5 * day, 5.0)],
    )  # fmt: skip
    found = credited(attribution(touches, conversions, as_of=AS_OF), "value")
    assert found["first_touch"] == {"first": 7, "later": 0, "second": 3}
    long = credited(attribution(touches, conversions, as_of=AS_OF, lookback_days=365), "value")
    assert long["first_touch"] == {"first": 0, "later": 0, "old": 7, "second": 3}


def test_no_touches_give_no_channels_and_a_negative_lookback_is_refused():
    touches, conversions = tables([], [(1, 1, NOON, 5.0)])
    inputs = {"touches": touches, "conversions": conversions}
    assert run(inputs, {}, as_of=AS_OF).num_rows == 0
    with pytest.raises(InputMalformed, match="lookback_days is -1"):
        run(inputs, {"lookback_days": -1}, as_of=AS_OF)
