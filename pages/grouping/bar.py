"""The seven steps as one bar: a card each with its picture, customers in and out, and the choice."""
from collections.abc import Callable

from crm_core.charts.feature_words import feature_words
from crm_core.clustering.steps import NAMES
from pages.grouping.pictures import picture
from ui import language, plain, words
from ui import steps as bar


def show(steps, open_step: str | None, on_press: Callable[[str], None] | None, key: str = "steps bar") -> None:
    """The bar of a run; without its steps, while they are worked out, the names only.

    `on_press` is told the name of a card that is pressed.
    """
    told = {step.name: step for step in steps or ()}
    bar.show([_card(name, told.get(name)) for name in NAMES], plain("grouping_steps.label"), open_step, on_press, key)


def _card(name: str, step) -> dict:
    card = {"name": name, "title": plain(f"grouping_steps.name.{name}")}
    if step is None:
        return card
    return card | {"marks": picture(step), "alt": plain(f"grouping_steps.alt.{name}", **_alt(step)),
                   "rows": plain("grouping_steps.rows", rows_in=step.rows_in, rows_out=step.rows_out),
                   "choice": chosen(step)}


def _alt(step) -> dict:
    if step.name == "train":
        return {"k": step.choice["k"], "tried": len(step.choice["tried"])}
    if step.name == "algorithm":
        return {"algorithm": algorithm_name(step.choice["algorithm"])}
    if step.name == "evaluate":
        return {"silhouette": f"{step.choice['silhouette']:.2f}"}
    if step.name == "apply":
        return {"sizes": plain("batch.comma").join(f"{size:,}" for size in step.shape["sizes"])}
    if step.name == "features":
        return {"features": features_in_words(step.choice["features"])}
    return {"rows_in": step.rows_in, "rows_out": step.rows_out}


def chosen(step) -> str:
    """The choice of a step in a few words."""
    choice = step.choice
    if step.name == "collect":
        if not choice["as_of"]:
            return ""
        day = plain("grouping_steps.as_of", as_of=words.day(language(), _day(choice["as_of"])))
        return plain("grouping_steps.of_segment", day=day, segment=choice["segment"]) if choice["segment"] else day
    if step.name == "clean":
        left_out = step.rows_in - step.rows_out
        return plain("grouping_steps.left_out", count=left_out) if left_out else plain("grouping_steps.none_left_out")
    if step.name == "features":
        return features_in_words(choice["features"])
    if step.name == "algorithm":
        return algorithm_name(choice["algorithm"])
    if step.name == "train":
        if len(choice["tried"]) < 2:
            return plain("grouping_steps.groups", k=choice["k"])
        return plain("grouping_steps.tried", k=choice["k"], smallest=min(choice["tried"]), largest=max(choice["tried"]))
    if step.name == "evaluate":
        return plain("grouping_steps.clear" if step.notes["clear"] else "grouping_steps.not_clear",
                     silhouette=f"{choice['silhouette']:.2f}")
    if step.notes["in_no_group"]:
        return plain("grouping_steps.some_nowhere", k=choice["groups"], count=step.notes["in_no_group"])
    return plain("grouping_steps.groups", k=choice["groups"])


def algorithm_name(name: str) -> str:
    return plain(f"algorithm.name.{name}")


def features_in_words(names) -> str:
    """The features' words in a row."""
    return plain("batch.comma").join(feature_words(name, plain) for name in names)


def _day(text: str):
    from datetime import date

    return date.fromisoformat(text[:10])
