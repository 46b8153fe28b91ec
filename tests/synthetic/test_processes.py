"""What was planted can be found again, by computations that know nothing of how it was planted."""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from scipy import optimize, special

from customer360.synthetic import shop
from customer360.synthetic.book import OrderBook
from customer360.synthetic.columns import plain
from customer360.synthetic.company import START, Company, Process, PurchaseProcess, SpendProcess
from customer360.synthetic.purchases import latent, simulate

Floats = npt.NDArray[np.float64]
SIZES = [pytest.param(20_000, 0.12, id="20k"), pytest.param(100_000, 0.05, id="100k", marks=pytest.mark.full)]


def orders_of(book: OrderBook) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.register("arrow_orders", pa.concat_tables([plain(chunk) for chunk in shop.orders(book)]))
    connection.execute("CREATE TABLE orders AS SELECT * FROM arrow_orders")
    return connection


def histories(company: Company, *, in_demand: bool) -> tuple[Floats, Floats, Floats]:
    """Return repeat orders, time of the last one and time observed, in weeks since each buyer's first order day."""
    rows = orders_of(OrderBook.write(company)).execute(
        """SELECT date_diff('day', ?::DATE, min(order_date)), date_diff('day', ?::DATE, max(order_date)),
        count(DISTINCT order_date) - 1 FROM orders GROUP BY customer_id""",
        [START, START],
    )
    first, last, repeats = rows.fetchnumpy().values()
    clock = (lambda day: company.to_demand(day, sales=True)) if in_demand else (lambda day: day)
    begin, latest = clock(first + 0.5), clock(last + 0.5)
    end = clock(np.full(len(first), float(company.days)))
    return repeats.astype(float), (latest - begin) / 7.0, (end - begin) / 7.0


def fit_bg_nbd(x: Floats, t_x: Floats, observed: Floats) -> Floats:
    """Maximise the likelihood of Fader, Hardie and Lee 2005, equation 6, written out here for the test."""

    def loss(logs: Floats) -> float:
        r, alpha, a, b = np.exp(logs)
        common = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + special.betaln(a, b + x)
        alive = -(r + x) * np.log(alpha + observed)
        with np.errstate(divide="ignore"):
            gone = np.log(a) - np.log(np.maximum(b + x - 1.0, 1e-12)) - (r + x) * np.log(alpha + t_x)
        both = np.where(x > 0, np.logaddexp(alive, np.where(x > 0, gone, -np.inf)), alive)
        return float(-(common - special.betaln(a, b) + both).mean())

    found = optimize.minimize(loss, np.zeros(4), method="Nelder-Mead", options={"maxiter": 4_000, "fatol": 1e-10})
    assert found.success
    return np.exp(found.x)


@pytest.mark.parametrize(("customers", "tolerance"), SIZES)
@pytest.mark.parametrize("seasonality", [0.0, 1.0], ids=["calendar time", "demand time"])
def test_bg_nbd_parameters_are_recovered(customers: int, tolerance: float, seasonality: float) -> None:
    """Without seasons in calendar time, which knows nothing of the demand clock; with seasons in demand time."""
    company = Company(customers=customers, seasonality=seasonality, closed=())
    found = fit_bg_nbd(*histories(company, in_demand=seasonality > 0))
    process = company.purchases
    planted = np.array([process.r, process.alpha, process.a, process.b])
    assert np.abs(found / planted - 1.0).max() < tolerance


def test_spend_is_gamma_gamma() -> None:
    """E[mean basket] = p gamma / (q - 1); the spread of a customer's baskets is 1 / sqrt(p)."""
    company = Company(customers=40_000, spend=SpendProcess(p=6.0, q=4.0, gamma=90.0))
    traits = latent(company, np.arange(company.customers))
    assert traits.spend_level.mean() == pytest.approx(6.0 * 90.0 / 3.0, rel=0.02)
    baskets, _ = simulate(company, traits)
    relative = baskets.value / traits.spend_level[baskets.customer]
    assert relative.mean() == pytest.approx(1.0, rel=0.01)
    assert relative.std() == pytest.approx(6.0**-0.5, rel=0.02)


