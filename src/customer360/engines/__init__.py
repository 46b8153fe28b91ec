"""Open warehouses: the only package that does."""
