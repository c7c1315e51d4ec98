"""Show a chart or a table, and let the person carry it away."""

from __future__ import annotations

import hashlib
import io
import pickle
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

import streamlit as st

from crm_core.harmless import file_name, no_formula
from ui.say import language, plain, say

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd  # imported where it is used: it is half of the time to a healthy server

    from crm_core.charts import Chart

MOST_SHEET_ROWS = 1_048_575  # of an Excel sheet, below its header

# Plotly's own drawing in the person's browser: no server part, any scale, the same fonts as on the screen. A page
# with a chart has Plotly already; where it has not, the server's copy is fetched.
_PICTURES = """
let loading;
function plotly(source) {
  if (window.Plotly?.toImage) return Promise.resolve(window.Plotly);
  return loading ??= new Promise((ready, failed) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = () => ready(window.Plotly);
    script.onerror = () => { loading = undefined; script.remove(); failed(new Error(source)); };
    document.head.append(script);
  });
}
export default function({ data, parentElement }) {
  for (const button of parentElement.querySelectorAll("button")) {
    const format = button.dataset.format;
    button.textContent = format.toUpperCase();
    button.title = data.hints[format];
    button.onclick = async () => {
      button.disabled = true;
      try {
        const figure = JSON.parse(data.figure);
        const url = await (await plotly(data.plotly)).toImage(figure,
          { format, width: data.width, height: figure.layout.height ?? 600, scale: format === "png" ? 3 : 1 });
        const link = document.createElement("a");
        link.href = url;
        link.download = `${data.name}.${format}`;
        link.click();
      } finally { button.disabled = false; }
    };
  }
}
"""
_PICTURES_HTML = '<div><button data-format="svg"></button><button data-format="png"></button></div>'
_PICTURES_CSS = """
div { display: flex; gap: 1rem; align-items: center; min-height: 2.5rem; }
button { background: none; border: none; padding: 0.25rem 0; font-family: var(--st-font); font-size: 0.875rem;
         cursor: pointer; color: var(--st-text-color); }
button:hover { color: var(--st-primary-color); }
button:disabled { opacity: 0.5; }
"""
_pictures = st.components.v2.component("pictures", html=_PICTURES_HTML, css=_PICTURES_CSS, js=_PICTURES)


def _fingerprint(description: Chart) -> bytes:
    """The same for two descriptions that say the same: a rerun draws nothing anew."""
    return hashlib.sha256(pickle.dumps(description)).digest()


_BY_CONTENT = {"crm_core.charts.chart.Chart": _fingerprint}


@st.cache_resource(max_entries=60, show_spinner=False, hash_funcs=_BY_CONTENT)
def _drawn(description: Chart, theme: str, locale: str):
    from crm_core.charts import plotly

    return plotly.draw(description, theme=theme, locale=locale)


@st.cache_resource(max_entries=60, show_spinner=False, hash_funcs=_BY_CONTENT)
def _picture(description: Chart, locale: str) -> str:
    """The chart for paper as JSON: light, on a ground of its own, every point a vector."""
    from crm_core.charts import plotly

    return plotly.draw(description, theme="light", locale=locale, solid=True).to_json()


def chart(description: Chart, key: str):
    """Draw a chart's description, with its pictures (SVG, PNG), page (HTML) and data (CSV) to carry away.

    Of a chart whose points can be picked, what was drawn round them is returned: (x, y) corners a shape.
    """
    from crm_core.charts import plotly

    locale = language()
    picking = {"on_select": "rerun", "selection_mode": ("box", "lasso")} if description.selectable else {}
    answer = st.plotly_chart(
        _drawn(description, st.context.theme.type or "light", locale),
        theme=None,
        key=key,
        config=plotly.config(description, locale=locale),
        alt=description.alt,
        **picking,
    )
    name = file_name(description.title)
    with st.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small", key=f"carry {key}"
    ):
        _pictures(
            key=f"{key} pictures",
            width="content",
            height="content",
            data={
                "figure": _picture(description, locale),
                "name": name,
                "width": 1000,
                "plotly": f"/assets/plotly.min.js?v={version('plotly')}",
                "hints": {"svg": plain("show.svg"), "png": plain("show.png")},
            },
        )
        _download(
            "HTML",
            partial(plotly.to_html, description, locale=locale),
            f"{name}.html",
            "text/html",
            key=f"{key} html",
            help=say("show.html"),
        )
        _download(
            say("show.data"),
            lambda: plotly.to_csv(description).encode("utf-8-sig"),
            f"{name}.csv",
            "text/csv",
            key=f"{key} csv",
            help=say("show.csv"),
        )
    if not description.selectable:
        return None
    return [(tuple(shape["x"]), tuple(shape["y"]))
            for shape in [*answer.selection.get("box", ()), *answer.selection.get("lasso", ())]]


