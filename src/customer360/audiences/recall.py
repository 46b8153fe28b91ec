"""Tell destinations that somebody was erased: at once where they take it, else with the next export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from customer360.audiences.book import Book
from customer360.audiences.delivery import Delivery
from customer360.audiences.destinations import SENDERS
from customer360.audiences.failures import ExportFailed
from customer360.audiences.members import digest
from customer360.errors import SettingMissing
from customer360.privacy.aftermath import Recall, Recalled
from customer360.semantic.segment import subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.audiences.room import Company
    from customer360.project.audiences import Audience, Destination

CALLED = frozenset({"webhook", "postgres"})
"""Kinds of destinations that can be told of one person; files of this project are rewritten without them."""
ERASER = "erasure"
"""Who stands in the export log for what an erasure tells."""


def recall_of(company: Company) -> Recall:
    """Return what tells the destinations of an opened project's audiences."""

    def recall(customers: Sequence[str]) -> Recalled:
        book = Book(company.project.root, clock=company.governance.state.clock)
        told: list[str] = []
        owed: list[str] = []
        for audience, target in _destinations(company):
            sent = book.sent(audience.name, target.name).keys() | book.owed(audience.name, target.name)
            gone = tuple(sorted(sent.intersection(customers)))
            if gone:
                kept = told if _told(company, book, audience, target, gone) else owed
                kept.append(f"{audience.name} to {target.name}")
        return Recalled(tuple(told), tuple(owed))

    return recall


def _destinations(company: Company) -> Iterator[tuple[Audience, Destination]]:
    for audience in company.project.audiences.values():
        for target in audience.destinations.values():
            if target.kind in CALLED:
                yield audience, target


def _told(company: Company, book: Book, audience: Audience, target: Destination, gone: tuple[str, ...]) -> bool:
    """Say whether a destination took it; else the next export tells it. Errors: ExportBusy."""
    last = book.last_refresh(audience.name)
    if last is None:
        book.owe(audience.name, target.name, gone)
        return False
    model = company.semantic_model()
    subject = subject_of(model, audience.subject or company.project.settings.subject).name
    once = replace(target, columns=(), mode="diff", options={**target.options, **_ONCE.get(target.kind, {})})
    delivery = Delivery(
        audience, once, subject, (), {}, frozenset(), frozenset(), gone, 0, last.as_of, last.at,
        after=book.last_sent(audience.name, target.name),
    )  # fmt: skip
    with book.sending(audience.name, target.name):
        try:
            for took in SENDERS[target.kind](delivery, company.project.root):
                book.has_sent(audience.name, target.name, {}, took.removed)
        except (ExportFailed, SettingMissing):
            book.owe(audience.name, target.name, gone)
            return False
        book.note_export(
            audience=audience.name, destination=target.name, by=ERASER, refresh=last.id, as_of=last.as_of,
            query=digest(ERASER), mode="diff", added=0, changed=0, removed=len(gone), withheld=0, outcome="sent",
        )  # fmt: skip
    return True


_ONCE = {"webhook": {"retries": 0}}
"""An erasure does not wait for who does not answer."""
