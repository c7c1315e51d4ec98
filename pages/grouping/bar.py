"""The seven steps as one bar: a card each with its picture, customers in and out, and the choice."""
from collections.abc import Callable

import streamlit as st

from crm_core.charts.feature_words import feature_words
from crm_core.clustering.steps import NAMES
from pages.grouping.pictures import picture
from ui import language, plain, words

# All that comes from data is set as text, and drawings are made of numbers: nothing is read as markup.
_JS = """
const drawing = "http://www.w3.org/2000/svg";
const make = (tag, className, text) => {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};
function drawn(marks, alt, colours) {
  const svg = document.createElementNS(drawing, "svg");
  svg.setAttribute("viewBox", "0 0 120 44");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", alt);
  for (const mark of marks) {
    const [kind, ...rest] = mark;
    const tag = { bar: "rect", dot: "circle", ring: "circle", line: "polyline" }[kind];
    const shape = document.createElementNS(drawing, tag);
    let names, colour;
    if (kind === "line") {
      [colour, ...names] = rest;
      shape.setAttribute("points", names.join(" "));
    } else {
      colour = rest[rest.length - 1];
      (kind === "bar" ? ["x", "y", "width", "height"] : ["cx", "cy", "r"])
        .forEach((name, place) => shape.setAttribute(name, rest[place]));
    }
    const paint = typeof colour === "number" ? colours[colour % colours.length] : colours[colour] ?? colour;
    const hollow = kind === "line" || kind === "ring";
    shape.style.fill = hollow ? "none" : typeof colour === "number" ? paint : `var(--${colour})`;
    if (hollow) shape.style.stroke = typeof colour === "number" ? paint : `var(--${colour})`;
    svg.append(shape);
  }
  return svg;
}
export default function({ data, parentElement, setTriggerValue }) {
  const bar = parentElement.querySelector(".bar");
  const left = bar.scrollLeft;
  bar.setAttribute("aria-label", data.label);
  bar.replaceChildren(...data.cards.map((card, place) => {
    const button = make("button", "card" + (card.name === data.open ? " open" : ""));
    button.type = "button";
    button.dataset.step = card.name;
    button.setAttribute("aria-expanded", String(card.name === data.open));
    const head = make("span", "head");
    head.append(make("span", "number", String(place + 1)), make("span", "name", card.title));
    button.append(head);
    if (card.rows) {
      button.append(drawn(card.marks, card.alt, data.colours), make("span", "rows", card.rows));
      const choice = make("span", "choice", card.choice);
      choice.title = card.choice;
      button.append(choice);
    }
    button.disabled = data.fixed;
    button.onclick = () => setTriggerValue("pressed", card.name);
    return button;
  }));
  bar.scrollLeft = left;
  const open = bar.querySelector(".open");
  if (open && (open.offsetLeft + open.offsetWidth > left + bar.clientWidth || open.offsetLeft < left))
    bar.scrollLeft = open.offsetLeft - 8;
}
"""
_CSS = """
.bar { display: grid; grid-template-columns: repeat(7, minmax(8.25rem, 1fr)); gap: 0.5rem; overflow-x: auto;
       padding: 2px 2px 0.4rem; scroll-snap-type: x proximity; scrollbar-width: thin;
       font-family: var(--st-font); color: var(--st-text-color);
       --accent: var(--st-primary-color); --ink: var(--st-text-color);
       --quiet: color-mix(in srgb, var(--st-text-color) 38%, var(--st-background-color)); }
.card { display: flex; flex-direction: column; gap: 0.3rem; align-items: stretch; text-align: left; min-width: 0;
        padding: 0.55rem 0.65rem 0.5rem; border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius);
        background: var(--st-background-color); color: inherit; font: inherit; cursor: pointer;
        scroll-snap-align: start; }
.card:disabled { cursor: default; }
.card:enabled:hover { border-color: var(--st-primary-color); }
.card:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.card.open { border-color: var(--st-primary-color); box-shadow: inset 0 3px 0 var(--st-primary-color);
             background: var(--st-secondary-background-color); }
.head { display: flex; gap: 0.4rem; align-items: baseline; font-size: 0.875rem; font-weight: 600; }
.number { font-size: 0.75rem; font-weight: 600; opacity: 0.6; font-variant-numeric: tabular-nums; }
.name { overflow-wrap: anywhere; }
svg { width: 100%; height: 2.75rem; }
polyline { stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
circle { stroke-width: 1; }
.rows { font-size: 0.8125rem; font-variant-numeric: tabular-nums; white-space: nowrap; overflow: hidden;
        text-overflow: ellipsis; }
.choice { font-size: 0.75rem; line-height: 1.3; opacity: 0.75; display: -webkit-box; -webkit-box-orient: vertical;
          -webkit-line-clamp: 2; overflow: hidden; overflow-wrap: anywhere; min-height: 2.6em; }
"""
_bar = st.components.v2.component("seven_steps", html='<div class="bar" role="group"></div>', css=_CSS, js=_JS)


def show(steps, open_step: str | None, on_press: Callable[[str], None] | None, key: str = "steps bar") -> None:
    """The bar of a run; without its steps, while they are worked out, the names only.

    `on_press` is told the name of a card that is pressed.
    """
    from crm_core.charts.plotly import THEMES

    told = {step.name: step for step in steps or ()}

    def pressed() -> None:
        if on_press and (name := st.session_state[key].get("pressed")):
            on_press(name)

    _bar(key=key, on_pressed_change=pressed, height="content", data={
        "label": plain("grouping_steps.label"), "open": open_step or "", "fixed": on_press is None,
        "colours": list(THEMES[st.context.theme.type or "light"].series),
        "cards": [_card(name, told.get(name)) for name in NAMES]})


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
