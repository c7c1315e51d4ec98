"""overview"""


def show() -> None:
    pass
