"""Hold the texts of pages: the catalogue that translators begin with, and pages in a language that has translations.

English pages are made of the templates as they are. For a language with translations the same templates are rewritten
(``rewriting.py``), once, with each text looked up; a text without a translation stays English.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2.ext import Extension
from markupsafe import Markup, escape

from customer360 import __version__
from customer360.web.pages.rewriting import Rewriting, messages_of, messages_of_code

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment

FOLDER = "texts"
"""Folder of a project with translations: ``de.po``, ``pt_BR.po``."""
_HOLE = re.compile(r"\{(/?[a-z_][a-z_0-9]*)\}")
_HEAD = "# Texts of the pages of customer360. Braces hold what a page puts in; they may be moved, not changed."
_DAY = datetime(2024, 1, 1, tzinfo=UTC)
"""The same in every catalogue, so that the same texts give the same file."""


class Translated(Extension):
    """Makes an environment look the texts of its templates up."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """Return the template rewritten."""
        return Rewriting().rewritten(source)


def translate(environment: Environment, found: Mapping[str, str]) -> None:
    """Let an environment write pages with these translations; a text without one stays English."""

    def tr(message: str, holes: Mapping[str, Any]) -> Markup:
        text = found.get(message) or message
        return Markup("").join(holes.get(piece, "") if is_hole else escape(piece) for piece, is_hole in _pieces(text))

    environment.add_extension(Translated)
    environment.globals.update(tr=tr, _=lambda text: found.get(text) or text)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    at = 0
    for hole in _HOLE.finditer(text):
        yield text[at : hole.start()], False
        yield hole[1], True
        at = hole.end()
    yield text[at:], False


def catalogue() -> bytes:
    """Return every text of the pages as a gettext template (``.pot``), with the templates that they stand in."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    texts = Catalog(
        project="customer360",
        version=__version__,
        header_comment=_HEAD,
        charset="utf-8",
        fuzzy=False,
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        creation_date=_DAY,
        revision_date=_DAY,
    )
    for name, message in _noted():
        texts.add(message, locations=[(name, 0)])
    out = io.BytesIO()
    write_po(out, texts, sort_output=False, include_lineno=False, width=120)
    return out.getvalue()


def _noted() -> Iterator[tuple[str, str]]:
    package = resources.files("customer360")
    templates = package.joinpath("web", "templates")
    for file in sorted(templates.iterdir(), key=lambda each: each.name):
        yield from ((file.name, message) for message in messages_of(file.read_text(encoding="utf-8")))
    pages = package.joinpath("web", "pages")
    for file in [*sorted(pages.iterdir(), key=lambda each: each.name), package.joinpath("dashboards", "filters.py")]:
        if file.name.endswith(".py"):
            yield from ((file.name, message) for message in messages_of_code(file.read_text(encoding="utf-8")))


def translations(root: Path, locale: str) -> tuple[str, Mapping[str, str]]:
    """Return the language of a project's pages and what stands in its ``texts/<language>.po``; English without one."""
    language, _, _ = locale.replace("-", "_").partition("_")
    for name in (locale.replace("-", "_"), language):
        path = root / "texts" / f"{name}.po"
        if path.is_file():
            from babel.messages.pofile import read_po

            with path.open("rb") as file:
                catalogue = read_po(file, locale=language)
            return language, {str(each.id): str(each.string) for each in catalogue if each.id and each.string}
    return "en", {}
