"""Own words carried away and brought back as CSV."""

import streamlit as st

from crm_core.errors import CrmError
from crm_core.tables import TABLES
from crm_core.text_mining.dictionary import COLUMNS, keep_terms, read_terms, write_terms
from pages.reading.own_words import wrote
from ui import language, plain, say, store, words

PREVIEWED = 200


def show() -> None:
    with store().look() as look:
        kept = look.execute(f"SELECT {', '.join(COLUMNS)} FROM text_terms WHERE deleted_at IS NULL "
                            "ORDER BY kind, language, term").to_arrow_table().to_pylist()
    st.download_button(say("dictionaries.download", count=len(kept)), lambda: write_terms(kept), "own-words.csv",
                       "text/csv", key="own words csv", icon=":material/download:", on_click="ignore")
    uploaded = st.file_uploader(say("dictionaries.upload"), type=["csv"], key=_round(), max_upload_size=5)
    if uploaded is None:
        return
    try:
        rows = read_terms(uploaded.getvalue(), _called())
        with store().rehearsal("import") as batch:
            counts = keep_terms(batch, rows)
    except CrmError as error:
        st.error(words.markdown_safe(words.error_sentence(language(), error)))
        return
    st.dataframe(rows[:PREVIEWED], hide_index=True, key="own words file", height=min(38 + 35 * len(rows), 240),
                 column_config={name: plain(f"column.text_terms.{name}") for name in COLUMNS})
    st.markdown(say("dictionaries.file_counts", **counts))
    if st.button(say("dictionaries.take_file"), type="primary", key="own words take", icon=":material/save:",
                 disabled=not counts["added"] + counts["changed"]):
        with store().batch("import", uploaded.name) as batch:
            counts = keep_terms(batch, rows)
        st.session_state["own words file round"] = st.session_state.get("own words file round", 0) + 1
        wrote(batch.number, say("sheet.written", number=batch.number, changed=counts["changed"],
                                             added=counts["added"], removed=0))


def _round() -> str:
    """The uploader's key: a file that was taken leaves it."""
    return f"own words upload {st.session_state.get('own words file round', 0)}"


def _called() -> dict[str, dict[str, str]]:
    """What columns, kinds and languages are called on the screen."""
    table = TABLES["text_terms"]
    return {"column": {plain(f"column.text_terms.{name}").lower(): name for name in COLUMNS},
            **{column: {plain(f"choice.{column}.{choice}").lower(): choice for choice in table.column(column).choices}
               for column in ("kind", "language")}}
