"""The ways in which a date such as 3/4/2026 can be read, to ask which one is meant."""

import re
from datetime import date

PLACES = {"day first": (2, 1, 0), "month first": (2, 0, 1), "year first": (0, 1, 2)}  # of year, month and day


def date_readings(example: str) -> dict[str, date]:
    """3/4/2026 → {"day first": 3 Apr 2026, "month first": 4 Mar 2026}; what cannot be a date is left out."""
    found = re.match(r"\s*(\d{1,4})\D+(\d{1,4})\D+(\d{1,4})", example)
    readings = {}
    for order, places in PLACES.items() if found else ():
        year, month, day = (int(found.group(place + 1)) for place in places)
        if len(found.group(places[0] + 1)) == 3 or max(month, day) > 31:
            continue
        try:
            readings[order] = date(year if year > 99 else year + (2000 if year < 70 else 1900), month, day)
        except ValueError:
            continue
    return readings
