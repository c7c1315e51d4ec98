"""Why: what moves the chances of all, and of one customer."""

from pages.predicting import asking


def show() -> None:
    if asking.asked() is None:
        asking.nobody_there()
