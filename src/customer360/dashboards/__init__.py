"""Fill dashboard files with figures and chart specifications."""
