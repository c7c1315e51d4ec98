"""The parts of the page purchase_prediction."""
