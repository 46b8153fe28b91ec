"""Map the columns of any table of people to the roles that identity resolution knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    "first_name": "given_name given_names forename forenames fname first christian_name",
    "last_name": "surname surnames family_name lname last suffix name_suffix",
    "full_name": "name customer_name person_name contact_name display_name",
    "date_of_birth": "birth_date birthdate birthday dob born",
    "email": "e_mail mail email_address e_mail_address mail_address primary_email customer_email contact_email",
    "phone": "phone_number phone_no telephone telephone_number tel mobile mobile_phone mobile_number cell cell_phone"
    " primary_phone customer_phone contact_phone",
    "street": "address street_address street_name street_number house_number address_1 address_line_1 address_line"
    " address1",
    "city": "suburb town locality",
    "region": "state province state_code",
    "postcode": "zip zip_code postal_code postal plz",
    "country": "country_code country_name",
    "national_id": "soc_sec_id ssn social_security_number national_insurance_number nino national_number",
}
"""Role -> other usual names of such columns; case and separators do not matter (FirstName, FIRST NAME)."""
_ROLE_NAMED = {
    "".join(name.split("_")): role for role in ROLES[:-1] for name in (role, *_ALSO_CALLED.get(role, "").split())
}


def roles_of(records: pa.Table, mapping: Mapping[str, str] | None) -> dict[str, list[str]]:
    """Return role -> columns, in the mapping's order.

    Several columns of one role are read as one text, or the first that says something where a person has one (e-mail,
    phone, postcode, country, national id). Without a mapping, columns named like a role (or like its usual other names)
    are used. Errors: UnknownName for a column or a role that does not exist, RecordsMalformed when nothing tells people
    apart, or two columns have one name.
    """
    if RECORD_ID not in records.column_names:
        raise RecordsMalformed(
            "The records have no column record_id.",
            next_step="Name their key so, or add one: a text or number, unique per record.",
        )
    if mapping is None:
        chosen = _chosen(records.column_names)
    else:
        if not isinstance(mapping, Mapping):
            raise RecordsMalformed(
                f"The mapping is a {type(mapping).__name__}.", next_step='Write {"their column": "role"}.'
            )
        chosen = {column: role for column, role in mapping.items() if (column, role) != (RECORD_ID, RECORD_ID)}
        for column, role in chosen.items():
            if column not in records.column_names:
                raise UnknownName("column of the records", column, records.column_names)
            if role not in ROLES:
                raise UnknownName("identity role", role, ROLES)
    roles: dict[str, list[str]] = {}
    for column, role in chosen.items():
        roles.setdefault(role, []).append(column)
    for column in (RECORD_ID, *chosen):
        if records.column_names.count(column) > 1:
            raise RecordsMalformed(f"Two columns are named '{column}'.", next_step="Rename one of them.")
    if not USABLE & set(roles):
        raise RecordsMalformed(
            "No column of the records tells people apart.",
            next_step=f"Name columns after roles ({', '.join(sorted(USABLE))}) or pass mapping={{column: role}}.",
        )
    return roles


def _chosen(columns: Sequence[str]) -> dict[str, str]:
    """Return column -> role by the columns' names. A second column of birth dates, or of whole names, is left out."""
    chosen: dict[str, str] = {}
    for column in columns:
        role = _ROLE_NAMED.get("".join(sign for sign in column.lower() if sign.isalnum()))
        if role and not (role in {"date_of_birth", "full_name"} and role in chosen.values()):
            chosen[column] = role
    return chosen
