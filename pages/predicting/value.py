"""What customers are worth: lifetime value with its intervals, beside the plain formula."""

from pages.predicting import asking


def show() -> None:
    if asking.asked() is None:
        asking.nobody_there()
