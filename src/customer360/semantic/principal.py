"""Say who asks: the roles, attributes, policies and masks that are compiled into every query of theirs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from customer360.semantic.extensions import RowPolicy


@dataclass(frozen=True)
class Principal:
    """A person or service that asks.

    ``row_policies`` come from governance and are added to the model's own; ``masks`` maps ``dataset.field`` to a mask
    (``null``, ``hash``, ``last4``, ``year``, ``bucket:<n>``); ``clearances`` are the classifications seen unmasked.
    """

    user: str
    roles: frozenset[str] = frozenset()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    row_policies: tuple[RowPolicy, ...] = ()
    masks: Mapping[str, str] = field(default_factory=dict)
    clearances: frozenset[str] = frozenset()
    owns_everything: bool = False
    reads_all: bool = False
    """Reads every table of the products, personal columns masked: who sits at a machine without accounts."""
    scopes: frozenset[str] | None = None
    """What an API key is limited to (``metrics``, ``sql`` ..., ``port:<schema>.<table>``); None is no limit."""
    key: str | None = None
    """Id of the API key it asks with; looked up with every query, so that a revoked one ends in every process."""
    viewer: str | None = None
    """Who looks through this principal's eyes; they see no more than they may themselves."""
    lifted: frozenset[str] = frozenset()
    """Datasets whose masks are lifted by a grant for personal data."""

    @property
    def digest(self) -> str:
        """A text that differs whenever what may be seen differs."""
        if self.owns_everything:
            return "owner"
        return json.dumps(
            [
                sorted(self.roles),
                {key: self.attributes[key] for key in sorted(self.attributes)},
                [policy.model_dump() for policy in self.row_policies],
                dict(sorted(self.masks.items())),
                sorted(self.clearances),
                sorted(self.lifted),
            ],
            default=str,
            sort_keys=True,
        )

    def may_use(self, door: str) -> bool:
        """Say whether a door is within the scopes; a key limited to tables only may use every door."""
        doors = {scope for scope in self.scopes or () if ":" not in scope}
        return not doors or door in doors


OWNER = Principal("local", owns_everything=True)
"""The single user of a project on their own machine: no policy, no mask."""

LOCAL = Principal("local", reads_all=True)
"""Whoever opens the pages of a machine without accounts: every table of the products, personal columns masked."""
