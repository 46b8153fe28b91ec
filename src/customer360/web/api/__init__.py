"""Offer the project's figures as a REST API, versioned under /api/v1."""
