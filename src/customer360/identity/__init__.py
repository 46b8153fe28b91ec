"""Find which records are one person, explain why, and undo it."""
