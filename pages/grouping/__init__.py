"""The parts of the page clustering."""
