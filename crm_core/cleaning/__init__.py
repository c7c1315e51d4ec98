"""A messy customer base made one that can be trusted: profile, recipes, duplicates, merges."""
