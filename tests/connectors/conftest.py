"""Share the servers with these tests."""

from tests.mongo_server import mongo_url
from tests.postgres_server import postgres

__all__ = ["mongo_url", "postgres"]
