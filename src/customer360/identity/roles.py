"""Map the columns of any table of people to the roles that identity resolution knows."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from customer360.errors import UnknownName
from customer360.identity.failures import RecordsMalformed

ROLES = (
    "first_name",
    "last_name",
    "full_name",
    "date_of_birth",
    "email",
    "phone",
    "street",
    "city",
    "region",
    "postcode",
    "country",
    "national_id",
    "other",
)
RECORD_ID = "record_id"
USABLE = frozenset({"first_name", "last_name", "full_name", "date_of_birth", "email", "phone", "street", "national_id"})
"""At least one of these must be there: a city or a country tells nobody apart."""

_ALSO_CALLED = {
    "given_name": "first_name",
    "forename": "first_name",
    "surname": "last_name",
    "family_name": "last_name",
    "name": "full_name",
    "customer_name": "full_name",
    "birth_date": "date_of_birth",
    "birthdate": "date_of_birth",
    "dob": "date_of_birth",
    "e_mail": "email",
    "email_address": "email",
    "phone_number": "phone",
    "mobile": "phone",
    "telephone": "phone",
    "address": "street",
    "street_address": "street",
    "address_line_1": "street",
    "suburb": "city",
    "town": "city",
    "state": "region",
    "province": "region",
    "zip": "postcode",
    "zip_code": "postcode",
    "postal_code": "postcode",
    "soc_sec_id": "national_id",
    "ssn": "national_id",
}


def roles_of(records: pa.Table, mapping: Mapping[str, str] | None) -> dict[str, list[str]]:
    """Return role -> columns, in the mapping's order (several columns of one role are read as one text).

    Without a mapping, columns named like a role (or like its usual other names) are used. Errors: UnknownName for a
    column or a role that does not exist, RecordsMalformed when nothing tells people apart.
    """
    if RECORD_ID not in records.column_names:
        raise RecordsMalformed(
            "The records have no column record_id.", next_step="Add one: a text or number, unique per record."
        )
    if mapping is None:
        named = {column: _role_named(column) for column in records.column_names if column != RECORD_ID}
        chosen = {column: role for column, role in named.items() if role}
    else:
        chosen = dict(mapping)
        for column, role in chosen.items():
            if column not in records.column_names:
                raise UnknownName("column of the records", column, records.column_names)
            if role not in ROLES:
                raise UnknownName("identity role", role, ROLES)
    roles: dict[str, list[str]] = {}
    for column, role in chosen.items():
        roles.setdefault(role, []).append(column)
    if not USABLE & set(roles):
        raise RecordsMalformed(
            "No column of the records tells people apart.",
            next_step=f"Name columns after roles ({', '.join(sorted(USABLE))}) or pass mapping={{column: role}}.",
        )
    return roles


def _role_named(column: str) -> str | None:
    name = column.strip().lower().replace(" ", "_").replace("-", "_")
    if name in ROLES and name != "other":
        return name
    return _ALSO_CALLED.get(name)
