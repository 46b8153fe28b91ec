"""Every text of the pages is in one catalogue, and a page in another language has no English left."""

from __future__ import annotations

import html
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel import Locale
from babel.messages.pofile import read_po
from jinja2 import DictLoader, Environment, select_autoescape
from starlette.testclient import TestClient
from tests.web.company import PROJECT

from customer360.web.app import create_app
from customer360.web.pages.rewriting import READ, messages_of, parts_of
from customer360.web.pages.texts import catalogue, translate, translations
from customer360.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATES = Path(__file__).parents[2] / "src" / "customer360" / "web" / "templates"
OURS = {"customer360", "c360", "json", "csv", "svg", "png", "pdf", "sql", "yaml", "utc", "get", "post", "put", "delete"}
"""Words that are the same in every language."""


def page_of(source: str, found: dict[str, str], **values: object) -> str:
    environment = Environment(loader=DictLoader({"page": source}), autoescape=select_autoescape(default=True))
    translate(environment, found)
    return environment.get_template("page").render(**values)


@pytest.mark.parametrize(
    ("source", "messages"),
    [
        ("<p>One <b>two</b> three</p>", ["One {b}two{/b} three"]),
        ("<li><a href='/x'>All of it</a></li>", ["All of it"]),
        ("<p>{{ n }} of {{ board.count | whole }} rows</p>", ["{n} of {count} rows"]),
        ("<p><a>One</a> · <a>Two</a></p>", ["One", "Two"]),
        ("{% if x %}Yes, {{ x }}{% else %}No{% endif %}", ["Yes, {x}", "No"]),
        ('<a aria-label="Edit {{ each.title }}" href="/x">Edit</a>', ["Edit {title}", "Edit"]),
        ("<p>Run <code>c360 run</code> now.</p><pre>c360</pre><script>let a</script>", ["Run {code} now."]),
        ('<p>{{ _("again") if x else _("now") }}</p>', ["again", "now"]),
        ("<dt>{{ a }}</dt> <dd>{{ b }}, {{ c }}</dd>", []),
        ("<p>{% if a > b %}More{% endif %}</p>", ["More"]),
    ],
)
def test_texts_of_a_template_are_found(source: str, messages: list[str]) -> None:
    assert messages_of(source) == messages


def test_a_translation_moves_the_parts_and_escapes_what_is_put_in() -> None:
    source = '<p>{{ n }} of <a href="/all?q={{ q }}">all rows</a> &amp; more</p>'
    found = {"{n} of {a}all rows{/a} & more": "{a}Zeilen{/a}: {n} <mehr> & so"}
    shown = page_of(source, found, n="<1>", q="a b")
    assert shown == '<p><a href="/all?q=a b">Zeilen</a>: &lt;1&gt; &lt;mehr&gt; &amp; so</p>'
    assert html.unescape(page_of(source, {}, n=3, q="x")) == '<p>3 of <a href="/all?q=x">all rows</a> & more</p>'


def test_every_text_of_every_template_is_in_the_catalogue() -> None:
    known = {str(each.id) for each in read_po(io.BytesIO(catalogue()))}
    assert catalogue() == catalogue()
    assert len(known) > 500
    for path in TEMPLATES.iterdir():
        source = path.read_text(encoding="utf-8")
        assert set(messages_of(source)) <= known
        whole = " ".join(known)
        for part in parts_of(source):
            words = re.findall(r"[A-Za-z]{2,}", html.unescape(part.source)) if part.kind == "text" else ()
            assert all(word in whole for word in words), (path.name, part.source)


# ---- pages in a language that does not exist


@pytest.fixture(scope="module")
def foreign(shop: Workspace) -> Iterator[TestClient]:
    """The company's pages with each text in brackets."""
    template = catalogue().decode()
    bracketed = re.sub(r'(msgid (?P<id>(?:".*"\n)+))msgstr ""', _bracketed, template)
    folder = shop.project.root / "texts"
    folder.mkdir(exist_ok=True)
    (folder / "de.po").write_text(bracketed)
    german = Workspace(replace(shop.project, settings=replace(shop.project.settings, locale="de_AT")), shop.engine)
    with TestClient(create_app(german), base_url="http://127.0.0.1") as client:
        yield client
    (folder / "de.po").unlink()


def _bracketed(found: re.Match[str]) -> str:
    text = "".join(re.findall(r'"(.*)"\n', found["id"]))
    return found[0] if not text else f'{found[1]}msgstr "⟦{text}⟧"'


class Read(HTMLParser):
    """The texts that people read, by eye and by ear, but for code and the inside of charts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._deep: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "code", "pre", "datalist", "kbd", "select"):
            self._deep.append(tag)
        is_chart = ("class", "chart") in attrs
        self.texts += [value for name, value in attrs if name in READ and value and not is_chart and tag != "img"]

    def handle_endtag(self, tag: str) -> None:
        if self._deep and self._deep[-1] == tag:
            self._deep.pop()

    def handle_data(self, data: str) -> None:
        if not self._deep:
            self.texts.append(data)


ALLOWED = {
    "/": {"complete", "figures"},  # a note under a chart; Python's sentences are English yet
    "/runs": {"build", "main", "process"},  # what was written down when it was published
}


def words_of_the_project(root: Path) -> set[str]:
    """Every word that a project's files and what people made beside them may bring on a page, and the months."""
    files = [*PROJECT.rglob("*"), *(root / "state").rglob("*")]
    text = " ".join(path.read_text(errors="ignore") for path in files if path.is_file())
    months = " ".join(Locale.parse("de_AT").months["format"]["abbreviated"].values())
    return set(re.findall(r"[^\W\d_]{2,}", f"{text} {months}".casefold()))


PAGES = (
    "/", "/dashboards", "/ask", "/audiences", "/catalogue", "/metrics", "/metrics/revenue", "/glossary", "/lineage",
    "/quality", "/runs", "/access", "/admin", "/ask/asked", "/lineage?of=gold.sales",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_in_another_language_has_no_english_left(foreign: TestClient, shop: Workspace, path: str) -> None:
    answer = foreign.get(path)
    assert answer.status_code == 200
    assert '<html lang="de"' in answer.text
    assert answer.text.count("⟦") > 10
    outside = []
    depth = 0
    for text in Read(answer.text).texts:
        for piece in re.split(r"([⟦⟧])", text):
            depth += {"⟦": 1, "⟧": -1}.get(piece, 0)
            if depth == 0:
                outside += re.findall(r"[^\W\d_]{3,}", piece)
    known = words_of_the_project(shop.project.root) | OURS
    assert {word for word in outside if word.casefold() not in known} - ALLOWED.get(path, set()) == set()


def test_a_project_without_translations_is_english(tmp_path: Path) -> None:
    assert translations(tmp_path, "de_AT") == ("en", {})
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "de.po").write_text('msgid "Save"\nmsgstr "Speichern"\n\nmsgid "Ask"\nmsgstr ""\n')
    assert translations(tmp_path, "de_AT") == ("de", {"Save": "Speichern"})
