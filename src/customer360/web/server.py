"""Listen: on this machine only, until the app knows who is asking."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from customer360.errors import C360Error
from customer360.semantic.principal import LOCAL
from customer360.web.security import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastapi import FastAPI

    from customer360.semantic.principal import Principal
    from customer360.web.rooms import Rooms


class NotServed(C360Error):
    """The server cannot, or may not, listen there."""


def check_host(host: str, *, signs_in: bool = False) -> None:
    """Refuse to listen where others could read customers' data without signing in. Errors: NotServed."""
    if host.casefold() == "localhost":
        return
    try:
        is_here = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        is_here = False
    if not is_here and not signs_in:
        raise NotServed(
            f"This project has no accounts, so it is not served on {host}, where others could reach it.",
            next_step="Make one: `c360 users create NAME --role admin`. Or tunnel: ssh -L 8360:127.0.0.1:8360 HERE.",
        )


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one. Errors: NotServed when the port is taken."""
    name = host.strip("[]")
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((name, port))
    except OSError as error:
        listener.close()
        raise NotServed(
            f"Port {port} on {host} cannot be used: {error.strerror or error}.",
            next_step="Name another one with --port.",
        ) from error
    return listener


def serve(
    workspace: Rooms,
    *,
    host: str = "127.0.0.1",
    port: int = 8360,
    names: Iterable[str] = (),
    local: Principal = LOCAL,
    ready: Callable[[str], None] | None = None,
    support: FastAPI | None = None,
) -> None:
    """Serve the web app until it is stopped; ``ready`` is told the address once requests are taken.

    ``names`` are further host names it answers under; ``local`` is everybody as long as there are no accounts.
    ``support`` is the support API, served under ``/support``.

    Errors: NotServed for an address that others can reach and for a port that is taken.
    """
    import uvicorn

    from customer360.web.app import create_app

    check_host(host, signs_in=workspace.governance.accounts.any)
    listener = bound(host, port)
    shown = f"[{host.strip('[]')}]" if ":" in host else host
    app = create_app(workspace, hosts={*LOOPBACK, shown, *names}, local=local, support=support)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    if ready is not None:
        listener.listen()  # from here on a client waits in the queue instead of being refused
        ready(f"http://{shown}:{listener.getsockname()[1]}")
    with listener, suppress(KeyboardInterrupt):  # uvicorn raises it again after it has shut down: the normal end
        uvicorn.Server(config).run(sockets=[listener])
