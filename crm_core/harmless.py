"""What leaves the workbench in files does no harm where it is opened."""


def no_formula(value):
    """A text that a spreadsheet would run as a formula gets a mark before it; anything else stays as it is."""
    risky = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    return f"'{value}" if risky else value


def file_name(title: str) -> str:
    """A title as a file's name on any system: 'Revenue by month: 2026/03' → revenue-by-month--2026-03."""
    return "".join(sign if sign.isalnum() else "-" for sign in title).strip("-").lower()[:80] or "workbench"
