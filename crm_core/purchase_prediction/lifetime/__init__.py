"""Models of how customers buy and leave, and what they are worth."""
