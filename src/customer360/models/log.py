"""Write build events to the standard logger ``customer360.build``: an event name and fields, quiet until configured."""

from __future__ import annotations

import logging

import structlog

logging.getLogger("customer360").addHandler(logging.NullHandler())  # else Python prints warnings to stderr by itself


def build_log() -> structlog.stdlib.BoundLogger:
    """Return the logger; fields travel as attributes of the log record, so that any handler can print them as JSON."""
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger("customer360.build"),
        wrapper_class=structlog.stdlib.BoundLogger,
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
    )
    return logger
