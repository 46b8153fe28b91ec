"""Turn segment definitions into members and exports."""
