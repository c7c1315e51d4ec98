"""On which day the Spring Festival (Chinese New Year's day) falls, 1970 to 2099."""
from datetime import date, timedelta

FIRST = 1970
# How many days after 20 January, a year each, ten years a line.
AFTER = (
    17, 7, 26, 14, 3, 22, 11, 29, 18, 8,
    27, 16, 5, 24, 13, 31, 20, 9, 28, 17,
    7, 26, 15, 3, 21, 11, 30, 18, 8, 27,
    16, 4, 23, 12, 2, 20, 9, 29, 18, 6,
    25, 14, 3, 21, 11, 30, 19, 8, 27, 16,
    5, 23, 12, 2, 21, 9, 28, 17, 6, 24,
    14, 3, 22, 11, 30, 19, 8, 26, 15, 4,
    23, 12, 2, 21, 10, 28, 17, 6, 25, 13,
    3, 22, 12, 30, 19, 8, 26, 15, 4, 23,
    13, 1, 20, 9, 28, 16, 6, 25, 14, 3,
    22, 11, 30, 18, 7, 26, 16, 4, 23, 13,
    2, 20, 9, 28, 17, 6, 25, 14, 4, 21,
    10, 29, 18, 7, 26, 16, 5, 23, 12, 1,
)


def spring_festival(year: int) -> date | None:
    """2026 → 2026-02-17; None for a year that is not in the table."""
    place = year - FIRST
    return date(year, 1, 20) + timedelta(days=AFTER[place]) if 0 <= place < len(AFTER) else None
