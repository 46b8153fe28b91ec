"""Hold the settings of identity resolution: defaults that need no tuning, and how a project changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from customer360.errors import UnknownName
from customer360.identity.failures import IdentityError
from customer360.identity.rules import RULES, VETOES, Rule, rules_of
from customer360.identity.words import COUNTRIES

LIMITED = ("email", "phone", "national_id")
"""Kinds of identifiers that one person has few of."""


@dataclass(frozen=True)
class Settings:
    """What a project may change. The defaults were chosen on labelled public and synthetic data."""

    link_probability: float = 0.95
    """Pairs at least this likely are linked, unless vetoed."""
    review_probability: float = 0.50
    """Pairs from here up to ``link_probability`` are shown to people."""
    names_per_identifier: int = 15
    """An e-mail, phone or national id that goes with more different names belongs to nobody and is not used."""
    records_per_identifier: int = 50
    """The same for different records of one name."""
    records_per_block: int = 40
    """Candidate pairs are made within groups of records that agree on a key; larger groups make none."""
    records_per_person: int = 10
    """A cluster with more different records is in conflict: its weakest edges are cut."""
    birth_years_apart: int = 1
    """Records whose birth years differ by more are not one person, unless one digit explains it."""
    train_from: int = 2_000
    """Below so many records the model's parameters are not learned; the documented defaults hold."""
    train_pairs: int = 250_000
    """Pairs that one session of training looks at, at most."""
    probabilistic_from: int = 30
    """Below so many records only the named rules link."""
    default_country: str | None = None
    """Country of phone numbers that name none, when their record has no country either."""
    as_of: date | None = None
    """Birth dates after this day are mistakes."""
    seed: int = 8360
    """Decides which pairs training looks at."""
    limits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Other limits for one kind of identifier: {"phone": {"names": 5, "records": 20}}."""
    junk_emails: tuple[str, ...] = ()
    """Addresses, or names before the @, that are nobody's, beside the shipped ones."""
    junk_phones: tuple[str, ...] = ()
    """Numbers (digits) that are nobody's."""
    junk_texts: tuple[str, ...] = ()
    """Texts that say nothing in any column."""
    rules: tuple[Rule, ...] = RULES
    """What links, in order of trust."""
    vetoes: tuple[Rule, ...] = VETOES
    """What no weight may link."""

    @property
    def junk(self) -> tuple[tuple[str, ...], ...]:
        """Return everything that is nobody's, beside what is shipped."""
        return (self.junk_emails, self.junk_phones, self.junk_texts)

    def limit(self, kind: str, of: str) -> int:
        """Return how many ``names`` or ``records`` may carry one identifier of a kind."""
        usual = {"names": self.names_per_identifier, "records": self.records_per_identifier}[of]
        return self.limits.get(kind, {}).get(of, usual)

    @classmethod
    def of(cls, given: Mapping[str, Any] | Settings | None) -> Settings:
        """Return settings from a mapping (None: the defaults). Errors: UnknownName, IdentityError."""
        if isinstance(given, Settings):
            return given
        known = [each.name for each in fields(cls)]
        for name in given or {}:
            if name not in known:
                raise UnknownName("identity setting", name, known)
        _check_kinds(given or {})
        made = replace(cls(), **(given or {}))
        made = replace(
            made,
            rules=rules_of(made.rules, RULES, "identity rule"),
            vetoes=rules_of(made.vetoes, VETOES, "identity veto"),
            default_country=_country(made.default_country),
            junk_emails=_lowered(made.junk_emails),
            junk_phones=_lowered(made.junk_phones),
            junk_texts=_lowered(made.junk_texts),
        )
        made._check()
        return made

    def _check(self) -> None:
        if not 0 < self.review_probability <= self.link_probability < 1:
            raise IdentityError(
                "review_probability and link_probability must rise: 0 < review <= link < 1.",
                next_step="The defaults are 0.50 and 0.95.",
            )
        for kind, limits in self.limits.items():
            if kind not in LIMITED:
                raise UnknownName("kind of identifier", kind, LIMITED)
            for of, most in limits.items():
                if of not in {"names", "records"}:
                    raise UnknownName("limit", of, ["names", "records"])
                if most < 1:
                    raise IdentityError(f"limits: {kind}: {of} must be 1 or more.")
        for name in ("names_per_identifier", "records_per_identifier", "records_per_block", "records_per_person"):
            if getattr(self, name) < 2:  # noqa: PLR2004 - one is no pair
                raise IdentityError(f"{name} must be 2 or more.")


_SHARES = ("link_probability", "review_probability")
_LISTS = ("junk_emails", "junk_phones", "junk_texts", "rules", "vetoes")


def _check_kinds(given: Mapping[str, Any]) -> None:
    """Raise IdentityError for a value of another kind than the setting has."""
    for name, value in given.items():
        if isinstance(getattr(Settings, name, None), int | float):
            wanted: tuple[type, ...] = (int, float) if name in _SHARES else (int,)
            if isinstance(value, bool) or not isinstance(value, wanted):
                kind = "a number" if name in _SHARES else "a whole number"
                raise IdentityError(f"{name} must be {kind}.", next_step=f"The default is {getattr(Settings, name)}.")
        elif name in _LISTS and (isinstance(value, str) or not isinstance(value, Sequence)):
            raise IdentityError(f"{name} must be a list.", next_step=f"Write it in brackets: {name}: [...].")
        elif name == "limits" and not isinstance(value, Mapping):
            raise IdentityError("limits must be a mapping.", next_step="{phone: {names: 5, records: 20}}")
        elif name == "as_of" and value is not None and not isinstance(value, date):
            raise IdentityError("as_of must be a date.", next_step="Pass datetime.date(2024, 11, 30).")


def _country(given: str | None) -> str | None:
    """Return the code of a country, by its code or name. Errors: IdentityError."""
    if given is None:
        return None
    import phonenumbers

    code = str(given).strip().upper()
    code = COUNTRIES.get("".join(sign for sign in code.lower() if sign.isalpha()), code)
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise IdentityError(f"No country has the code '{given}'.", next_step="default_country has two letters: US, DE.")
    return code


def _lowered(texts: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(each).lower() for each in texts)
