"""The parts of the page *data entry*, one file each."""
