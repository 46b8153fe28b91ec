"""Land batches from connectors in raw tables, once each."""