def test_baskets_cost_about_what_the_spend_process_asked() -> None:
    company = Company(customers=5_000)
    book = OrderBook.write(company)
    asked = book.baskets.value
    cost = np.bincount(book.lines.basket_index, weights=book.lines.amount_cents / 100.0, minlength=len(asked))
    assert np.corrcoef(np.log(asked), np.log(cost))[0, 1] > 0.6


@pytest.mark.parametrize("customers", [20_000, pytest.param(100_000, marks=pytest.mark.full)])
def test_planted_complements_rank_on_top_by_lift(customers: int) -> None:
    book = OrderBook.write(Company(customers=customers))
    pairs = orders_of(book).execute(
        """WITH items AS (
            SELECT DISTINCT customer_id || order_date || payment_method AS basket, product_id FROM orders),
        sold AS (SELECT product_id, count(*) AS n FROM items GROUP BY 1)
        SELECT a.product_id, b.product_id FROM items AS a JOIN items AS b USING (basket)
        JOIN sold AS p ON p.product_id = a.product_id JOIN sold AS q ON q.product_id = b.product_id
        WHERE a.product_id < b.product_id
        GROUP BY ALL HAVING count(*) >= 5
        ORDER BY count(*) / (any_value(p.n) * any_value(q.n)) DESC LIMIT 200"""
    )
    top = {frozenset(pair) for pair in pairs.fetchall()}
    partner = book.catalogue.complement
    planted = {
        frozenset((f"PROD{left + 1:05d}", f"PROD{right + 1:05d}")) for left, right in enumerate(partner) if right >= 0
    }
    assert len(planted) >= 70
    assert len(planted & top) / len(planted) >= 0.95


def gaps(kind: Process) -> tuple[Floats, Integers]:
    """Return the gaps between a customer's orders relative to his mean gap, and whose they are."""
    company = Company(
        customers=4_000,
        seasonality=0.0,
        closed=(),
        purchases=PurchaseProcess(kind=kind, a=0.02, b=20.0, r=4.0, alpha=10.0),
    )
    baskets, _ = simulate(company, latent(company, np.arange(company.customers)))
    same = np.diff(baskets.customer) == 0
    wait, whose = np.diff(baskets.moment)[same], baskets.customer[1:][same]
    busy = np.bincount(whose) >= 20
    keep = busy[whose]
    mean = np.bincount(whose, weights=wait) / np.maximum(np.bincount(whose), 1)
    return wait[keep] / mean[whose[keep]], whose[keep]


Integers = npt.NDArray[np.int64]


def test_processes_differ_as_named() -> None:
    """Spread of gaps relative to their mean: 1 for Poisson, 1 / sqrt(6) for regular buyers, above 1.2 for clumpy."""
    spread = {kind: gaps(kind)[0].std() for kind in ("bg_nbd", "regular", "clumpy")}
    assert spread["bg_nbd"] == pytest.approx(1.0, abs=0.06)
    assert spread["regular"] == pytest.approx(6**-0.5, abs=0.05)
    assert spread["clumpy"] > 1.2


def test_drifting_buyers_slow_down() -> None:
    def ratio(kind: Process) -> float:
        relative, whose = gaps(kind)
        first = np.concatenate(([True], np.diff(whose) != 0))
        place = np.arange(len(whose)) - np.flatnonzero(first)[np.cumsum(first) - 1]
        share = place / np.bincount(whose)[whose]
        return float(relative[share > 0.7].mean() / relative[share < 0.3].mean())

    assert ratio("bg_nbd") == pytest.approx(1.0, abs=0.1)
    assert ratio("drifting") > 1.4


def test_low_stock_makes_carts_stay_behind() -> None:
    """Among carts without purchase, those with a scarce first item name low stock far more often."""
    from customer360.synthetic.sessions import REASONS, plan
    from customer360.synthetic.stock import is_low

    book = OrderBook.write(Company(customers=3_000))
    visits = plan(book)
    left = visits.first_item >= 0
    low = is_low(book.company, visits.first_item[left].astype(np.int64), visits.day[left].astype(np.int64))
    by_stock = visits.reason[left] == REASONS.index("low_stock")
    assert by_stock[low].mean() > 0.4
    assert not by_stock[~low].any()
