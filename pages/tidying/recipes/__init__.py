"""The part Recipe of the page cleaning: written step by step, tried at once, applied as one batch, kept for next month."""
