"""Plan promotions: a few days off one category, and the great sale weeks of November."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.synthetic.catalogue import CATEGORIES
from customer360.synthetic.columns import dates, money, words
from customer360.synthetic.company import START, Company

if TYPE_CHECKING:
    from customer360.synthetic.draws import Integers

CYCLE_DAYS = 28
"""Each category has one promotion in every cycle of four weeks, on days drawn for it."""

PROMOTION_DAYS = 7
PERCENTS = (10, 15)
SALE_MONTH, SALE_FIRST_DAY, SALE_LAST_DAY, SALE_PERCENT = 11, 20, 30, 15


def promoted_percent(company: Company, category: Integers, day: Integers) -> Integers:
    """Return the promotion that holds for a category on a day (days since START) in percent, 0 for none."""
    cycle = day // CYCLE_DAYS
    slot = cycle * len(CATEGORIES) + category
    start = cycle * CYCLE_DAYS + company.stream("promotions.start").integers(slot, 0, CYCLE_DAYS - PROMOTION_DAYS)
    percent = np.array(PERCENTS)[company.stream("promotions.percent").integers(slot, 0, len(PERCENTS) - 1)]
    running = np.where((day >= start) & (day < start + PROMOTION_DAYS), percent, 0)
    return np.where(_is_sale(company)[day], np.maximum(running, SALE_PERCENT), running)


def _is_sale(company: Company) -> np.ndarray:
    days = [START + timedelta(days=n) for n in range(company.days)]
    return np.array([d.month == SALE_MONTH and SALE_FIRST_DAY <= d.day <= SALE_LAST_DAY for d in days])


def table(company: Company) -> pa.Table:
    """Return ``shop_ops.promotions`` that have begun by ``until``: start, end, category, discount (share, 0 to 1)."""
    slots = np.arange(((company.days - 1) // CYCLE_DAYS + 1) * len(CATEGORIES))
    cycle, category = np.divmod(slots, len(CATEGORIES))
    start = cycle * CYCLE_DAYS + company.stream("promotions.start").integers(slots, 0, CYCLE_DAYS - PROMOTION_DAYS)
    percent = np.array(PERCENTS)[company.stream("promotions.percent").integers(slots, 0, len(PERCENTS) - 1)]
    begun = start < company.days
    ordinary = (start[begun], start[begun] + PROMOTION_DAYS - 1, category[begun], percent[begun])
    sale = np.flatnonzero(np.diff(np.concatenate(([0], _is_sale(company).astype(int)))) == 1)
    every = np.repeat(sale, len(CATEGORIES))
    length = SALE_LAST_DAY - SALE_FIRST_DAY
    sales = (every, every + length, np.tile(np.arange(len(CATEGORIES)), len(sale)), np.full(len(every), SALE_PERCENT))
    first, last, kind, off = (np.concatenate(pair) for pair in zip(ordinary, sales, strict=True))
    order = np.lexsort((kind, first))
    return pa.table(
        {
            "start": dates(first[order]),
            "end": dates(last[order]),
            "category": words(kind[order], CATEGORIES),
            "discount": money(off[order], precision=3),
        }
    )