def _download(label: str, data, file: str, mime: str, key: str, help: str) -> None:
    """A quiet link under what is shown; `data` is a function, so that only what is asked for is made."""
    st.download_button(label, data, file, mime, key=key, help=help, type="tertiary", on_click="ignore")


def table(
    frame: pd.DataFrame,
    key: str,
    labels: dict[str, str] | None = None,
    name: str | None = None,
    formats: dict[str, str] | None = None,
    carry: bool = True,
    **options,
):
    """Show a frame with its columns named by `labels` (the others are hidden), to carry away as CSV or XLSX.

    `formats` are Streamlit's number formats by column. What the person selected is returned.
    """
    import pandas as pd

    labels = labels or {column: column for column in frame.columns}
    shown = frame[[column for column in labels if column in frame.columns]]
    config = {}
    for column, label in labels.items():
        if column not in shown.columns:
            continue
        if pd.api.types.is_datetime64_any_dtype(shown[column]):
            midnight = bool((shown[column].dropna() == shown[column].dropna().dt.normalize()).all())
            config[column] = (st.column_config.DateColumn if midnight else st.column_config.DatetimeColumn)(
                label, format="YYYY-MM-DD" if midnight else "YYYY-MM-DD HH:mm"
            )
        elif pd.api.types.is_numeric_dtype(shown[column]) and not pd.api.types.is_bool_dtype(shown[column]):
            config[column] = st.column_config.NumberColumn(label, format=(formats or {}).get(column, "localized"))
        else:
            config[column] = st.column_config.Column(label)
    answer = st.dataframe(shown, hide_index=True, column_config=config, key=key, placeholder="–", **options)
    if carry and len(shown):
        carry_away(lambda: shown.rename(columns=labels), key=key, name=name or key, rows=len(shown))
    return answer


def carry_away(frame: Callable[[], pd.DataFrame], key: str, name: str, rows: int) -> None:
    """The links CSV and XLSX; the frame is made when it is asked for, and may have more rows than are shown."""
    name = file_name(name)
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        _download(
            "CSV",
            lambda: csv(frame()),
            f"{name}.csv",
            "text/csv",
            key=f"{key} csv",
            help=say("show.csv"),
        )
        if rows <= MOST_SHEET_ROWS:
            _download(
                "XLSX",
                lambda: xlsx(frame()),
                f"{name}.xlsx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                key=f"{key} xlsx",
                help=say("show.xlsx"),
            )


def csv(frame: pd.DataFrame) -> bytes:
    """A frame as CSV that a spreadsheet opens as it is: UTF-8 with its mark, and no cell that is run as a formula."""
    return frame.map(no_formula).to_csv(index=False).encode("utf-8-sig")


def xlsx(frame: pd.DataFrame) -> bytes:
    """A frame as one sheet, its header fixed and filtered; texts stay texts."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer,
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "in_memory": True,
            "default_date_format": "yyyy-mm-dd",
            "nan_inf_to_errors": True,
        },
    ) as book:
        sheet = book.add_worksheet()
        head = book.add_format({"bold": True, "bottom": 1})
        for place, column in enumerate(frame.columns):
            values = frame[column]
            sheet.write_string(0, place, str(column), head)
            widest = max([len(str(column)), *(len(str(value)) for value in values.head(200))])
            sheet.set_column(place, place, min(max(widest + 2, 8), 48))
            for line, value in enumerate(values, start=1):
                _write_cell(sheet, line, place, value)
        sheet.freeze_panes(1, 0)
        if len(frame.columns):
            sheet.autofilter(0, 0, max(len(frame), 1), len(frame.columns) - 1)
    return buffer.getvalue()


def _write_cell(sheet, line: int, place: int, value) -> None:
    import pandas as pd

    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return
    if isinstance(value, pd.Timestamp):
        value = value.tz_localize(None).to_pydatetime()
        if not 1900 <= value.year <= 9999:
            value = str(value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        value = str(value)  # a spreadsheet would round it
    if isinstance(value, str):
        kept = "".join(sign for sign in value if sign in "\n\t" or ord(sign) >= 32)[:32767]
        sheet.write_string(line, place, kept)
    else:
        sheet.write(line, place, value)
