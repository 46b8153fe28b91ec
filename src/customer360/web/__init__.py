"""Serve pages and the REST API: wiring only."""
