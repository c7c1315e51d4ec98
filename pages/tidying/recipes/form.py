"""The settings of a step as fields, made from what its kind must be told; what is typed is tried at once."""
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from crm_core.cleaning.steps import Setting
from pages.tidying.recipes import clusters, said
from ui import plain, say, words

FEW = 4  # choices that fit beside each other
ANY = ""  # the type of a column that another step will make: it is offered everywhere


@dataclass(frozen=True)
class There:
    """What a step finds where it stands."""

    table: str
    columns: dict[str, str]  # column → type
    locked: set[str]  # columns that no recipe writes


def fields(kind, settings: dict, there: There, key: str, tell: Callable[[dict], None]) -> dict:
    """The fields of a step and what stands in them. `tell` has them laid out anew with other settings."""
    answers = dict(settings)
    wide = [setting for setting in kind.settings if setting.kind in ("columns", "values")]
    narrow = [setting for setting in kind.settings if setting not in wide]
    for setting in wide:
        if setting.kind == "columns":
            _put(answers, setting, _columns(setting, settings, there, key, tell))
    for first in range(0, len(narrow), 3):
        for place, setting in zip(st.columns(3, gap="medium"), narrow[first:first + 3], strict=False):
            with place:
                _put(answers, setting, _field(setting, settings, there, key))
    for setting in wide:
        if setting.kind == "values":
            place = f"{key} {setting.name}"
            if kind.name == "cluster_values":
                by_hand = partial(_values, setting, answers, place)
                _put(answers, setting, clusters.ask(answers, there.table, place, by_hand))
            else:
                _put(answers, setting, _values(setting, answers, place))
    return answers


def missing(kind, settings: dict) -> list[Setting]:
    """What the step must be told and is not told yet."""
    return [setting for setting in kind.settings
            if setting.needed and settings.get(setting.name, setting.default) in (None, "", [], (), {})]


def _put(answers: dict, setting: Setting, value) -> None:
    """An empty field says nothing; then the step's own default counts, and the recipe stays short."""
    if value in (None, "", [], {}):
        answers.pop(setting.name, None)
    else:
        answers[setting.name] = value


def _label(setting: Setting) -> str:
    return words.markdown_safe(said.setting_name(setting)) + (" :red[*]" if setting.needed else "")


def _hint(setting: Setting) -> str | None:
    key = f"setting_help.{setting.name}"
    return say(key) if words.has(key) else None


def _fitting(setting: Setting, there: There) -> list[str]:
    return [column for column, type in there.columns.items() if not setting.types or type in (ANY, *setting.types)]


def _names(setting: Setting, offered: list[str], there: There) -> dict[str, str]:
    """Columns by name; one that is not there, or of a type that does not fit, says so."""
    names = {}
    for column in offered:
        name = said.column_name(there.table, column)
        if column not in there.columns:
            name = plain("recipe_page.not_there", column=name)
        elif setting.types and there.columns[column] not in (ANY, *setting.types):
            name = plain("recipe_page.not_fitting", column=name)
        names[column] = name
    return names


def _columns(setting: Setting, settings: dict, there: There, key: str, tell) -> list[str]:
    place = f"{key} {setting.name}"
    known = settings.get(setting.name) or []
    known = [known] if isinstance(known, str) else list(known)
    offered = _fitting(setting, there)
    offered += [column for column in dict.fromkeys(known) if column not in offered]
    chosen = st.multiselect(
        _label(setting), offered, default=list(dict.fromkeys(known)), key=place, help=_hint(setting),
        placeholder=say("form.choose"), select_all=False,
        format_func=_names(setting, offered, there).get)
    rest = [column for column in _fitting(setting, there) if column not in chosen and column not in there.locked]
    if len(rest) > 1:
        st.button(say("recipe_page.all_columns", count=len(rest) + len(chosen)), key=f"{place} all", type="tertiary",
                  on_click=tell, args=({**settings, setting.name: [*chosen, *rest]},))
    return chosen


def _field(setting: Setting, settings: dict, there: There, key: str):
    place, value = f"{key} {setting.name}", settings.get(setting.name, setting.default)
    if setting.kind == "column":
        return _column(setting, value, place, there)
    return _FIELDS[setting.kind](setting, value, place)


def _column(setting: Setting, value, place: str, there: There):
    offered = _fitting(setting, there)
    if value and value not in offered:
        offered.append(value)
    return st.selectbox(_label(setting), offered, key=place, placeholder=say("form.choose"), help=_hint(setting),
                        index=offered.index(value) if value else None, format_func=_names(setting, offered, there).get)


def _choice(setting: Setting, value, place: str):
    names = {choice: said.choice_name(setting, choice) for choice in setting.choices}
    value = value if value in names else None
    if len(names) <= FEW:
        return st.segmented_control(
            _label(setting), list(names), key=place, help=_hint(setting), default=value,
            required=setting.default is not None,
            format_func={choice: words.markdown_safe(name) for choice, name in names.items()}.get)
    return st.selectbox(_label(setting), list(names), key=place, index=list(names).index(value) if value else None,
                        placeholder=say("form.choose"), help=_hint(setting), format_func=names.get)


def _text(setting: Setting, value, place: str):
    return st.text_input(_label(setting), "" if value is None else str(value), key=place, help=_hint(setting))


def _texts(setting: Setting, value, place: str):
    offered = list(dict.fromkeys([*(value or []), *st.session_state.get(place, [])]))
    return st.multiselect(_label(setting), offered, default=list(value or []), key=place, help=_hint(setting),
                          select_all=False, accept_new_options=True, placeholder=say("recipe_page.type_texts"))


def _number(setting: Setting, value, place: str):
    whole = setting.kind == "whole"
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    now = (int(value) if whole else float(value)) if good else None
    return st.number_input(_label(setting), value=now, key=place, help=_hint(setting), step=1 if whole else None)


def _share(setting: Setting, value, place: str):
    """Typed as percent, kept as a share."""
    now = round(float(value) * 100, 6) if isinstance(value, (int, float)) else None
    answer = st.number_input(_label(setting) + " (%)", 0.0, 100.0, value=now, key=place, help=_hint(setting))
    return None if answer is None else round(answer / 100, 8)


def _yes_no(setting: Setting, value, place: str):
    answer = st.checkbox(_label(setting), bool(value), key=place, help=_hint(setting))
    return None if answer == bool(setting.default) else answer


def _values(setting: Setting, settings: dict, place: str) -> dict[str, str]:
    """A table from → to; rows without a from say nothing."""
    if place not in st.session_state:  # opened anew: what the step knows is laid out
        known = settings.get(setting.name)
        known = known if isinstance(known, dict) else {}
        st.session_state[f"{place} laid out"] = pd.DataFrame(
            {"from": [str(text) for text in known], "to": [None if to is None else str(to) for to in known.values()]},
            dtype="object")
    st.markdown(f":small[{_label(setting)}]")
    typed = st.data_editor(
        st.session_state[f"{place} laid out"], key=place, num_rows="dynamic", hide_index=True, placeholder="",
        column_config={side: st.column_config.TextColumn(plain(f"recipe_page.values_{side}"))
                       for side in ("from", "to")})
    return {str(row["from"]): "" if row["to"] is None or row["to"] != row["to"] else str(row["to"])
            for row in typed.to_dict("records") if row["from"] is not None and row["from"] == row["from"]}


_FIELDS: dict[str, Callable] = {
    "choice": _choice, "text": _text, "texts": _texts, "pattern": _text, "number": _number,
    "whole": _number, "share": _share, "yes_no": _yes_no}
