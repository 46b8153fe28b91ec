"""Share the PostgreSQL server with these tests."""

from tests.postgres_server import postgres

__all__ = ["postgres"]
