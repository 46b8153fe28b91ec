"""Find the tables that a model's SQL, a step, a rule or a semantic model names, by words alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from customer360.names import Relation
from customer360.project.links import known_relations

if TYPE_CHECKING:
    from customer360.project.spec import Model, Project, SemanticDocument

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_NAME = re.compile(r'"?([A-Za-z_]\w*)"?\s*\.\s*"?([A-Za-z_]\w*)"?')
_SOURCE = re.compile(r"""\bsource\(\s*['"]([^'"]+)['"]\s*,\s*['"]([^'"]+)['"]\s*\)""")
_REF = re.compile(r"""\bref\(\s*['"]([^'"]+)['"]\s*\)""")


@dataclass(frozen=True)
class Mentions:
    """Which tables of a project its texts name. A name counts only when the project has such a table."""

    project: Project
    known: frozenset[Relation]

    @classmethod
    def of(cls, project: Project) -> Mentions:
        """Return the finder for a project that was read without errors."""
        return cls(project, known_relations(project))

    def in_sql(self, text: str, schema: str) -> frozenset[Relation]:
        """Return the tables that a SQL text of a product names, by name, ``source()`` or ``ref()``."""
        bare = _COMMENT.sub(" ", text)
        found = {Relation(first, second) for first, second in _NAME.findall(bare)}
        found |= {Relation(schema, table) for table in _REF.findall(bare)}
        found |= {relation for product, port in _SOURCE.findall(bare) if (relation := self._port(product, port))}
        return frozenset(found) & self.known

    def in_model(self, model: Model) -> frozenset[Relation]:
        """Return the tables that a model reads; of a conformed entity those of all its parts."""
        if model.step is not None:
            return frozenset(model.step.inputs.values())
        texts = (self.in_sql(part.sql, model.relation.schema) for part in model.parts)
        return frozenset().union(*texts) - {model.relation}

    def in_semantics(self, document: SemanticDocument) -> frozenset[Relation]:
        """Return the tables that the datasets of a semantic model stand on."""
        datasets = document.document["semantic_model"][0]["datasets"]
        return frozenset().union(*(self.in_sql(dataset["source"], "") for dataset in datasets))

    def _port(self, product_id: str, port: str) -> Relation | None:
        for product in self.project.products.values():
            for each in product.output_ports if product.id == product_id else ():
                contract = self.project.contracts.get(each.contract_id or "")
                if each.name == port and contract is not None:
                    return contract.relation
        return None
