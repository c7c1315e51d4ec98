"""Who will: what is asked, what there is to learn from, the models beside each other, and the likeliest customers."""

from pages.predicting import asking, models
from ui import errors_in_words


def show() -> None:
    wanted = asking.asked()
    if wanted is None:
        asking.nobody_there()
        return
    with errors_in_words():
        models.show(asking.answer(wanted), wanted.as_of)
