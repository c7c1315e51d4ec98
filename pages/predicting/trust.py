"""How far to trust the chances: how well they sort, whether they hold what they say, what acting on them earns."""

from pages.predicting import asking


def show() -> None:
    if asking.asked() is None:
        asking.nobody_there()
