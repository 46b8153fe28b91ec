"""Read ODCS data contracts: what each table promises, as DuckDB types, keys, rules and references."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast, get_args

from customer360.names import RAW_PREFIX, Relation
from customer360.project.contract_checks import check_contract, check_table
from customer360.project.odcs import CustomProperty, DataContract, Item, Property, SchemaObject
from customer360.project.rules import RuleReader, option_faults
from customer360.project.spec import Contract, ContractColumn, QualityRule, Severity
from customer360.project.types import UnknownType, duckdb_type, from_logical, length_limit, struct_type
from customer360.project.yamlfile import YamlFile, read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from customer360.errors import Place
    from customer360.project.problems import Problems


@dataclass(frozen=True)
class PendingReference:
    """A foreign key as written, to be found once every contract is read."""

    columns: tuple[str, ...]
    targets: tuple[str, ...]
    place: Place
    severity: Severity = "error"


@dataclass(frozen=True)
class DraftContract:
    """A contract whose references are not yet found, and the ids by which others may point into it."""

    contract: Contract
    pending: tuple[PendingReference, ...]
    table_id: str
    column_ids: dict[str, str] = field(default_factory=dict)
    """Physical column name by id and by name."""
    domain: str | None = None


def read_contracts(path: Path, root: Path, relation: Relation, problems: Problems) -> list[DraftContract]:
    """Return one draft per table of the file; ``relation`` is the table the file is named after."""
    with problems.caught():
        file = read_yaml(path, root)
        if _is_ours(file, problems):
            shape = problems.checked(DataContract, file)
            if shape is not None:
                check_contract(shape, file, problems)
                return _drafts(shape, file, relation, problems)
        problems.broken("contract", str(file.root.get("id")))
    for guess in (f"c360:{relation.schema}:{relation.table}", f"c360:source:{source_table(relation)}"):
        problems.broken("contract", guess)
    problems.broken("relation", str(relation))
    problems.broken("table", relation.table)
    problems.broken("contract file", path.name)
    return []


def source_table(relation: Relation) -> str:
    """Return ``shop.orders`` for the raw table ``raw_shop.orders``."""
    return f"{relation.schema.removeprefix(RAW_PREFIX)}.{relation.table}"


def _is_ours(file: YamlFile, problems: Problems) -> bool:
    """Say whether the file is an ODCS contract at all; a Data Contract Specification file is named as such."""
    if "dataContractSpecification" in file.root:
        problems.add(
            "This is a contract of the older Data Contract Specification, not of ODCS.",
            file.place("dataContractSpecification"),
            "Convert it to ODCS v3.1.0: apiVersion: v3.1.0, kind: DataContract.",
        )
        return False
    version = file.root.get("apiVersion")
    if isinstance(version, str) and version.startswith("v2"):
        problems.add(
            f"ODCS {version} is too old to be read.", file.place("apiVersion"), "Convert the contract to v3.1.0."
        )
        return False
    return True


def _drafts(shape: DataContract, file: YamlFile, relation: Relation, problems: Problems) -> list[DraftContract]:
    names = [table.name for table in shape.schema_]
    if relation.table not in names:
        problems.add(
            f"The contract describes '{names[0]}', its file is named after '{relation.table}'.",
            file.place("schema", 0, "name"),
            f"Write `name: {relation.table}`, or rename the file.",
        )
    drafts = []
    for position, table in enumerate(shape.schema_):
        # the table the file is named after carries the contract's id; others in the same file a longer one
        main = len(names) == 1 or table.name == relation.table
        target = relation if main else Relation(relation.schema, table.name)
        drafts.append(
            _Draft(shape, file, position, target, problems).made(shape.id if main else f"{shape.id}#{table.name}")
        )
    return drafts


class _Draft:
    """Makes the contract of one table."""

    def __init__(
        self, shape: DataContract, file: YamlFile, position: int, relation: Relation, problems: Problems
    ) -> None:
        self._shape = shape
        self._file = file
        self._path: tuple[str | int, ...] = ("schema", position)
        self._table: SchemaObject = shape.schema_[position]
        self._relation = relation
        self._problems = problems

    def made(self, contract_id: str) -> DraftContract:
        of_source = self._relation.schema.startswith(RAW_PREFIX)
        check_table(self._table, self._path, self._file, self._problems, of_source=of_source)
        columns = tuple(
            self._column(column, (*self._path, "properties", number), number)
            for number, column in enumerate(self._table.properties)
        )
        shape, table = self._shape, self._table
        contract = Contract(
            id=contract_id,
            name=shape.name or table.business_name or table.name,
            version=shape.version,
            status=shape.status or "active",
            relation=self._relation,
            place=self._file.place(*self._path),
            columns=columns,
            rules=tuple(self._rules()),
            sla=tuple(entry for entry in self._file.root.get("slaProperties") or ()),
            description=table.description or (shape.description.purpose if shape.description else None),
            granularity=table.data_granularity_description,
            properties={**by_name(shape.custom_properties), **by_name(table.custom_properties)},
            document=self._file.root,
        )
        ids = {c.name: physical_name(c) for c in table.properties}
        ids |= {c.id: physical_name(c) for c in table.properties if c.id}
        return DraftContract(contract, tuple(self._references()), table.id or table.name, ids, shape.domain)

    def _column(self, column: Property, path: tuple[str | int, ...], number: int) -> ContractColumn:
        options = column.logical_type_options
        limits = [length_limit(column.physical_type), options.max_length if options else None]
        custom = by_name(column.custom_properties)
        place = self._file.place(*path)
        given: Any = self._file.root["schema"][self._path[1]]["properties"][number].get("logicalTypeOptions")
        if given:
            option_faults(given, (*path, "logicalTypeOptions"), self._file, self._problems)
        return ContractColumn(
            name=physical_name(column),
            type=self._type(column, path),
            place=place,
            description=column.description,
            required=bool(column.required),
            unique=bool(column.unique),
            primary_key=self._key_position(column) if column.primary_key else None,
            max_length=min((n for n in limits if n is not None), default=None),
            logical_type=column.logical_type,
            options=_one_spelling(given or {}),
            classification=column.classification,
            tags=tuple(column.tags),
            mask=_mask(custom),
            properties=custom,
        )

    def _key_position(self, column: Property) -> int:
        if column.primary_key_position and column.primary_key_position > 0:
            return column.primary_key_position
        keys = [c for c in self._table.properties if c.primary_key]
        return keys.index(column) + 1

    def _type(self, column: Item, path: tuple[str | int, ...]) -> str:
        """Return the DuckDB type: of physicalType, else of the logical type and what it is made of."""
        if column.physical_type:
            try:
                return duckdb_type(column.physical_type)
            except UnknownType as error:
                hint = f"Did you mean '{error.nearest}'?" if error.nearest else "Leave it out to use logicalType."
                what = f"There is no type '{column.physical_type}'. [ODCS-SCHEMA]"
                self._problems.add(what, self._file.place(*path, "physicalType"), hint)
                return "VARCHAR"
        logical, options = column.logical_type, column.logical_type_options
        if logical is None:
            self._problems.add(
                f"Column '{column.name}' has no type. [ODCS-SCHEMA]",
                self._file.place(*path),
                "Add logicalType or physicalType.",
            )
            return "VARCHAR"
        if logical == "array" and column.items is not None:
            return self._type(column.items, (*path, "items")) + "[]"
        if logical == "object" and column.properties:
            parts = enumerate(column.properties)
            return struct_type([(physical_name(p), self._type(p, (*path, "properties", n))) for n, p in parts])
        format_ = options.format if options else None
        return from_logical(logical, format_=format_, timezone=bool(options and options.timezone))

    def _rules(self) -> list[QualityRule]:
        names = [column.name for column in self._table.properties]
        reader = RuleReader(self._file, self._table.name, names, self._problems)
        rules = []
        for number, column in enumerate(self._table.properties):
            path = (*self._path, "properties", number, "quality")
            rules += reader.read(column.quality, path, physical_name(column))
        return rules + reader.read(self._table.quality, (*self._path, "quality"), None)

    def _references(self) -> list[PendingReference]:
        found = []
        for number, column in enumerate(self._table.properties):
            for position, relation in enumerate(column.relationships):
                place = self._file.place(*self._path, "properties", number, "relationships", position)
                targets = [relation.to] if isinstance(relation.to, str) else relation.to
                # a list here names alternatives: each is a foreign key of this one column
                severity = self._severity(relation.custom_properties, place)
                found += [PendingReference((physical_name(column),), (target,), place, severity) for target in targets]
        for position, pair in enumerate(self._table.relationships):
            place = self._file.place(*self._path, "relationships", position)
            left, right = _as_list(pair.from_), _as_list(pair.to)
            if len(left) != len(right):
                what = f"The foreign key has {len(left)} columns here and {len(right)} there. [ODCS-REF]"
                self._problems.add(what, place, "Name as many columns in `from` as in `to`.")
                continue
            columns = [self._own_column(name, place) for name in left]
            if all(columns):
                severity = self._severity(pair.custom_properties, place)
                found.append(PendingReference(tuple(c for c in columns if c), tuple(right), place, severity))
        return found

    def _severity(self, properties: Sequence[CustomProperty], place: Place) -> Severity:
        """Return how bad a row that points at nothing is: ``c360Severity``, else error."""
        given = by_name(properties).get("c360Severity", "error")
        if given not in get_args(Severity):
            self._problems.unknown("severity", str(given), list(get_args(Severity)), place)
            return "error"
        return cast("Severity", given)

    def _own_column(self, name: str, place: Place) -> str | None:
        """Return the physical name of a column named in `from`: `column` or `table.column`."""
        own = {c.name: physical_name(c) for c in self._table.properties}
        word = name.rpartition(".")[2]
        if word not in own:
            self._problems.unknown("column", word, list(own), place)
        return own.get(word)


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def physical_name(column: Item) -> str:
    """Return what the column is called in the warehouse."""
    return column.physical_name or column.name or ""


def by_name(properties: Sequence[CustomProperty]) -> dict[str, Any]:
    """Return customProperties as a dictionary."""
    return {p.property: p.value for p in properties}


def _mask(custom: dict[str, Any]) -> str | None:
    """Return the mask of a column; an unquoted `null` in YAML means the mask called null."""
    if "c360Mask" not in custom:
        return None
    return "null" if custom["c360Mask"] is None else str(custom["c360Mask"])


def _one_spelling(options: dict[str, Any]) -> dict[str, Any]:
    """Return limits in v3.1's way: a boolean exclusiveMinimum (v3.0) becomes the limit itself."""
    made = dict(options)
    for plain, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if made.get(exclusive) is True and plain in made:
            made[exclusive] = made.pop(plain)
        elif isinstance(made.get(exclusive), bool):
            made.pop(exclusive)
    return made
