"""The part Recipe of the page cleaning: step by step, tried at once, applied as one batch, kept."""
