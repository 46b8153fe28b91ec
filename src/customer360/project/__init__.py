"""Read what the user wrote into frozen objects, every mistake reported with file, line and the nearest right word."""
