"""Hold the settings of identity resolution: defaults that need no tuning, and how a project changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from customer360.errors import UnknownName
from customer360.identity.failures import IdentityError
from customer360.identity.rules import RULES, VETOES, Rule, rules_of

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
        made = replace(cls(), **(given or {}))
        made = replace(
            made,
            rules=rules_of(made.rules, RULES, "identity rule"),
            vetoes=rules_of(made.vetoes, VETOES, "identity veto"),
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


def _lowered(texts: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(each).lower() for each in texts)
