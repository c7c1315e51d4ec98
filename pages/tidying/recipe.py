"""recipe"""


def show() -> None:
    pass
