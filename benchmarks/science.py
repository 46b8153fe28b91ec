"""Compare the science methods with the packages that people use for them, on the same data in the same run.

    python benchmarks/science.py fit [customers]       BG/NBD against `lifetimes`
    python benchmarks/science.py pairs [orders]        pairs against mlxtend's FP-growth with max_len 2

Every contestant runs in a process of its own, so that the memory figures are its own: peak resident memory above the
data, which are made before and are the same for all.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable

SRC = str(Path(__file__).resolve().parents[1] / "src")


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def measure(work: Callable[[], object]) -> dict[str, object]:
    """Run once; return seconds, peak megabytes above the start, and the answer."""
    before, peak, is_done = resident_mb(), [0.0], threading.Event()

    def watch() -> None:
        while not is_done.wait(0.01):
            peak[0] = max(peak[0], resident_mb())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    answer = work()
    seconds = time.perf_counter() - start
    is_done.set()
    watcher.join()
    return {"seconds": round(seconds, 2), "peak_mb": round(max(peak[0], resident_mb()) - before), "answer": answer}


def histories(customers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Simulate BG/NBD customers with r 0.6, alpha 60 days, a 0.8, b 2.5, watched for up to 1,000 days."""
    random = np.random.default_rng(20240229)
    age = random.integers(1, 1000, customers).astype(float)
    rate, leave = random.gamma(0.6, 1 / 60, customers), random.beta(0.8, 2.5, customers)
    x, t_x, now, alive = (np.zeros(customers) for _ in range(4))
    alive = age > 0
    while alive.any():
        now = np.where(alive, np.ceil(now + random.exponential(1 / rate)), now)
        alive &= now <= age
        x[alive] += 1
        t_x[alive] = now[alive]
        alive &= random.random(customers) >= leave
    return x, t_x, age


def fit_ours(customers: int) -> dict[str, object]:
    from customer360.science.lifetime_value import fit_bg_nbd

    columns = histories(customers)
    fit_bg_nbd(*(column[:1000] for column in columns))  # imports are not part of the race

    def work() -> list[float]:
        fit = fit_bg_nbd(*columns)
        return [fit.r, fit.alpha, fit.a, fit.b, fit.log_likelihood]

    return measure(work)


def fit_lifetimes(customers: int) -> dict[str, object]:
    warnings.simplefilter("ignore")
    from lifetimes import BetaGeoFitter

    columns = histories(customers)
    BetaGeoFitter().fit(*(column[:1000] for column in columns))

    def work() -> list[float]:
        fit = BetaGeoFitter().fit(*columns)
        named = fit.params_
        return [float(named[name]) for name in ("r", "alpha", "a", "b")]

    return measure(work)


def orders(count: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Make baskets of 2,000 products, best-sellers far ahead, and 100 planted pairs of complements."""
    random = np.random.default_rng(20240229)
    size = 1 + random.poisson(2.0, count)
    basket = np.repeat(np.arange(count), size)
    weight = 1 / np.arange(1, 2001) ** 0.8
    item = random.choice(2000, len(basket), p=weight / weight.sum())
    first = (item >= 1000) & (item < 1200) & (item % 2 == 0) & (random.random(len(item)) < 0.4)
    return np.concatenate([basket, basket[first]]), np.concatenate([item, item[first] + 1]), 100


def pairs_ours(count: int) -> dict[str, object]:
    from customer360.science.basket import pairs

    basket, item, planted = orders(count)
    lines = pa.table({"transaction_id": basket, "item": item})
    pairs(lines.slice(0, 1000))

    def work() -> list[float]:
        found = pairs(lines, minimum_count=max(10, count // 20_000))
        top = found.slice(0, 200).to_pylist()
        hits = sum(
            1000 <= row["item_a"] < 1200 and row["item_a"] % 2 == 0 == row["item_b"] - row["item_a"] - 1 for row in top
        )
        return [found.num_rows, hits / planted]

    return measure(work)


def pairs_mlxtend(count: int) -> dict[str, object]:
    import pandas as pd
    from mlxtend.frequent_patterns import fpgrowth
    from scipy.sparse import csr_matrix

    basket, item, _ = orders(count)
    cells = csr_matrix((np.ones(len(item), dtype=bool), (basket, item)), shape=(count, 2000))
    cells.sum_duplicates()
    cells.data[:] = True
    frame = pd.DataFrame.sparse.from_spmatrix(cells)
    frame.columns = [str(column) for column in frame.columns]

    def work() -> list[float]:
        found = fpgrowth(frame, min_support=max(10, count // 20_000) / count, max_len=2)
        return [int((found["itemsets"].map(len) == 2).sum())]

    return measure(work)


RACES = {"fit": (fit_ours, fit_lifetimes), "pairs": (pairs_ours, pairs_mlxtend)}


def main() -> None:
    race, size = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    if len(sys.argv) > 3:
        print(json.dumps(RACES[race][int(sys.argv[3])](size)))
        return
    for number, contestant in enumerate(RACES[race]):
        command = [sys.executable, __file__, race, str(size), str(number)]
        shown = subprocess.run(command, check=True, capture_output=True, text=True, env={"PYTHONPATH": SRC}).stdout
        print(f"{contestant.__name__:16} {shown.strip().splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    main()
