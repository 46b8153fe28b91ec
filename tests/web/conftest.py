"""The app around the small company, in this process and behind a real port."""

from __future__ import annotations

import socket
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import uvicorn
from starlette.testclient import TestClient
from tests.web.company import company

from customer360.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from customer360.workspace import Workspace

HERE = "http://127.0.0.1"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = company(tmp_path_factory.mktemp("projects") / "company")
    yield workspace
    workspace.close()


@pytest.fixture(scope="session")
def client(shop: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(shop), base_url=HERE) as client:
        yield client


@pytest.fixture(scope="session")
def address(shop: Workspace) -> Iterator[str]:
    """The address of a running server."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(create_app(shop), log_level="warning"))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()
