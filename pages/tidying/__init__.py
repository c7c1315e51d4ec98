"""The parts of the page cleaning."""
