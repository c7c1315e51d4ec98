"""Freeze scores, make a target list of them, and grade them when the horizon has passed."""

from pages.predicting import asking


def show() -> None:
    if asking.asked() is None:
        asking.nobody_there()
