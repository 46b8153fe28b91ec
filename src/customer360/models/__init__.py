"""Turn SQL models and contracts into checked tables in one transaction."""
