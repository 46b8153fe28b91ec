"""Numbers drawn by hashing ids: independent of order and chunks, and of the distributions they claim."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from customer360.synthetic.draws import Stream

IDS = np.arange(200_000)


@given(seed=st.integers(0, 2**63), ids=st.lists(st.integers(0, 2**62), min_size=1, max_size=50))
def test_a_number_depends_on_its_id_alone(seed: int, ids: list[int]) -> None:
    stream = Stream.of(seed, "test")
    together = stream.uniform(np.array(ids))
    assert ((together > 0) & (together < 1)).all()
    assert [float(stream.uniform(np.array([each]))[0]) for each in ids] == together.tolist()


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (lambda s: s.uniform(IDS), stats.uniform()),
        (lambda s: s.exponential(IDS), stats.expon()),
        (lambda s: s.normal(IDS), stats.norm()),
        (lambda s: s.gamma(IDS, 0.8), stats.gamma(0.8)),
        (lambda s: s.gamma(IDS, 6.0), stats.gamma(6.0)),
        (lambda s: s.beta(IDS, 0.65, 2.6), stats.beta(0.65, 2.6)),
        (lambda s: s.beta(IDS, 3.0, 0.4), stats.beta(3.0, 0.4)),
    ],
    ids=["uniform", "exponential", "normal", "gamma 0.8", "gamma 6", "beta low", "beta high"],
)
def test_distributions(draw: object, expected: object) -> None:
    """Kolmogorov and Smirnov's distance over 200,000 numbers: 0.0044 is passed by chance once in a thousand times."""
    numbers = draw(Stream.of(11, "distribution"))  # type: ignore[operator]
    assert stats.kstest(numbers, expected.cdf).statistic < 0.0044  # type: ignore[attr-defined]


def test_the_tables_keep_five_digits() -> None:
    stream, rank = Stream.of(3, "digits"), np.arange(20_000)
    uniform = stream.uniform(rank)
    assert stream.gamma(rank, 6.0) == pytest.approx(stats.gamma(6.0).ppf(uniform), rel=1e-5)
    assert stream.beta(rank, 0.65, 2.6) == pytest.approx(stats.beta(0.65, 2.6).ppf(uniform), rel=1e-4, abs=1e-9)


def test_streams_and_repeats_are_unrelated() -> None:
    one, other = Stream.of(1, "a"), Stream.of(1, "b")
    for left, right in (
        (one.uniform(IDS), other.uniform(IDS)),
        (one.uniform(IDS), one.uniform(IDS, 1)),
        (one.uniform(IDS), Stream.of(2, "a").uniform(IDS)),
        (one.uniform(IDS)[:-1], one.uniform(IDS)[1:]),
    ):
        assert abs(np.corrcoef(left, right)[0, 1]) < 0.01


def test_choices_follow_their_weights() -> None:
    chosen = Stream.of(5, "choice").choose(IDS, (3.0, 1.0, 0.0, 4.0))
    assert np.bincount(chosen, minlength=4) / len(IDS) == pytest.approx([0.375, 0.125, 0.0, 0.5], abs=0.005)
    assert set(Stream.of(5, "whole").integers(IDS, 3, 7).tolist()) == {3, 4, 5, 6, 7}
