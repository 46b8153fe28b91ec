"""Write down what the generator knows and no system says: who is who, who left, which pairs belong together.

Written beside the data for tests and benchmarks; never loaded by a project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from customer360.synthetic.columns import dates, numbered, words
from customer360.synthetic.homes import home
from customer360.synthetic.linkable import linkable_pairs
from customer360.synthetic.membership import CARE, CDP, CRM
from customer360.synthetic.sessions import BOUGHT, CART, REASONS, STAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.synthetic.draws import Integers
    from customer360.synthetic.shopflow import ShopFlow


def tables(shopflow: ShopFlow) -> Mapping[str, pa.Table]:
    """Return the truth tables by name."""
    return {
        "people": people(shopflow),
        "linkable_pairs": linkable_pairs(shopflow),
        "customers": customers(shopflow),
        "complements": complements(shopflow),
        "abandoned_carts": abandoned_carts(shopflow),
        "parameters": parameters(shopflow),
    }


def people(shopflow: ShopFlow) -> pa.Table:
    """Return one row a source record: system, source_id, person_id, household_id."""
    company = shopflow.company
    parts: list[tuple[str, pa.Array, Integers]] = []
    shop = np.arange(company.signed_up)
    parts.append(("shop", numbered("CUST", shop + 1, 6), shop))
    for system in (CRM, CDP, CARE):
        count = system.company(company).signed_up if system is not CARE else max(1, CARE.count(company))
        number = np.arange(count)
        parts.append((system.name, pa.array(number + 1).cast(pa.string()), system.person(company, number)))
    person = np.concatenate([part[2] for part in parts])
    return pa.table(
        {
            "system": words(
                np.repeat(np.arange(len(parts)), [len(ids) for _, ids, _ in parts]), [name for name, _, _ in parts]
            ),
            "source_id": pa.concat_arrays([part[1] for part in parts]),
            "person_id": pa.array(person),
            "household_id": pa.array(home(company, person)),
        }
    )


def customers(shopflow: ShopFlow) -> pa.Table:
    """Return one row a shop customer: the rates he buys and leaves with, and when he left."""
    book = shopflow.book
    traits = book.latent
    gone = np.isfinite(book.stopped)
    return pa.table(
        {
            "customer_id": numbered("CUST", traits.customer + 1, 6),
            "weekly_rate": pa.array(traits.weekly_rate),
            "dropout_probability": pa.array(traits.dropout),
            "mean_basket_value": pa.array(traits.spend_level),
            "left_on": dates(np.where(gone, book.stopped, 0.0), missing=~gone),
            "is_alive": pa.array(~gone & np.isfinite(traits.first_order)),
        }
    )


def complements(shopflow: ShopFlow) -> pa.Table:
    """Return the planted pairs of products that are bought together."""
    partner = shopflow.book.catalogue.complement
    left = np.flatnonzero(partner > np.arange(len(partner)))
    return pa.table({"product_a": numbered("PROD", left + 1, 5), "product_b": numbered("PROD", partner[left] + 1, 5)})


def abandoned_carts(shopflow: ShopFlow) -> pa.Table:
    """Return one row an abandoned cart: where it was left and the planted reason."""
    visits = shopflow.visits
    left = np.flatnonzero((visits.stage >= CART) & (visits.stage < BOUGHT))
    return pa.table(
        {
            "session_id": numbered("SES", left + 1, 7),
            "stage": words(visits.stage[left], STAGES),
            "reason": words(visits.reason[left], REASONS),
        }
    )


def parameters(shopflow: ShopFlow) -> pa.Table:
    """Return the parameters of the purchase and spend processes (rates per week)."""
    company = shopflow.company
    known = {**vars(company.purchases), **vars(company.spend), "seed": company.seed, "customers": company.customers}
    return pa.table({"parameter": list(known), "value": [str(value) for value in known.values()]})
