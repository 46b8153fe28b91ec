"""The shape of a time range, as dashboards and audiences write it."""

from __future__ import annotations

from pydantic import Field

from customer360.project.problems import Shape


class TimeShape(Shape):
    """Which days."""

    start: str | None = Field(None, description="First day, 2024-01-01.")
    end: str | None = Field(None, description="Last day, included.")
    relative: str | None = Field(None, description="Counted back from the as-of date: last 12 months.")
    dimension: str | None = Field(None, description="Which time; default: that of the metric.")
