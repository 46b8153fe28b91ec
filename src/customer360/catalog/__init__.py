"""Describe what the company has: products, ports, columns, quality, and what depends on what."""
