"""What the overview of cleaning tells of a table: its score, what to do, its columns, the rows that are odd."""
