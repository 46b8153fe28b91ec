"""Say where people live: households, countries, cities, and street addresses for those tables that have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.synthetic.columns import Mask, words
from customer360.synthetic.pools import CITIES, COUNTRIES, POSTCODES, REGIONS, STREET_KINDS, STREETS

if TYPE_CHECKING:
    from customer360.synthetic.company import Company
    from customer360.synthetic.draws import Integers

SHARED_HOME = 0.22
"""Share of neighbouring numbers that live together: same surname, home and phone."""

_CITIES = [city for cities in CITIES for city in cities]
_REGIONS = [region for regions in REGIONS for region in regions]
_SIZES = np.array([len(cities) for cities in CITIES])
_STARTS = np.cumsum(_SIZES) - _SIZES
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXY"


def home(company: Company, person: Integers) -> Integers:
    """Return the number of the household that a person lives in: shared by two neighbours, or their own."""
    pair = person >> 1
    together = company.stream("people.together").happens(pair, SHARED_HOME)
    return np.where(together, (1 << 50) + pair, person)


def country(company: Company, person: Integers) -> Integers:
    """Return the country of a person's home."""
    return company.stream("homes.country").choose(home(company, person), (0.40, 0.13, 0.16, 0.13, 0.10, 0.08))


def city(company: Company, person: Integers, household: Integers) -> Integers:
    """Return the place in the list of all cities of each household, in the country of the person."""
    where = country(company, person)
    pick = company.stream("homes.city").uniform(household)
    return np.asarray(_STARTS[where] + (pick * _SIZES[where]).astype(np.int64))


def city_names(company: Company, person: Integers) -> pa.Array:
    """Return the city of each person's home."""
    return words(city(company, person, home(company, person)), _CITIES)


def country_names(company: Company, person: Integers) -> pa.Array:
    """Return the country of each person's home."""
    return words(country(company, person), COUNTRIES)


@dataclass(frozen=True)
class Address:
    """Street addresses of records: of a person's household, or of where they moved."""

    company: Company
    household: Integers
    country: Integers
    city: Integers
    abbreviated: Mask

    @classmethod
    def of(cls, company: Company, person: Integers, record: Integers, moved: Mask) -> Address:
        """Return the addresses of records; ``moved`` ones stand for another home in the same country."""
        household = np.where(moved, (1 << 52) + record, home(company, person))
        short = company.stream("records.abbreviated").happens(record, 0.3)
        return cls(company, household, country(company, person), city(company, person, household), short)

    def streets(self) -> pa.Array:
        """Return house number and street, ``12 Alder Road`` or ``12 Alder Rd``."""
        stream = self.company.stream("homes.street")
        name = stream.integers(self.household, 0, len(STREETS) - 1)
        kind = stream.integers(self.household, 0, len(STREET_KINDS) - 1, 1)
        forms = [f" {street} {form}" for street in STREETS for kinds in STREET_KINDS for form in kinds]
        written = words((name * len(STREET_KINDS) + kind) * 2 + self.abbreviated, forms).cast(pa.string())
        number = pa.array(stream.integers(self.household, 1, 240, 2)).cast(pa.string())
        return pc.binary_join_element_wise(number, written, "")

    def cities(self) -> pa.Array:
        """Return the cities."""
        return words(self.city, _CITIES)

    def regions(self) -> pa.Array:
        """Return states, provinces and the like."""
        return words(self.city, _REGIONS)

    def postcodes(self) -> pa.Array:
        """Return postcodes in the form of their country: 9 a digit, A a letter."""
        stream = self.company.stream("homes.postcode")
        result = pa.nulls(len(self.city), pa.string())
        for number, form in enumerate(POSTCODES):
            here = np.flatnonzero(self.country == number)
            text = np.empty((len(here), len(form)), dtype=np.uint8)
            for at, sign in enumerate(form):
                pool = {"9": "0123456789", "A": _LETTERS}.get(sign, sign)
                # The first signs belong to the city, the others to the household.
                key = self.city[here] if at < 2 else self.household[here]  # noqa: PLR2004 - two signs for the city
                text[:, at] = np.frombuffer(pool.encode(), np.uint8)[stream.integers(key, 0, len(pool) - 1, at)]
            offsets = np.arange(len(here) + 1, dtype=np.int32) * len(form)
            written = pa.Array.from_buffers(pa.string(), len(here), [None, pa.py_buffer(offsets), pa.py_buffer(text)])
            result = pc.replace_with_mask(result, pa.array(self.country == number), written)
        return result
