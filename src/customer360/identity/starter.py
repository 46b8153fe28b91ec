"""Put the identity product into a project: its steps and contracts, and a file of settings to change."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from customer360.identity.failures import IdentityError
from customer360.project.identity import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path

_SETTINGS = """\
# How records become people. Lines show defaults; take a # away to change one.
link_probability: 0.95          # pairs at least this likely are linked
# review_probability: 0.50      # pairs from here on are shown to people
# names_per_identifier: 15      # an e-mail, phone or national id with more different names belongs to nobody
# records_per_person: 10        # a larger cluster is in conflict: its weakest links are cut
# default_country: US           # of phone numbers that name none (no default)
# source_priority: [crm, shop]  # systems whose values survive first (no default: the newest value)
# survivorship: {email: [recency, frequency]}
"""


def add_identity(root: Path) -> None:
    """Write products/identity (IdentityError where it is already), and identity.yaml unless it is there."""
    folder = root / "products" / "identity"
    if folder.exists():
        raise IdentityError(
            "The project has an identity product already.",
            place=str(folder),
            next_step="Remove the folder first, if you want the shipped one.",
        )
    folder.mkdir(parents=True)
    for file in files("customer360.identity").joinpath("product").iterdir():
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    path = root / FILE_NAME
    if not path.exists():
        path.write_text(_SETTINGS, encoding="utf-8")
