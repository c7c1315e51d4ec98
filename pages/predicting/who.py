"""Who will: what is asked, what there is to learn from, the models beside each other, and the likeliest customers."""

from pages.predicting import asking, leaks, models, trees
from ui import errors_in_words


def show() -> None:
    wanted = asking.asked()
    if wanted is None:
        asking.nobody_there()
        return
    with errors_in_words():
        prediction = asking.answer(wanted)
        leaks.show(prediction, wanted)
        models.show(prediction, wanted.as_of)
        trees.show(prediction, wanted.as_of)
