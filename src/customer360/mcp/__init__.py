"""Offer governed figures to assistants over the Model Context Protocol: metrics and customers, never SQL."""
