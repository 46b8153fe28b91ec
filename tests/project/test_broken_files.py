"""Break the blank project in one place at a time: the sentence, the place and the next step are as promised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from customer360.errors import ProjectErrors
from customer360.project.reader import read_project
from customer360.project.starter import create_project

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Broken:
    """``old`` becomes ``new`` in a file; without ``old`` the file holds ``new``, or is gone when that is None too."""

    name: str
    file: str
    old: str | None
    new: str | None
    errors: tuple[str, ...]


A_FOLDER = "<a folder>"

BROKEN = [
    Broken(
        "unknown setting",
        "c360.yaml",
        "currency: USD",
        "curency: USD",
        ("There is no key 'curency' here. In c360.yaml:15. Did you mean 'currency'?",),
    ),
    Broken(
        "unknown engine",
        "c360.yaml",
        "name: duckdb ",
        "name: duckbd ",
        ("The value of 'engine.name' cannot be 'duckbd'. In c360.yaml:8. Did you mean 'duckdb'?",),
    ),
    Broken(
        "as_of is no date",
        "c360.yaml",
        "as_of: latest",
        "as_of: 2024-13-01",
        ("'as_of' cannot be '2024-13-01'. In c360.yaml:11. Write a date such as 2024-11-30, or latest.",),
    ),
    Broken(
        "as_of nearly latest",
        "c360.yaml",
        "as_of: latest",
        "as_of: lastest",
        ("'as_of' cannot be 'lastest'. In c360.yaml:11. Did you mean 'latest'?",),
    ),
    Broken(
        "as_of column of an unknown source",
        "c360.yaml",
        "- shop.orders.order_date",
        "- shopp.orders.order_date",
        ("No source is named 'shopp'. In c360.yaml:13. Did you mean 'shop'?",),
    ),
    Broken(
        "as_of column unknown",
        "c360.yaml",
        "- shop.orders.order_date",
        "- shop.orders.order_dat",
        ("No column of shop.orders is named 'order_dat'. In c360.yaml:13. Did you mean 'order_date'?",),
    ),
    Broken(
        "latest without columns",
        "c360.yaml",
        "as_of_columns:              # <source>.<table>.<column>\n  - shop.orders.order_date\n",
        "",
        (
            (
                "'as_of' is latest, but 'as_of_columns' names no column to look at. In c360.yaml:11. List "
                "columns there, each <source>.<table>.<column>, or write a date."
            ),
        ),
    ),
    Broken(
        "week start",
        "c360.yaml",
        "week_start: monday",
        "week_start: tuesday",
        ("The value of 'week_start' cannot be 'tuesday'. In c360.yaml:18. Did you mean 'sunday'?",),
    ),
    Broken(
        "month out of range",
        "c360.yaml",
        "fiscal_year_start_month: 1 ",
        "fiscal_year_start_month: 13 ",
        ("'fiscal_year_start_month' must be at most 12, not the number 13. In c360.yaml:19.",),
    ),
    Broken(
        "whole number",
        "c360.yaml",
        "keep_snapshots: 10 ",
        "keep_snapshots: ten ",
        ("'keep_snapshots' must be a whole number, not 'ten'. In c360.yaml:21.",),
    ),
    Broken(
        "currency",
        "c360.yaml",
        "currency: USD",
        "currency: Dollar",
        ("'Dollar' is no currency code. In c360.yaml:15. Write three capitals: USD, EUR.",),
    ),
    Broken(
        "country",
        "c360.yaml",
        "countries: [US]",
        "countries: [USA]",
        ("'USA' is no country code. In c360.yaml:20. Write two capitals: US, DE.",),
    ),
    Broken(
        "time zone",
        "c360.yaml",
        "time_zone: UTC",
        "time_zone: Europe/Berln",
        ("No time zone is named 'Europe/Berln'. In c360.yaml:16. Did you mean 'Europe/Berlin'?",),
    ),
    Broken(
        "project name",
        "c360.yaml",
        "name: blank",
        "name: Big Blank",
        (
            (
                "'Big Blank' cannot name a project. In c360.yaml:4. Use lower-case letters, digits and _; start "
                "with a letter."
            ),
        ),
    ),
    Broken(
        "missing key",
        "c360.yaml",
        "name: blank ",
        "# name: blank ",
        ("The key 'name' is missing. In c360.yaml:7. Add it: name of the project: a lower-case word.",),
    ),
    Broken(
        "key without a value",
        "c360.yaml",
        "currency: USD ",
        "currency: ",
        ("'currency' must be text, not empty. In c360.yaml:15. Give it a value or leave the key out.",),
    ),
    Broken(
        "key twice",
        "c360.yaml",
        "week_start: monday",
        "currency: EUR\nweek_start: monday",
        (("The key 'currency' stands here twice; the first is in line 15. In c360.yaml:18. Remove one of them."),),
    ),
    Broken(
        "tab",
        "c360.yaml",
        "  folder: warehouse",
        "\tfolder: warehouse",
        ("The line is indented with a tab; YAML wants spaces. In c360.yaml:9. Replace the tab by spaces.",),
    ),
    Broken(
        "open quote",
        "c360.yaml",
        "label: Sales",
        'label: "Sales',
        ("The quote that opens here is never closed. In c360.yaml:25. Close it.",),
    ),
    Broken(
        "colon in a value",
        "c360.yaml",
        "label: Sales",
        "label: Sales: all",
        (
            (
                "There is a colon inside an unquoted value. In c360.yaml:25. Put the value in quotes, or check "
                "the indentation."
            ),
        ),
    ),
    Broken(
        "two documents",
        "c360.yaml",
        "domains:  ",
        "---\ndomains:  ",
        ("A second document starts here (`---`). In c360.yaml:23. Keep one document a file.",),
    ),
    Broken(
        "custom tag",
        "c360.yaml",
        "currency: USD",
        "currency: !code USD",
        (("The YAML tag '!code' is not used in project files. In c360.yaml:15. Remove it; write the value plainly."),),
    ),
    Broken(
        "template unquoted",
        "c360.yaml",
        "label: Sales",
        "label: {{ sales }}",
        (
            (
                "A key must be a word, not a list or a mapping. In c360.yaml:25. Put a value that begins with { "
                "in quotes."
            ),
        ),
    ),
    Broken(
        "literal password",
        "sources/shop.yaml",
        "# connection: {url: {env: SHOP_URL}}",
        "connection: {user: shop, password: hunter2}",
        (
            (
                "'password' holds what looks like a password; project files hold no secrets. In "
                "sources/shop.yaml:6. Put it in an environment variable and write its name: {env: NAME}."
            ),
        ),
    ),
    Broken(
        "password in a url",
        "sources/shop.yaml",
        "# connection: {url: {env: SHOP_URL}}",
        'connection: {url: "postgresql://shop:hunter2@db/shop"}',
        (
            (
                "'url' holds what looks like a password; project files hold no secrets. In sources/shop.yaml:6. "
                "Put it in an environment variable and write its name: {env: NAME}."
            ),
        ),
    ),
    Broken(
        "env without a name",
        "sources/shop.yaml",
        "# connection: {url: {env: SHOP_URL}}",
        'connection: {url: {env: "no name"}}',
        (("'connection.url' does not name an environment variable. In sources/shop.yaml:6. Write {env: NAME}."),),
    ),
    Broken(
        "source name differs from file",
        "sources/shop.yaml",
        "source: shop",
        "source: store",
        (
            (
                "The source is called 'store', its file shop.yaml. In sources/shop.yaml:2. Name the file "
                "store.yaml, or write `source: shop`."
            ),
        ),
    ),
    Broken(
        "unknown table setting",
        "sources/shop.yaml",
        "    cursor: order_date",
        "    cursr: order_date",
        ("There is no key 'cursr' here. In sources/shop.yaml:15. Did you mean 'cursor'?",),
    ),
    Broken(
        "unknown policy",
        "sources/shop.yaml",
        "on_schema_change: fail",
        "on_schema_change: ingore",
        (
            (
                "The value of 'tables.orders.on_schema_change' cannot be 'ingore'. In sources/shop.yaml:17. Did "
                "you mean 'ignore'?"
            ),
        ),
    ),
    Broken(
        "overlap",
        "sources/shop.yaml",
        "overlap: 3 days",
        "overlap: three days",
        (
            (
                "'overlap' cannot be 'three days'. In sources/shop.yaml:16. Write a number and a unit, such as 3 "
                "days or 2 hours; a number alone for numeric cursors."
            ),
        ),
    ),
    Broken(
        "source contract unknown",
        "sources/shop.yaml",
        "contract: c360:source:shop.orders",
        "contract: c360:source:shop.order",
        (
            (
                "No contract is named 'c360:source:shop.order'. In sources/shop.yaml:10. Did you mean "
                "'c360:source:shop.orders'?"
            ),
        ),
    ),
    Broken(
        "source key unknown",
        "sources/shop.yaml",
        "key: [order_id]",
        "key: [orderid]",
        (
            (
                "No column of c360:source:shop.orders is named 'orderid'. In sources/shop.yaml:10. Did you mean "
                "'order_id'?"
            ),
        ),
    ),
    Broken(
        "key is no list",
        "sources/shop.yaml",
        "key: [order_id]",
        "key: order_id",
        ("'tables.orders.key' must be a list, not 'order_id'. In sources/shop.yaml:14. Write [order_id].",),
    ),
    Broken(
        "contract of no table",
        "sources/shop.yaml",
        "  orders:  ",
        "  order:  ",
        (
            "No table of source 'shop' is named 'orders'. In c360.yaml:13. Did you mean 'order'?",
            ("No table of source 'shop' is named 'orders'. In sources/shop.orders.odcs.yaml:10. Did you mean 'order'?"),
        ),
    ),
    Broken(
        "no contract id",
        "products/shop/orders.odcs.yaml",
        "id: c360:shop:orders\n",
        "",
        (
            (
                "The key 'id' is missing. In products/shop/orders.odcs.yaml:1. Add it: what product ports and "
                "sources name: c360:<schema>:<table>."
            ),
        ),
    ),
    Broken(
        "version a number",
        "products/shop/orders.odcs.yaml",
        'version: "1.0.0"',
        "version: 1.0",
        (
            (
                "'version' must be text, not the number 1.0. In products/shop/orders.odcs.yaml:5. Put it in "
                'quotes: "1.0".'
            ),
        ),
    ),
    Broken(
        "ODCS too old",
        "products/shop/orders.odcs.yaml",
        "apiVersion: v3.1.0",
        "apiVersion: v2.2.2",
        (("ODCS v2.2.2 is too old to be read. In products/shop/orders.odcs.yaml:1. Convert the contract to v3.1.0."),),
    ),
    Broken(
        "ODCS version unknown",
        "products/shop/orders.odcs.yaml",
        "apiVersion: v3.1.0",
        "apiVersion: v3.1.1",
        (
            (
                "The value of 'apiVersion' cannot be 'v3.1.1'. In products/shop/orders.odcs.yaml:1. Did you mean "
                "'v3.1.0'?"
            ),
        ),
    ),
    Broken(
        "unknown column key",
        "products/shop/orders.odcs.yaml",
        "        classification: confidential",
        "        clasification: confidential",
        (
            (
                "There is no key 'clasification' here. In products/shop/orders.odcs.yaml:18. Did you mean "
                "'classification'?"
            ),
        ),
    ),
    Broken(
        "boolean written yes",
        "products/shop/orders.odcs.yaml",
        "        required: true\n        description: E-mail",
        "        required: yes\n        description: E-mail",
        (
            (
                "'schema.orders.properties.customer_email.required' must be true or false, not 'yes'. In "
                "products/shop/orders.odcs.yaml:16. Write true."
            ),
        ),
    ),
    Broken(
        "unknown type",
        "products/shop/orders.odcs.yaml",
        "physicalType: DATE",
        "physicalType: DAET",
        (("There is no type 'DAET'. [ODCS-SCHEMA] In products/shop/orders.odcs.yaml:25. Did you mean 'DATE'?"),),
    ),
    Broken(
        "unknown logical type",
        "products/shop/orders.odcs.yaml",
        "logicalType: number",
        "logicalType: numeric",
        (
            (
                "The value of 'schema.orders.properties.amount.logicalType' cannot be 'numeric'. In "
                "products/shop/orders.odcs.yaml:28. Did you mean 'number'?"
            ),
        ),
    ),
    Broken(
        "no type",
        "products/shop/orders.odcs.yaml",
        "physicalType: DATE, ",
        "",
        (
            (
                "Column 'order_date' has no type. [ODCS-SCHEMA] In products/shop/orders.odcs.yaml:25. Add "
                "logicalType or physicalType."
            ),
        ),
    ),
    Broken(
        "column twice",
        "products/shop/orders.odcs.yaml",
        "name: order_date",
        "name: order_id",
        (
            (
                "The column 'order_id' stands here twice; the first is in line 13. [ODCS-DUP] In "
                "products/shop/orders.odcs.yaml:25. Remove or rename one."
            ),
            (
                "No column of shop.orders is named 'order_date'. In tests/customer_orders.yaml:8. Did you mean "
                "'order_id'?"
            ),
            (
                "No column of shop.orders is named 'order_date'. In tests/customer_orders.yaml:9. Did you mean "
                "'order_id'?"
            ),
        ),
    ),
    Broken(
        "contract names another table",
        "products/shop/orders.odcs.yaml",
        "- name: orders\n    physicalType: table",
        "- name: order\n    physicalType: table",
        (
            (
                "The contract describes 'order', its file is named after 'orders'. In "
                "products/shop/orders.odcs.yaml:9. Write `name: orders`, or rename the file."
            ),
        ),
    ),
    Broken(
        "metric on the wrong level",
        "products/shop/orders.odcs.yaml",
        "metric: invalidValues",
        "metric: rowCount",
        (
            (
                "The metric 'rowCount' is not for a column. [ODCS-Q-LEVEL] In products/shop/orders.odcs.yaml:21. "
                "Move the rule to the table."
            ),
        ),
    ),
    Broken(
        "metric unknown",
        "products/shop/orders.odcs.yaml",
        "metric: invalidValues",
        "metric: invalidValue",
        (
            (
                "There is no metric 'invalidValue'. [ODCS-Q-ARGS] In products/shop/orders.odcs.yaml:22. Did you "
                "mean 'invalidValues'?"
            ),
        ),
    ),
    Broken(
        "argument unknown",
        "products/shop/orders.odcs.yaml",
        "{pattern:",
        "{patern:",
        (
            (
                "'invalidValues' has no argument 'patern'. [ODCS-Q-ARGS] In products/shop/orders.odcs.yaml:23. "
                "Did you mean 'pattern'?"
            ),
        ),
    ),
    Broken(
        "argument beside",
        "products/shop/orders.odcs.yaml",
        'arguments: {pattern: "^[^@]+@[^@]+$"}',
        'pattern: "^[^@]+@[^@]+$"',
        (
            (
                "There is no key 'pattern' here. In products/shop/orders.odcs.yaml:23. Put it under "
                "`arguments:`. [ODCS-Q-ARGS]"
            ),
        ),
    ),
    Broken(
        "look-behind",
        "products/shop/orders.odcs.yaml",
        "^[^@]+@",
        "(?<=a)@",
        (
            (
                "The pattern cannot be used: look-around and back references do not work on every engine. "
                "[ODCS-Q-ARGS] In products/shop/orders.odcs.yaml:23."
            ),
        ),
    ),
    Broken(
        "no operator",
        "products/shop/orders.odcs.yaml",
        "            mustBe: 0\n",
        "",
        (
            (
                "The rule does not say what 'invalidValues' must be. [ODCS-Q-OP] In "
                "products/shop/orders.odcs.yaml:21. Add an operator, such as `mustBe: 0`."
            ),
        ),
    ),
    Broken(
        "operator misspelt",
        "products/shop/orders.odcs.yaml",
        "mustBeGreaterThan: 0",
        "mustBeGreaterThen: 0",
        (
            (
                "There is no key 'mustBeGreaterThen' here. In products/shop/orders.odcs.yaml:35. Did you mean "
                "'mustBeGreaterThan'?"
            ),
        ),
    ),
    Broken(
        "percent of rows",
        "products/shop/orders.odcs.yaml",
        "mustBeGreaterThan: 0",
        "mustBeGreaterThan: 0\n        unit: percent",
        (("'rowCount' has no percentage. [ODCS-Q-UNIT] In products/shop/orders.odcs.yaml:36. Leave `unit` out."),),
    ),
    Broken(
        "between needs two",
        "products/shop/orders.odcs.yaml",
        "mustBeGreaterThan: 0",
        "mustBeBetween: [9, 1]",
        (
            (
                "'mustBeBetween' needs two numbers, the smaller first. [ODCS-Q-OP] In "
                "products/shop/orders.odcs.yaml:35. Write mustBeBetween: [1, 9]."
            ),
        ),
    ),
    Broken(
        "severity",
        "products/shop/orders.odcs.yaml",
        "mustBeGreaterThan: 0",
        "mustBeGreaterThan: 0\n        severity: warn",
        (
            (
                "The severity of a rule cannot be 'warn'. [ODCS-SCHEMA] In products/shop/orders.odcs.yaml:36. "
                "Did you mean 'warning'?"
            ),
        ),
    ),
    Broken(
        "query writes",
        "products/gold/customer_orders.odcs.yaml",
        "SELECT (SELECT sum(revenue)",
        "DELETE (SELECT sum(revenue)",
        (
            (
                "The query is not one SELECT: it begins with DELETE. [ODCS-SQL] In "
                "products/gold/customer_orders.odcs.yaml:37. Write one SELECT that returns one value."
            ),
        ),
    ),
    Broken(
        "query is two",
        "products/gold/customer_orders.odcs.yaml",
        " AS difference\n",
        "; DROP TABLE x\n",
        (
            (
                "The query is not one SELECT: it holds several statements. [ODCS-SQL] In "
                "products/gold/customer_orders.odcs.yaml:37. Write one SELECT that returns one value."
            ),
        ),
    ),
    Broken(
        "query hides a delete",
        "products/gold/customer_orders.odcs.yaml",
        "SELECT (SELECT sum(revenue) FROM {object}) - (SELECT sum(amount) FROM shop.orders)",
        "WITH d AS (DELETE FROM shop.orders) SELECT 0",
        (
            (
                "The query is not one SELECT: it holds DELETE. [ODCS-SQL] In "
                "products/gold/customer_orders.odcs.yaml:37. Write one SELECT that returns one value."
            ),
        ),
    ),
    Broken(
        "key position",
        "products/gold/customer_orders.odcs.yaml",
        "primaryKey: true",
        "primaryKey: true\n        primaryKeyPosition: 2",
        (
            (
                "The places of the key's columns are 2; they must be 1 to 1. [ODCS-PKPOS] In "
                "products/gold/customer_orders.odcs.yaml:17. Number all columns of the key from 1, or none."
            ),
        ),
    ),
    Broken(
        "pii without protection",
        "products/shop/orders.odcs.yaml",
        "        classification: confidential\n",
        "",
        (
            (
                "Column 'customer_email' is tagged pii but has no classification and no mask. [ODCS-PII] In "
                "products/shop/orders.odcs.yaml:14. Add `classification: confidential` (or restricted), or the "
                "customProperty c360Mask."
            ),
        ),
    ),
    Broken(
        "unknown mask",
        "products/gold/customer_orders.odcs.yaml",
        "        classification: confidential\n",
        ("        classification: confidential\n        customProperties: [{property: c360Mask, value: hsh}]\n"),
        (("There is no mask 'hsh'. [ODCS-PII] In products/gold/customer_orders.odcs.yaml:13. Did you mean 'hash'?"),),
    ),
    Broken(
        "reference to no table",
        "products/gold/customer_orders.odcs.yaml",
        "        classification: confidential\n",
        "        classification: confidential\n        relationships: [{to: order.customer_email}]\n",
        (
            (
                "No contract describes the table of 'order.customer_email'. [ODCS-REF] In "
                "products/gold/customer_orders.odcs.yaml:19. Did you mean 'orders'?"
            ),
        ),
    ),
    Broken(
        "reference to no column",
        "products/gold/customer_orders.odcs.yaml",
        "        classification: confidential\n",
        "        classification: confidential\n        relationships: [{to: shop.orders.email}]\n",
        (
            (
                "The table shop.orders has no column 'email'. [ODCS-REF] In "
                "products/gold/customer_orders.odcs.yaml:19. Known: order_id, customer_email, order_date, "
                "amount."
            ),
        ),
    ),
    Broken(
        "reference to another type",
        "products/gold/customer_orders.odcs.yaml",
        "        classification: confidential\n",
        "        classification: confidential\n        relationships: [{to: shop.orders.order_id}]\n",
        (
            (
                "The column 'customer_email' is VARCHAR, and shop.orders.order_id, which it refers to, is INTEGER. "
                "[ODCS-REF] In products/gold/customer_orders.odcs.yaml:19. Refer to a column of the same type, or "
                "correct one of the two."
            ),
        ),
    ),
    Broken(
        "server type",
        "products/shop/orders.odcs.yaml",
        "schema:\n",
        "servers:\n  - {server: local, type: duckdv, database: a.db}\nschema:\n",
        (
            (
                "There is no kind of server 'duckdv'. [ODCS-SERVER] In products/shop/orders.odcs.yaml:9. Did you "
                "mean 'duckdb'?"
            ),
        ),
    ),
    Broken(
        "server without database",
        "products/shop/orders.odcs.yaml",
        "schema:\n",
        "servers:\n  - {server: local, type: duckdb}\nschema:\n",
        (
            (
                "A server of type duckdb needs the key 'database'. [ODCS-SERVER] In "
                "products/shop/orders.odcs.yaml:9. Add `database:`."
            ),
        ),
    ),
    Broken(
        "member's date",
        "products/shop/orders.odcs.yaml",
        "schema:\n",
        "team:\n  members: [{username: ann@example.org, dateIn: yesterday}]\nschema:\n",
        (("'dateIn' is no date: 'yesterday'. [ODCS-DATE] In products/shop/orders.odcs.yaml:9. Write \"2025-01-31\"."),),
    ),
    Broken(
        "foreign key of two columns here, one there",
        "products/gold/customer_orders.odcs.yaml",
        "    quality:\n      - id: revenue_agrees",
        (
            "    relationships:\n"
            "      - {from: [customer_orders.customer_email, customer_orders.orders], to: [shop.orders."
            "customer_email]}\n"
            "    quality:\n"
            "      - id: revenue_agrees"
        ),
        (
            (
                "The foreign key has 2 columns here and 1 there. [ODCS-REF] In "
                "products/gold/customer_orders.odcs.yaml:34. Name as many columns in `from` as in `to`."
            ),
        ),
    ),
    Broken(
        "older contract standard",
        "products/shop/orders.odcs.yaml",
        "apiVersion: v3.1.0\n",
        "dataContractSpecification: 1.1.0\n",
        (
            (
                "This is a contract of the older Data Contract Specification, not of ODCS. In "
                "products/shop/orders.odcs.yaml:1. Convert it to ODCS v3.1.0: apiVersion: v3.1.0, kind: "
                "DataContract."
            ),
        ),
    ),
    Broken(
        "server key",
        "products/shop/orders.odcs.yaml",
        "schema:\n",
        (
            "servers:\n"
            "  - {server: local, type: postgres, host: db, port: 5432, database: shop, schema: public, "
            "passwrd: x}\n"
            "schema:\n"
        ),
        (
            (
                "A server of type postgres has no key 'passwrd'. [ODCS-SERVER] In "
                "products/shop/orders.odcs.yaml:9. Known keys here: id, server, type, description, environment, "
                "roles, customProperties, host, port, database, schema."
            ),
        ),
    ),
    Broken(
        "server secret",
        "products/shop/orders.odcs.yaml",
        "schema:\n",
        (
            "servers:\n"
            "  - {server: local, type: custom, customProperties: [{property: apiKey, value: abc123}]}\n"
            "schema:\n"
        ),
        (
            (
                "'apiKey' holds what looks like a password; project files hold no secrets. [ODCS-SECRET] In "
                "products/shop/orders.odcs.yaml:9. Put it in an environment variable and write its name: {env: "
                "NAME}."
            ),
        ),
    ),
    Broken(
        "contract domain",
        "products/shop/orders.odcs.yaml",
        "domain: sales",
        "domain: slaes",
        ("No domain is named 'slaes'. In products/shop/orders.odcs.yaml:7. Did you mean 'sales'?",),
    ),
    Broken(
        "product domain",
        "products/gold/product.odps.yaml",
        "domain: sales",
        "domain: marketing",
        ("No domain is named 'marketing'. In products/gold/product.odps.yaml:7. Known: sales.",),
    ),
    Broken(
        "two products with one id",
        "products/gold/product.odps.yaml",
        "id: customers",
        "id: shop_orders",
        (
            (
                "The product id 'shop_orders' is already used in products/gold/product.odps.yaml:1. [ODPS-DUP] "
                "In products/shop/product.odps.yaml:4. Give one of them another id."
            ),
        ),
    ),
    Broken(
        "products in a circle",
        "products/shop/product.odps.yaml",
        'contractId: "c360:source:shop.orders"}',
        (
            'contractId: "c360:source:shop.orders"}\n'
            '  - {name: back, version: "1.0.0", contractId: "c360:gold:customer_orders"}'
        ),
        (
            (
                "Products read each other in a circle: gold -> shop -> gold. [ODPS-CYCLE] In "
                "products/gold/product.odps.yaml:10. Take one input port away."
            ),
        ),
    ),
    Broken(
        "port twice",
        "products/shop/product.odps.yaml",
        "outputPorts:\n",
        'outputPorts:\n  - {name: orders, version: "1.0.0", contractId: "c360:shop:orders"}\n',
        (
            (
                "The port 'orders' stands here twice in version 1.0.0; the first is in line 15. [ODPS-DUP] In "
                "products/shop/product.odps.yaml:16. Remove one, or give it a version of its own."
            ),
        ),
    ),
    Broken(
        "access duration",
        "products/shop/product.odps.yaml",
        "{property: c360Access, value: restricted}",
        "{property: c360AccessDuration, value: {user: forever}}",
        (
            (
                "c360AccessDuration of port 'orders' cannot be 'forever' for user. In "
                "products/shop/product.odps.yaml:19. Write permanent, or a number of days."
            ),
        ),
    ),
    Broken(
        "two contracts with one id",
        "products/gold/customer_orders.odcs.yaml",
        "id: c360:gold:customer_orders",
        "id: c360:shop:orders",
        (
            (
                "No contract is named 'c360:gold:customer_orders'. In products/gold/product.odps.yaml:16. Did "
                "you mean 'c360:shop:orders'?"
            ),
            (
                "The contract id 'c360:shop:orders' is already used in "
                "products/gold/customer_orders.odcs.yaml:9. [ODCS-DUP] In products/shop/orders.odcs.yaml:9. Give "
                "one of them another name."
            ),
            (
                "The port 'orders' promises gold.customer_orders, a table of another product. [ODPS-CONTRACT] In "
                "products/shop/product.odps.yaml:15. Offer tables of shop only."
            ),
        ),
    ),
    Broken(
        "other ODPS",
        "products/shop/product.odps.yaml",
        None,
        (
            "schema: https://opendataproducts.org/v4.0/schema/odps.json\n"
            "version: 4.0\n"
            "product:\n"
            "  details:\n"
            "    en: {name: Shop orders}\n"
        ),
        (
            (
                "This is an Open Data Product Specification file (opendataproducts.org), not one of Bitol's Open "
                "Data Product Standard. In products/shop/product.odps.yaml:3. Begin it with `apiVersion: v1.0.0` "
                "and `kind: DataProduct`, and `name: Shop orders`."
            ),
        ),
    ),
    Broken(
        "product status",
        "products/shop/product.odps.yaml",
        "status: active",
        "status: activ",
        (
            (
                "The value of 'status' cannot be 'activ'. [ODPS-STATUS] In products/shop/product.odps.yaml:7. "
                "Did you mean 'active'?"
            ),
        ),
    ),
    Broken(
        "port without contract id",
        "products/gold/product.odps.yaml",
        "    contractId: c360:gold:customer_orders\n",
        "",
        (
            (
                "The port 'customer_orders' has no contract. [ODPS-CONTRACT] In "
                "products/gold/product.odps.yaml:13. Add `contractId:`, the id of its contract."
            ),
        ),
    ),
    Broken(
        "port contract unknown",
        "products/gold/product.odps.yaml",
        "contractId: c360:gold:customer_orders",
        "contractId: c360:gold:customer_order",
        (
            (
                "No contract is named 'c360:gold:customer_order'. In products/gold/product.odps.yaml:16. Did you "
                "mean 'c360:gold:customer_orders'?"
            ),
        ),
    ),
    Broken(
        "port major version",
        "products/gold/product.odps.yaml",
        '  - name: customer_orders\n    version: "1.0.0"',
        '  - name: customer_orders\n    version: "2.0.0"',
        (
            (
                "The port 'customer_orders' says version 2.0.0, its contract 1.0.0. [ODPS-VERSION] In "
                'products/gold/product.odps.yaml:13. Write version: "1.0.0".'
            ),
        ),
    ),
    Broken(
        "input contract is no input",
        "products/gold/product.odps.yaml",
        '- {id: "c360:shop:orders"',
        '- {id: "c360:shop:order"',
        (
            (
                "The contract 'c360:shop:order' feeds port 'customer_orders' but is no input port. [ODPS-INPUT] "
                "In products/gold/product.odps.yaml:18. Did you mean 'c360:shop:orders'?"
            ),
        ),
    ),
    Broken(
        "no owner",
        "products/gold/product.odps.yaml",
        "role: owner",
        "role: reader",
        (
            (
                "The product has no owner. [ODPS-OWNER] In products/gold/product.odps.yaml:23. Add to "
                "team.members: - {username: ..., role: owner}."
            ),
        ),
    ),
    Broken(
        "access",
        "products/gold/product.odps.yaml",
        "value: unrestricted",
        "value: unresticted",
        (
            (
                "The value of 'c360Access' cannot be 'unresticted'. In products/gold/product.odps.yaml:19. Did "
                "you mean 'unrestricted'?"
            ),
        ),
    ),
    Broken(
        "description on an input port",
        "products/gold/product.odps.yaml",
        "{name: orders, version",
        "{name: orders, description: Orders, version",
        (
            (
                "There is no key 'description' here. In products/gold/product.odps.yaml:11. ODPS gives input "
                "ports no description; use customProperties, or the contract's description."
            ),
        ),
    ),
    Broken(
        "active product, draft contract",
        "products/gold/customer_orders.odcs.yaml",
        "status: active",
        "status: draft",
        (
            (
                "The product is active, the contract of its port 'customer_orders' is draft. [ODPS-STATUS] In "
                "products/gold/product.odps.yaml:13. Make the contract in "
                "products/gold/customer_orders.odcs.yaml active, or the product draft."
            ),
        ),
    ),
    Broken(
        "no grain",
        "products/gold/customer_orders.sql",
        "-- One row per customer with at least one order.\n",
        "",
        (
            (
                "The first line of gold.customer_orders does not say its grain. In "
                "products/gold/customer_orders.sql:1. Say what one row is in the first line: -- One row per "
                "customer."
            ),
        ),
    ),
    Broken(
        "first line is no grain",
        "products/gold/customer_orders.sql",
        "-- One row per customer with at least one order.",
        "-- Customers and orders.",
        (
            (
                "The first line of gold.customer_orders does not say its grain. In "
                "products/gold/customer_orders.sql:1. Say what one row is in the first line: -- One row per "
                "customer."
            ),
        ),
    ),
    Broken(
        "header key twice",
        "products/shop/orders.sql",
        "-- kind: full",
        "-- kind: full\n-- kind: view",
        ("The setting 'kind' stands here twice. In products/shop/orders.sql:3. Remove one of them.",),
    ),
    Broken(
        "header key without value",
        "products/shop/orders.sql",
        "-- kind: full",
        "-- kind:",
        (
            (
                "The setting 'kind' is empty. In products/shop/orders.sql:2. It holds: full (default), "
                "incremental, scd2 or view."
            ),
        ),
    ),
    Broken(
        "header key",
        "products/shop/orders.sql",
        "-- kind: full",
        "-- knd: full",
        ("There is no model setting 'knd'. In products/shop/orders.sql:2. Did you mean 'kind'?",),
    ),
    Broken(
        "empty model",
        "products/shop/orders.sql",
        None,
        "",
        ("The model is empty. In products/shop/orders.sql:1. Write its grain and one SELECT.",),
    ),
    Broken(
        "model without contract",
        "products/gold/extra.sql",
        None,
        "-- One row.\nSELECT 1 AS one\n",
        (
            (
                "The model gold.extra has no contract. In products/gold/extra.sql:1. Write "
                "products/gold/extra.odcs.yaml: its columns, types and key."
            ),
        ),
    ),
    Broken(
        "contract without model",
        "products/gold/customer_orders.sql",
        None,
        None,
        (
            (
                "The contract of gold.customer_orders has no model. In "
                "products/gold/customer_orders.odcs.yaml:9. Write products/gold/customer_orders.sql or "
                ".step.yaml, or remove the contract."
            ),
        ),
    ),
    Broken(
        "yml nobody reads",
        "products/gold/notes.yaml",
        None,
        "a: 1\n",
        (
            (
                "The file is not read: its name fits nothing here. In products/gold/notes.yaml. Files here are "
                "product.odps.yaml, <table>.sql, <table>.step.yaml and <table>.odcs.yaml."
            ),
        ),
    ),
    Broken(
        "schema name",
        "products/Gold2/x.sql",
        None,
        "-- One row.\nSELECT 1\n",
        (
            (
                "'Gold2' cannot name a schema. In products/Gold2. Use lower-case letters, digits and _; not "
                "c360, quarantine or raw_*."
            ),
        ),
    ),
    Broken(
        "reserved schema",
        "products/raw_shop/x.sql",
        None,
        "-- One row.\nSELECT 1\n",
        (
            (
                "'raw_shop' cannot name a schema. In products/raw_shop. Use lower-case letters, digits and _; "
                "not c360, quarantine or raw_*."
            ),
        ),
    ),
    Broken(
        "no comment at all",
        "products/gold/customer_orders.sql",
        (
            "-- One row per customer with at least one order.\n"
            "-- Days are counted to as_of(): nothing reads the clock, so the same data give the same ta"
            "ble.\n"
        ),
        "",
        (
            (
                "The model gold.customer_orders does not say its grain. In products/gold/customer_orders.sql:1. "
                "Say what one row is in the first line: -- One row per customer."
            ),
        ),
    ),
    Broken(
        "step key",
        "products/gold/scores.step.yaml",
        None,
        "grain: One row per customer.\nmethods: rfm\ninputs: {purchases: shop.orders}\n",
        (
            (
                "The key 'method' is missing. In products/gold/scores.step.yaml:1. Add it: which registered "
                "method makes the table."
            ),
            "There is no key 'methods' here. In products/gold/scores.step.yaml:2. Did you mean 'method'?",
        ),
    ),
    Broken(
        "step input unknown",
        "products/gold/customer_orders.step.yaml",
        None,
        "grain: One row per customer.\nmethod: rfm\ninputs: {purchases: shop.order}\n",
        (
            (
                "The table gold.customer_orders is already made in products/gold/customer_orders.sql:1. In "
                "products/gold/customer_orders.step.yaml:1. Remove one of them."
            ),
            (
                "No table is named 'shop.order'. In products/gold/customer_orders.step.yaml:2. Did you mean "
                "'shop.orders'?"
            ),
        ),
    ),
    Broken(
        "ossie key",
        "semantic/sales.yaml",
        "        primary_key: [customer_email]",
        "        primary_keys: [customer_email]",
        ("There is no key 'primary_keys' here. In semantic/sales.yaml:29. Did you mean 'primary_key'?",),
    ),
    Broken(
        "ossie datatype",
        "semantic/sales.yaml",
        "datatype: Decimal\n        ai_context",
        "datatype: Number\n        ai_context",
        (
            (
                "The value of 'semantic_model.sales.metrics.revenue.datatype' cannot be 'Number'. In "
                "semantic/sales.yaml:55. Known: String, Integer, Decimal, Float, Boolean, Date, Time, DateTime, "
                "DateTimeTz, Opaque."
            ),
        ),
    ),
    Broken(
        "ossie dataset of no table",
        "semantic/sales.yaml",
        "source: gold.customer_orders",
        "source: gold.customer_order",
        (("No table is named 'gold.customer_order'. In semantic/sales.yaml:28. Did you mean 'gold.customer_orders'?"),),
    ),
    Broken(
        "ossie relationship end",
        "semantic/sales.yaml",
        "        to: customer\n",
        "        to: customers\n",
        ("No dataset is named 'customers'. In semantic/sales.yaml:46. Did you mean 'customer'?",),
    ),
    Broken(
        "ossie key lengths",
        "semantic/sales.yaml",
        "from_columns: [customer_email]",
        "from_columns: [customer_email, order_id]",
        (
            (
                "The relationship 'order_customer' has 2 columns on one side and 1 on the other. [OSSIE-KEYLEN] "
                "In semantic/sales.yaml:44. Name as many from_columns as to_columns."
            ),
        ),
    ),
    Broken(
        "ossie metric twice",
        "semantic/sales.yaml",
        "- name: order_count",
        "- name: revenue",
        (
            (
                "The metric 'revenue' stands here twice; the first is in line 52. [OSSIE-DUP] In "
                "semantic/sales.yaml:59. Remove or rename one."
            ),
        ),
    ),
    Broken(
        "ossie extension",
        "semantic/sales.yaml",
        '\'{"v":1,"role":"dimension"}\'',
        '\'{"v":1,"role":dimension}\'',
        (
            (
                "The C360 extension is no JSON: Expecting value: line 1 column 15 (char 14). [OSSIE-EXT] In "
                "semantic/sales.yaml:42. Check quotes and braces."
            ),
        ),
    ),
    Broken(
        "ossie version",
        "semantic/sales.yaml",
        'version: "0.2.0.dev0"',
        "version: [1]",
        ("'version' must be text or a number, not a list. In semantic/sales.yaml:2.",),
    ),
    Broken(
        "ossie two models",
        "semantic/sales.yaml",
        "semantic_model:\n",
        "semantic_model:\n  - {name: other, datasets: [{name: a, source: shop.orders}]}\n",
        ("'semantic_model' holds 2 items; it may hold 1. In semantic/sales.yaml:3.",),
    ),
    Broken(
        "ossie metric with a label",
        "semantic/sales.yaml",
        "      - name: order_count\n",
        "      - name: order_count\n        label: Orders\n",
        (
            (
                "There is no key 'label' here. In semantic/sales.yaml:60. Ossie gives metrics no label; write it "
                "in the C360 extension."
            ),
        ),
    ),
    Broken(
        "widget name",
        "dashboards/overview.yaml",
        "name: revenue_by_tier",
        "name: Revenue by tier",
        (
            (
                "'Revenue by tier' cannot name a widget. In dashboards/overview.yaml:16. Use lower-case letters, "
                "digits and _; the text that people see goes in `title`."
            ),
        ),
    ),
    Broken(
        "widget twice",
        "dashboards/overview.yaml",
        "name: revenue_by_tier",
        "name: revenue",
        (
            (
                "The widget 'revenue' stands here twice; the first is in line 5. [DASHBOARD-DUP] In "
                "dashboards/overview.yaml:16. Remove or rename one."
            ),
        ),
    ),
    Broken(
        "chart kind",
        "dashboards/overview.yaml",
        "chart: bar",
        "chart: bars",
        (
            (
                "The value of 'widgets.revenue_by_tier.chart' cannot be 'bars'. In dashboards/overview.yaml:18. "
                "Did you mean 'bar'?"
            ),
        ),
    ),
    Broken(
        "grain of a dimension",
        "dashboards/overview.yaml",
        "grain: month",
        "grain: monthly",
        (
            (
                "The value of 'widgets.revenue_by_month.query.dimensions.order_date.grain' cannot be 'monthly'. "
                "In dashboards/overview.yaml:14. Did you mean 'month'?"
            ),
        ),
    ),
    Broken(
        "no metrics",
        "dashboards/overview.yaml",
        "query: {metrics: [revenue]}",
        "query: {metrics: []}",
        ("'widgets.revenue.query.metrics' needs at least 1 item. In dashboards/overview.yaml:8.",),
    ),
    Broken(
        "query key",
        "dashboards/overview.yaml",
        "query: {metrics: [revenue]}",
        "query: {metric: [revenue]}",
        (
            (
                "The key 'metrics' of 'widgets.revenue.query' is missing. In dashboards/overview.yaml:8. Add it: "
                "metrics of the semantic model."
            ),
            "There is no key 'metric' here. In dashboards/overview.yaml:8. Did you mean 'metrics'?",
        ),
    ),
    Broken(
        "case model unknown",
        "tests/customer_orders.yaml",
        "model: gold.customer_orders",
        "model: gold.customer_order",
        (
            (
                "No model is named 'gold.customer_order'. In tests/customer_orders.yaml:3. Did you mean "
                "'gold.customer_orders'?"
            ),
        ),
    ),
    Broken(
        "case column unknown",
        "tests/customer_orders.yaml",
        "value_tier: High",
        "tier: High",
        (
            (
                "No column of gold.customer_orders is named 'tier'. In tests/customer_orders.yaml:11. Known: "
                "customer_email, days_since_order, last_order_date, orders, revenue, value_tier."
            ),
        ),
    ),
    Broken(
        "case table unknown",
        "tests/customer_orders.yaml",
        "      shop.orders:",
        "      shop.order:",
        ("No table is named 'shop.order'. In tests/customer_orders.yaml:3. Did you mean 'shop.orders'?",),
    ),
    Broken(
        "case names no table",
        "tests/customer_orders.yaml",
        "      shop.orders:",
        "      orders:",
        ("'orders' names no table. In tests/customer_orders.yaml:7. Write <schema>.<table>.",),
    ),
    Broken(
        "case date",
        "tests/customer_orders.yaml",
        "as_of: 2024-02-11",
        "as_of: Feb 11",
        ("'as_of' cannot be 'Feb 11'. In tests/customer_orders.yaml:5. Write a date such as 2024-11-30.",),
    ),
    Broken(
        "not UTF-8",
        "c360.yaml",
        "label: Sales",
        "label: Schön",
        ("The file is not UTF-8 text: byte 0xf6 does not fit. In c360.yaml:25. Save it as UTF-8.",),
    ),
    Broken(
        "empty file",
        "dashboards/overview.yaml",
        None,
        "",
        (("The file is empty. In dashboards/overview.yaml:1. Write keys and values: `key: value`, one a line."),),
    ),
    Broken(
        "a list instead of keys",
        "dashboards/overview.yaml",
        None,
        "- a\n- b\n",
        (
            (
                "The file holds no keys at its top. In dashboards/overview.yaml:1. Write keys and values: `key: "
                "value`, one a line."
            ),
        ),
    ),
    Broken(
        "folder instead of a file",
        "dashboards/overview.yaml",
        None,
        A_FOLDER,
        (
            (
                "There is a folder where a file belongs. In dashboards/overview.yaml. Move it away and put the "
                "file there."
            ),
        ),
    ),
    Broken(
        "control character",
        "c360.yaml",
        "label: Sales",
        "label: Sa\x00les",
        ("The file holds a control character, which YAML does not allow. In c360.yaml:25. Remove it.",),
    ),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_a_broken_file_gives_its_sentence(broken: Broken, tmp_path: Path) -> None:
    root = tmp_path / "blank"
    create_project(root, template="blank")
    path = root / broken.file
    if broken.new is None:
        path.unlink()
    elif broken.new == A_FOLDER:
        path.unlink()
        path.mkdir()
    elif broken.old is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(broken.new, encoding="utf-8")
    else:
        before = path.read_bytes()
        assert broken.old.encode() in before, "the case does not fit the template any more"
        path.write_bytes(before.replace(broken.old.encode(), broken.new.encode("latin-1"), 1))
    with pytest.raises(ProjectErrors) as caught:
        read_project(root)
    assert [str(error) for error in caught.value.errors] == list(broken.errors)


def test_there_are_enough_of_them() -> None:
    assert len({broken.name for broken in BROKEN}) == len(BROKEN) >= 40


def test_all_errors_come_at_once_in_file_order(tmp_path: Path) -> None:
    root = tmp_path / "blank"
    create_project(root, template="blank")
    for file, old, new in (
        ("c360.yaml", "currency: USD", "curency: USD"),
        ("dashboards/overview.yaml", "chart: bar", "chart: bars"),
        ("products/shop/orders.odcs.yaml", "metric: invalidValues", "metric: invalidValue"),
        ("products/shop/orders.odcs.yaml", "mustBeGreaterThan: 0", "mustBeGreaterThan: 0\n        severity: warn"),
        ("sources/shop.yaml", "overlap: 3 days", "overlap: three days"),
    ):
        path = root / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ProjectErrors) as caught:
        read_project(root)
    places = [str(error.place) for error in caught.value.errors]
    assert places == [
        "c360.yaml:15",
        "dashboards/overview.yaml:18",
        "products/shop/orders.odcs.yaml:22",
        "products/shop/orders.odcs.yaml:36",
        "sources/shop.yaml:16",
    ]
    assert "The project has 5 errors:" in str(caught.value)


@pytest.mark.parametrize(
    "file",
    [
        "c360.yaml",
        "sources/shop.yaml",
        "sources/shop.orders.odcs.yaml",
        "products/shop/product.odps.yaml",
        "products/shop/orders.odcs.yaml",
        "products/shop/orders.sql",
        "products/gold/customer_orders.odcs.yaml",
        "semantic/sales.yaml",
    ],
)
def test_one_unreadable_file_gives_one_error(file: str, tmp_path: Path) -> None:
    root = tmp_path / "blank"
    create_project(root, template="blank")
    (root / file).write_bytes(b"\xff\xfe not text")
    with pytest.raises(ProjectErrors) as caught:
        read_project(root)
    assert [str(error.place) for error in caught.value.errors] == [f"{file}:1"]


def test_no_error_shows_the_secret(tmp_path: Path) -> None:
    root = tmp_path / "blank"
    create_project(root, template="blank")
    path = root / "sources/shop.yaml"
    for line in (
        "connection: {password: hunter2}",
        "connection: {url: 'postgresql://shop:hunter2@db/shop'}",
        "connection: {dsn: 'host=db password=hunter2'}",
        "options: {headers: {Authorization: Bearer hunter2}}",
        "connection: {apiKey: hunter2}",
    ):
        template = path.read_text(encoding="utf-8")
        path.write_text(template.replace("tables:\n", f"{line}\ntables:\n"), encoding="utf-8")
        with pytest.raises(ProjectErrors) as caught:
            read_project(root)
        assert "looks like a password" in str(caught.value)
        assert "hunter2" not in str(caught.value)
        path.write_text(template, encoding="utf-8")


def test_no_project_here(tmp_path: Path) -> None:
    with pytest.raises(ProjectErrors) as caught:
        read_project(tmp_path)
    assert "There is no c360.yaml in" in str(caught.value)
    assert "`c360 init acme`" in str(caught.value)
