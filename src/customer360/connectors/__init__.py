"""Open sources and stream their rows as Arrow batches; know no engine."""
