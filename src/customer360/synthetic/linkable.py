"""Say which records of one person evidence can link: the most that identity resolution can be asked to find.

Two records of a person whose e-mail differs and that share nothing else can be linked by nobody; a recall that counts
them measures luck. A pair is here when the two records as written share an e-mail (no placeholder), a phone, or the
name together with the date of birth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.synthetic.columns import Mask, words
from customer360.synthetic.membership import CARE, CDP, CRM
from customer360.synthetic.pools import PLACEHOLDER_EMAILS

if TYPE_CHECKING:
    from customer360.synthetic.draws import Integers
    from customer360.synthetic.shopflow import ShopFlow

SYSTEMS = ("shop", "crm", "cdp", "care")
EVIDENCE = ("email", "phone", "name and date of birth")
MOST_RECORDS = 8
"""Records that one person can have in all systems together: at most five occur."""


@dataclass(frozen=True)
class _Records:
    """All records of people, sorted by person; numbers stand for values, -1 for none."""

    system: Integers
    source_id: pa.Array
    person: Integers
    email: Integers
    phone: Integers
    name: Integers
    born: Integers


def linkable_pairs(shopflow: ShopFlow) -> pa.Table:
    """Return one row a pair: system and source_id of both records, person_id, and the strongest evidence."""
    records = _records(shopflow)
    lefts, rights, proofs = [], [], []
    for lag in range(1, MOST_RECORDS):
        left = np.arange(max(0, len(records.person) - lag))
        left = left[records.person[left] == records.person[left + lag]]
        proof = _evidence(records, left, left + lag)
        lefts.append(left[proof >= 0])
        rights.append(left[proof >= 0] + lag)
        proofs.append(proof[proof >= 0])
    left, right, proof = np.concatenate(lefts), np.concatenate(rights), np.concatenate(proofs)
    order = np.lexsort((right, left))
    left, right, proof = left[order], right[order], proof[order]
    return pa.table(
        {
            "system_a": words(records.system[left], SYSTEMS),
            "source_id_a": records.source_id.take(pa.array(left)),
            "system_b": words(records.system[right], SYSTEMS),
            "source_id_b": records.source_id.take(pa.array(right)),
            "person_id": pa.array(records.person[left]),
            "evidence": words(proof, EVIDENCE),
        }
    )


def _evidence(records: _Records, left: Integers, right: Integers) -> Integers:
    def same(values: Integers) -> Mask:
        return np.asarray((values[left] >= 0) & (values[left] == values[right]))

    named = same(records.name) & same(records.born)
    return np.select([same(records.email), same(records.phone), named], [0, 1, 2], -1)


def _records(shopflow: ShopFlow) -> _Records:
    company = shopflow.company
    tables = [
        _one(shopflow, "shop", "customers", "customer_id"),
        _one(shopflow, "crm", "crm_customers", "id"),
        _one(shopflow, "cdp", "customer_info", "customer_id"),
        _one(shopflow, "care", "customers", "customer_id"),
    ]
    sizes = [table.num_rows for table in tables]
    persons = [np.arange(sizes[0])]
    persons += [kind.person(company, np.arange(size)) for kind, size in zip((CRM, CDP, CARE), sizes[1:], strict=True)]
    every, person = pa.concat_tables(tables), np.concatenate(persons)
    order = np.argsort(person, kind="stable")
    return _Records(
        system=np.repeat(np.arange(len(SYSTEMS)), sizes)[order],
        source_id=every["source_id"].combine_chunks().take(pa.array(order)),
        person=person[order],
        email=_places(every["email"], PLACEHOLDER_EMAILS)[order],
        phone=_places(every["phone"], ())[order],
        name=_places(every["name"], ())[order],
        born=_places(every["born"], ())[order],
    )


def _one(shopflow: ShopFlow, system: str, table: str, key: str) -> pa.Table:
    """Return a system's people under common names: e-mail folded, phone as its last ten digits, one name."""
    rows = next(shopflow.systems[system][table]())
    blank = pa.nulls(rows.num_rows, pa.string())
    have = set(rows.column_names)
    phone = next((rows[c] for c in ("phone", "phone_number") if c in have), blank)
    digits = pc.replace_substring_regex(phone, r"\D", "")
    if "customer_name" in have:
        name = rows["customer_name"]
    else:
        name = pc.binary_join_element_wise(
            rows["first_name"].cast(pa.string()), rows["last_name"].cast(pa.string()), " "
        )
    return pa.table(
        {
            "source_id": rows[key].cast(pa.string()),
            "email": pc.utf8_lower(rows["email"]),
            "phone": pc.utf8_slice_codeunits(digits, -10),
            "name": name,
            "born": rows["date_of_birth"].cast(pa.string()) if "date_of_birth" in have else blank,
        }
    )


def _places(values: pa.ChunkedArray, useless: tuple[str, ...]) -> Integers:
    """Return the same number for the same text, -1 for none and for texts that say nothing."""
    coded = values.combine_chunks().dictionary_encode()
    places = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    known = pc.is_in(coded.dictionary, value_set=pa.array(useless, pa.string())).to_numpy(zero_copy_only=False)
    return np.where(np.isin(places, np.flatnonzero(known)), -1, places)
