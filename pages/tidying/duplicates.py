"""duplicates"""


def show() -> None:
    pass
