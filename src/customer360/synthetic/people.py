"""Invent people, and write the same person into several systems the way clerks and web forms do.

A person is a number. The customers of the shop are persons 0, 1, 2 ...; other systems know some of them and have people
of their own. What a person *is* (name, birth date, phone, home) is a function of the number; what a system *wrote down*
is that, changed by typos, nicknames, a marriage, a move, another address, a placeholder. The truth is who is who.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer360.synthetic import homes
from customer360.synthetic.columns import dates_of, numbered, words
from customer360.synthetic.pools import (
    CALLING_CODES,
    EMAIL_DOMAINS,
    FIRST_NAMES,
    LAST_NAMES,
    NICKNAMES,
    PLACEHOLDER_EMAILS,
    typos,
)

if TYPE_CHECKING:
    from customer360.synthetic.company import Company
    from customer360.synthetic.draws import Integers

PEOPLE_PER_SYSTEM = 1_000_000_000
"""Systems' own people have numbers from here on: system 1 from one billion, system 2 from two ..."""

_FIRST = [variant for name in FIRST_NAMES for variant in (name, NICKNAMES.get(name, name), *typos(name))]
_LAST = [variant for name in LAST_NAMES for variant in (name, *typos(name))]
_FIRST_FORMS, _LAST_FORMS = 5, 4
_TEXT = pa.string()


@dataclass(frozen=True)
class Errors:
    """How often a system writes something down differently, as shares of its records."""

    typo: float = 0.04
    nickname: float = 0.10
    married: float = 0.03
    moved: float = 0.08
    other_email: float = 0.18
    no_email: float = 0.06
    placeholder_email: float = 0.0
    no_phone: float = 0.08
    swapped_birth_date: float = 0.01


@dataclass(frozen=True)
class Names:
    """Places in the name pools, with the form that was written."""

    first: Integers
    last: Integers
    first_form: Integers
    last_form: Integers

    def first_names(self) -> pa.Array:
        """Return first names as written."""
        return words(self.first * _FIRST_FORMS + self.first_form, _FIRST)

    def last_names(self) -> pa.Array:
        """Return last names as written."""
        return words(self.last * _LAST_FORMS + self.last_form, _LAST)

    def full_names(self) -> pa.Array:
        """Return ``first last``."""
        return pc.binary_join_element_wise(self.first_names().cast(_TEXT), self.last_names().cast(_TEXT), " ")


def true_names(company: Company, person: Integers) -> Names:
    """Return what people are called."""
    first = company.stream("people.first").integers(person, 0, len(FIRST_NAMES) - 1)
    last = company.stream("homes.last").integers(homes.home(company, person), 0, len(LAST_NAMES) - 1)
    none = np.zeros(len(person), dtype=np.int64)
    return Names(first, last, none, none)


def written_names(
    company: Company, person: Integers, system: str, errors: Errors, key: Integers | None = None
) -> Names:
    """Return names as a system wrote them down. Slips are a matter of the person, or of ``key`` (a record)."""
    key = person if key is None else key
    true = true_names(company, person)
    typo = company.stream(f"{system}.typo")
    in_first, in_last = typo.happens(key, errors.typo, 0), typo.happens(key, errors.typo, 1)
    nick = company.stream(f"{system}.nickname").happens(key, errors.nickname)
    married = company.stream(f"{system}.married").happens(key, errors.married)
    new_name = company.stream("people.married_name").integers(person, 0, len(LAST_NAMES) - 1)
    return Names(
        first=true.first,
        last=np.where(married, new_name, true.last),
        first_form=np.select([in_first, nick], [2 + typo.integers(key, 0, 2, 2), 1], 0),
        last_form=np.where(in_last, 1 + typo.integers(key, 0, 2, 3), 0),
    )


def true_emails(company: Company, person: Integers, *, second: bool = False) -> pa.Array:
    """Return a person's address: first.last and the person's number, so that no two people share one."""
    names, mark = true_names(company, person), "_" if second else "."
    domain = company.stream("people.second_domain" if second else "people.domain").integers(person, 0, 2)
    first = words(names.first, [name.lower() + mark for name in FIRST_NAMES]).cast(_TEXT)
    last = words(names.last, [name.lower() + mark for name in LAST_NAMES]).cast(_TEXT)
    at = words(domain, ["@" + name for name in EMAIL_DOMAINS]).cast(_TEXT)
    return pc.binary_join_element_wise(first, last, pa.array(person).cast(_TEXT), at, "")


