"""The parts of duplicates: the search, one pair at a time, groups, all sure ones at once."""
