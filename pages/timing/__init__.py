"""The parts of the page on time series."""
