"""merged"""


def show() -> None:
    pass
