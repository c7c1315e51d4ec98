"""Any measure over time: what happened, what is odd, who contributed, what comes next, and where."""
