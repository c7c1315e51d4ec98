"""The parts of the page on texts."""
