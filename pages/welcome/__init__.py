"""The parts of the first page: search, what waits, what is new, how healthy the data are."""
