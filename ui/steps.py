"""The seven steps of a page as one bar: a card each with its small picture, numbers in and out, and the choice.

A picture is 120 by 44, made of marks: ("bar", x, y, width, height, colour), ("dot" or "ring", x, y, radius, colour),
("line", colour, x, y, x, y, …). A colour is accent, quiet, ink or the place of a series'. Only numbers go to the
browser, which makes the drawing.
"""

from collections.abc import Callable

import streamlit as st

WIDE, HIGH, GAP = 120, 44, 4

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


def show(cards: list[dict], label: str, open_step: str | None, on_press: Callable[[str], None] | None,
         key: str) -> None:
    """The bar. A card has name and title, and once its step is done marks, alt, rows (in → out) and choice.

    `on_press` is told the name of a card that is pressed; without it no card can be pressed.
    """
    from crm_core.charts.plotly import THEMES

    def pressed() -> None:
        if on_press and (name := st.session_state[key].get("pressed")):
            on_press(name)

    _bar(key=key, on_pressed_change=pressed, height="content", data={
        "label": label, "open": open_step or "", "fixed": on_press is None,
        "colours": list(THEMES[st.context.theme.type or "light"].series), "cards": cards})


def open_step(key: str, names: tuple[str, ...]) -> str | None:
    """The step whose panel is open: of the address at first, then of the card that was pressed."""
    if key not in st.session_state:
        asked = st.query_params.get("step")
        st.session_state[key] = asked if asked in names else None
    return st.session_state[key]


def press(key: str, name: str) -> None:
    """Open the panel of a card; the open one is closed."""
    st.session_state[key] = None if st.session_state.get(key) == name else name


# --- pictures -------------------------------------------------------------------------------------


def bars(counts, left: float, width: float, colours, gap: float = 2) -> list:
    most = max(counts, default=0) or 1
    step = (width + gap) / max(1, len(counts))
    # A bar that is not empty is seen, however low it is.
    heights = [max(1.5, count / most * HIGH) if count else 0.0 for count in counts]
    return [["bar", left + place * step, HIGH - height, step - gap, height, colour]
            for place, (height, colour) in enumerate(zip(heights, colours, strict=True)) if height]


def dots(places, radius: float, colours) -> list:
    return [["dot", x, y, radius, colour] for (x, y), colour in zip(places, colours, strict=False)]


def line(points) -> tuple[list[float], dict]:
    """A line through (x, y), as wide and high as the picture; and where each x came to lie."""
    left, right = points[0][0], points[-1][0]
    values = [value for _, value in points]
    low, high = min(values), max(values)
    at = {k: (5 + (k - left) / ((right - left) or 1) * (WIDE - 10),
              5 + (high - value) / ((high - low) or 1) * (HIGH - 10)) for k, value in points}
    return [part for place in at.values() for part in place], at


def rounded(marks: list) -> list[list]:
    """Marks as they are sent: a tenth of a pixel is more than anybody sees."""
    return [[round(float(part), 1) if isinstance(part, float) else part for part in mark] for mark in marks]
