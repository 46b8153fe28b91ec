"""CDNOW purchases, the published yardstick: files of the test-only package `lifetimes`, which is not imported."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest


def cdnow_file(name: str) -> Path:
    spec = find_spec("lifetimes")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the package `lifetimes`, which ships the CDNOW files, is not installed")
    return Path(spec.submodule_search_locations[0]) / "datasets" / name


def purchases_of(keys, days, amounts) -> pa.Table:
    iso = [f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in days]
    return pa.table(
        {
            "customer_key": pa.array([int(key) for key in keys]),
            "purchase_date": pa.array(np.array(iso, dtype="datetime64[D]")),
            "amount": pa.array(amounts).cast(pa.decimal128(12, 2)),
        }
    )


@pytest.fixture(scope="session")
def cdnow_histories():
    """Frequency, recency, age (weeks) and mean repeat spend of the 2,357 customers of the published sample."""
    rows = np.loadtxt(cdnow_file("cdnow_customers_summary_with_transactions.csv"), delimiter=",", skiprows=1)
    return rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4]


@pytest.fixture(scope="session")
def cdnow_sample() -> pa.Table:
    """Purchases of the 2,357 customers, one row each."""
    lines = [line.split() for line in cdnow_file("CDNOW_sample.txt").read_text().splitlines() if line.strip()]
    return purchases_of(*zip(*[(line[1], line[2], line[4]) for line in lines], strict=True))


@pytest.fixture(scope="session")
def cdnow_master() -> pa.Table:
    """Purchases of all 23,570 customers of the cohort, one row each."""
    lines = [line.split() for line in cdnow_file("CDNOW_master.txt").read_text().splitlines()[1:] if line.strip()]
    return purchases_of(*zip(*[(line[0], line[1], line[3]) for line in lines], strict=True))