def written_emails(
    company: Company, person: Integers, system: str, errors: Errors, key: Integers | None = None
) -> pa.Array:
    """Return addresses as a system has them: the usual one, another, a placeholder or none."""
    key = person if key is None else key
    stream = company.stream(f"{system}.email")
    draw = stream.uniform(key)
    bounds = np.cumsum([errors.no_email, errors.placeholder_email, errors.other_email])
    email = pc.if_else(
        pa.array(draw < bounds[2]), true_emails(company, person, second=True), true_emails(company, person)
    )
    junk = words(stream.integers(key, 0, len(PLACEHOLDER_EMAILS) - 1, 1), PLACEHOLDER_EMAILS).cast(_TEXT)
    email = pc.if_else(pa.array(draw < bounds[1]), junk, email)
    return pc.if_else(pa.array(draw < bounds[0]), pa.scalar(None, pa.string()), email)


def phones(company: Company, person: Integers, system: str, errors: Errors, key: Integers | None = None) -> pa.Array:
    """Return phone numbers, one a household, written in one of three ways, some missing."""
    key = person if key is None else key
    where, number = (
        homes.country(company, person),
        company.stream("homes.phone").integers(homes.home(company, person), 0, 9_999_999),
    )
    digits = pc.utf8_lpad(pa.array(number).cast(pa.string()), 7, "0")
    area = pa.array(company.stream("homes.area").integers(homes.home(company, person), 201, 989)).cast(pa.string())
    code = words(where, CALLING_CODES).cast(_TEXT)
    left, right = pc.utf8_slice_codeunits(digits, 0, 3), pc.utf8_slice_codeunits(digits, 3)
    plus = pc.binary_join_element_wise("+", code, area, digits, "")
    spaced = pc.binary_join_element_wise(pc.binary_join_element_wise("+", code, ""), area, left, right, " ")
    dashed = pc.binary_join_element_wise(area, left, right, "-")
    style = company.stream(f"{system}.phone_style").integers(key, 0, 2)
    # Without its country a number is readable only where everybody lives in that country.
    written = pc.case_when(
        pa.StructArray.from_arrays([pa.array(style == 0), pa.array((style == 1) & (where <= 1))], ["a", "b"]),
        plus,
        dashed,
        spaced,
    )
    missing = company.stream(f"{system}.no_phone").happens(key, errors.no_phone)
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), written)


def birth_days(
    company: Company, person: Integers, system: str, errors: Errors, key: Integers | None = None
) -> Integers:
    """Return birth dates as days since 1970-01-01 as written: a few with day and month swapped."""
    born = company.stream("people.born").integers(person, -9_162, 12_410)  # 1944-12-01 to 2003-12-24: 18 to 80 years
    date = born.astype("datetime64[D]")
    month, day = date.astype("datetime64[M]"), (date - date.astype("datetime64[M]")).astype(np.int64) + 1
    year, number = month.astype("datetime64[Y]"), (month - month.astype("datetime64[Y]")).astype(np.int64) + 1
    swapped = (year.astype("datetime64[M]") + (np.minimum(day, 12) - 1)).astype("datetime64[D]") + (number - 1)
    slips = company.stream(f"{system}.birth").happens(person if key is None else key, errors.swapped_birth_date) & (
        day <= MONTHS
    )
    return np.where(slips, swapped, date).astype("datetime64[D]").astype(np.int64)


MONTHS = 12
AGAIN = 0.35
"""Share of the records of ``table`` that are of the same person as another one."""


def table(company: Company, count: int, *, errors: Errors | None = None) -> pa.Table:
    """Return ``count`` records of people with home and birth date, and whose they are: for tests of identity at size.

    Records of one person differ by typos, nicknames, marriages, moves, other addresses and gaps. Two people of one
    household share surname, street and phone. ``person_id`` and ``household_id`` are the truth, not evidence.
    """
    errors = errors or Errors(placeholder_email=0.01)
    place = np.arange(count)
    again = company.stream("records.again").happens(place, AGAIN) & (place > 0)
    person = np.maximum.accumulate(np.where(again, -1, place))
    order = np.argsort(company.stream("records.order").bits(place), kind="stable")
    record, person = place[order], person[order]
    names = written_names(company, person, "records", errors, record)
    moved = company.stream("records.moved").happens(record, errors.moved)
    address = homes.Address.of(company, person, record, moved)
    return pa.table(
        {
            "record_id": numbered("REC", place + 1, 8),
            "first_name": names.first_names(),
            "last_name": names.last_names(),
            "date_of_birth": dates_of(birth_days(company, person, "records", errors, record)),
            "street": address.streets(),
            "city": address.cities(),
            "region": address.regions(),
            "postcode": address.postcodes(),
            "country": homes.country_names(company, person),
            "phone": phones(company, person, "records", errors, record),
            "email": written_emails(company, person, "records", errors, record),
            "person_id": pa.array(person),
            "household_id": pa.array(homes.home(company, person)),
        }
    )
