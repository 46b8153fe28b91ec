"""Read ``identity.yaml``: what a project changes about how records become people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from customer360.project.problems import Problems, Shape
from customer360.project.yamlfile import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE_NAME = "identity.yaml"

Probability = Annotated[float, Field(gt=0, lt=1)]
Several = Annotated[int, Field(ge=2)]


class LimitShape(Shape):
    """How many may carry one identifier before it belongs to nobody."""

    names: Annotated[int, Field(ge=1)] | None = Field(None, description="Different names.")
    records: Annotated[int, Field(ge=1)] | None = Field(None, description="Different records of one name.")


class RuleShape(Shape):
    """A rule or veto of one's own: a pair of records must have one of these levels in each comparison named."""

    name: str = Field(description="What edges and reviews call it.")
    needs: dict[str, list[str]] = Field(
        description="Comparison -> levels: {national_id: [exact], first_name: [exact, short form]}."
    )


class IdentityShape(Shape):
    """``identity.yaml``: how records become people. Everything has a default that needs no tuning."""

    link_probability: Probability | None = Field(None, description="Pairs at least this likely are linked: 0.95.")
    review_probability: Probability | None = Field(None, description="Pairs from here on are shown to people: 0.50.")
    names_per_identifier: Several | None = Field(
        None, description="An e-mail, phone or national id with more different names belongs to nobody: 15."
    )
    records_per_identifier: Several | None = Field(None, description="The same for records of one name: 50.")
    limits: dict[str, LimitShape] | None = Field(
        None, description="Other limits for one kind: {phone: {names: 5, records: 20}}."
    )
    records_per_block: Several | None = Field(
        None, description="Records that agree on a key are compared in groups of at most so many: 40."
    )
    records_per_person: Several | None = Field(
        None, description="A cluster with more different records is in conflict: 10."
    )
    birth_years_apart: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Records whose birth years differ by more are not one person, but for a typing error: 1."
    )
    default_country: str | None = Field(None, description="Country (two letters) of phone numbers that name none.")
    junk_emails: list[str] | None = Field(
        None, description="Addresses, or names before the @, that are nobody's, beside the shipped ones."
    )
    junk_phones: list[str] | None = Field(None, description="Numbers that are nobody's, digits only, quoted.")
    junk_texts: list[str] | None = Field(None, description="Texts that say nothing in any column.")
    mapping: dict[str, str] | None = Field(
        None, description="Column of conformed.person_record -> role; default: the columns named like roles."
    )
    rules: list[str | RuleShape] | None = Field(
        None, description="What links, in order of trust: names of shipped rules, or rules of your own."
    )
    vetoes: list[str | RuleShape] | None = Field(None, description="What no weight may link, in the same form.")
    source_priority: list[str] | None = Field(None, description="Systems whose values survive first.")
    survivorship: (
        dict[
            str,
            list[Literal["source_priority", "recency", "frequency", "completeness", "earliest", "latest"]],
        ]
        | None
    ) = Field(None, description="Attribute -> rules in order: {email: [recency, source_priority]}.")
    train_from: Several | None = Field(None, description="Below so many records weights are not learned: 2000.")
    train_pairs: Several | None = Field(None, description="Pairs that a session of learning looks at: 250000.")
    probabilistic_from: Several | None = Field(None, description="Below so many records only rules link: 30.")
    seed: int | None = Field(None, description="Decides which pairs learning looks at.")


def read_identity(root: Path, problems: Problems) -> Mapping[str, Any]:
    """Return what identity.yaml says; empty without one, or after noting what is wrong with it."""
    path = root / FILE_NAME
    if path.exists():
        with problems.caught():
            file = read_yaml(path, root)
            if problems.checked(IdentityShape, file) is not None:
                return file.root
    return {}
