"""Keep people in the group they were drawn into, also when identity puts two of them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer360.audiences.holdout import Group, group_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Grouping:
    """Who is held out of one audience.

    ``former`` has the ids that customers went by before, ``first`` the refresh that each id was first a member in. The
    id under which somebody was first a member decides: who was held out under it is not sent because identity found
    another record of theirs. Where two ids came with the same refresh in different groups, somebody was sent already.
    """

    def __init__(
        self, audience: str, *, salt: str, share: float, former: Mapping[str, Iterable[str]], first: Mapping[str, int]
    ) -> None:
        self._audience = audience
        self._salt = salt
        self._share = share
        self._former = former
        self._first = first

    def is_held_out(self, member: str) -> bool:
        """Say whether a member is held out."""
        return all(self._drawn(each) == "held_out" for each in self._origins(member)) if self._share else False

    def _origins(self, member: str) -> list[str]:
        known = {each: self._first[each] for each in (member, *self._former.get(member, ())) if each in self._first}
        return [each for each, number in known.items() if number == min(known.values())] or [member]

    def _drawn(self, member: str) -> Group:
        return group_of(member, audience=self._audience, salt=self._salt, share=self._share)
