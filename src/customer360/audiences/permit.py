"""Say who may refresh and send an audience, and in which columns personal values would leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from customer360.errors import NotPermitted
from customer360.governance.asking import asking
from customer360.governance.office import operator
from customer360.governance.reading import check_scope
from customer360.names import Relation
from customer360.semantic.masks import mask_of
from customer360.semantic.policies import policies_for
from customer360.semantic.question import locate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from customer360.governance.office import Governance
    from customer360.governance.reading import Seen
    from customer360.project.audiences import Audience
    from customer360.project.spec import Project
    from customer360.semantic.elements import SemanticField
    from customer360.semantic.model import SemanticModel
    from customer360.semantic.principal import Principal

DOOR = "audiences"
OFFICER = "privacy_officer"


class Permit:
    """What whoever asks may do with audiences."""

    def __init__(self, governance: Governance, project: Project) -> None:
        self._governance = governance
        self._project = project

    @property
    def actor(self) -> str:
        """The name that stands in the logs."""
        who = asking()
        return operator().name if who.owns_everything else who.user

    def check_keeper(self, audience: Audience) -> None:
        """Raise NotPermitted unless they keep the audience: its owners, and who sits at this machine."""
        who = asking()
        if who.owns_everything or who.reads_all:
            return
        check_scope(who, DOOR)
        if not self._keeps(audience):
            owners = ", ".join(audience.owners) or "nobody is named in the file"
            raise NotPermitted(
                f"You may not refresh or send the audience '{audience.name}'.", next_step=f"Its owners do: {owners}."
            )

    def keeps(self, audience: Audience) -> bool:
        """Say whether they may refresh an audience."""
        try:
            self.check_keeper(audience)
        except NotPermitted:
            return False
        return True

    def check_sizes(self, audience: Audience, model: SemanticModel, subject: str) -> None:
        """Raise NotPermitted unless they may know how many are in an audience.

        Its keepers may, and who reads the table that its members are rows of, all of it.
        """
        who = asking()
        if who.owns_everything or who.reads_all or self._keeps(audience):
            return
        check_scope(who, DOOR)
        source = model.datasets[locate(model, subject, ())[1].dataset].source
        if source.count(".") != 1 or " " in source:
            raise NotPermitted(f"Only its owners may see how many are in '{audience.name}'.")
        reading = self._governance.entitlements(who).reading(Relation.parse(source))
        if reading.filters_rows:
            raise NotPermitted(
                f"The size of '{audience.name}' counts customers whom you may not see.",
                next_step=f"`c360 audience preview {audience.name}` counts those whom you may.",
            )

    def check_suppressor(self, audiences: Iterable[Audience]) -> None:
        """Raise NotPermitted unless they keep an audience, or guard privacy, or sit at this machine."""
        who = asking()
        if who.owns_everything:
            return
        check_scope(who, DOOR)
        if OFFICER in who.roles or any(self._keeps(each) for each in audiences):
            return
        raise NotPermitted(
            "You may not keep customers out of exports.", next_step="Owners of audiences and privacy officers may."
        )

    def _keeps(self, audience: Audience) -> bool:
        account = self._governance.accounts.find(asking().user)
        if account is None or not account.is_active:
            return False
        mine = set() if self._governance.accounts.is_group(account.name) else {account.name}
        return bool({*mine, *account.groups}.intersection(audience.owners))

    def check_sender(self, audience: Audience) -> None:
        """Raise NotPermitted unless they may send members out: keepers with an account, or at the command line."""
        self.check_keeper(audience)
        if asking().reads_all:
            raise NotPermitted(
                "Members are sent by accounts, or on the command line of this machine.",
                next_step=f"Run `c360 audience export {audience.name}`, or make accounts: `c360 users create`.",
            )

    def check_whole(self, seen: Seen, model: SemanticModel) -> None:
        """Raise NotPermitted when rows were hidden from what they asked: audiences are kept for everybody.

        Who is hidden would be taken for somebody who left or did nothing, and destinations would be told so.
        """
        who = asking()
        if who.owns_everything:
            return
        read = {str(relation) for relation in getattr(seen.session, "seen", ())}
        readings = self._governance.entitlements(who).readings
        hidden = any(reading.filters_rows for relation, reading in readings.items() if str(relation) in read)
        sources = (model.datasets[name].source for name, _ in policies_for(model, seen.principal))
        if hidden or any(source in read or " " in source for source in sources):
            raise NotPermitted(
                "Some rows are hidden from you, so who is hidden would count as gone.",
                next_step="Somebody who sees all rows refreshes, sends and measures audiences; a preview is for you.",
            )

    def check_personal(self, model: SemanticModel, columns: Iterable[str], *, by: Principal) -> None:
        """Raise NotPermitted when a column would leave masked: a hash is of no use to who writes letters."""
        who = asking()
        if who.owns_everything:
            return
        for name in columns:
            if name in model.metrics:
                continue
            _, field = locate(model, name, ())
            if mask_of(field, by) or self._is_masked(model, field, by):
                raise NotPermitted(
                    f"You may not send '{field.qualified}': it is masked for you.",
                    next_step="Ask for its port with personal columns: `c360 access request ... --personal`.",
                )

    def _is_masked(self, model: SemanticModel, field: SemanticField, by: Principal) -> bool:
        dataset = model.datasets[field.dataset]
        if dataset.is_query:
            return False  # its tables are masked where it reads them
        relation = Relation.parse(dataset.source)
        contract = self._project.contract_of(relation)
        named = {each.name for each in model.field_trees[field.dataset, field.name].find_all(exp.Column)}
        masked = {column.name for column in contract.columns if column.mask} if contract else set()
        return bool(named & masked) and not self._governance.entitlements(by).reading(relation).personal

    def note(self, action: str, subject: str, **detail: object) -> None:
        """Write an act into the history, once there are accounts."""
        if self._governance.accounts.any:
            with self._governance.state.writing() as writing:
                writing.note(self.actor, f"audience.{action}", subject, **detail)
