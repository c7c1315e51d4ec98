"""The front door: language, the menu, the page asked for."""

import streamlit as st

from ui import words
from ui.say import language, say
from ui.work import errors_in_words

st.set_page_config(
    page_title=say("app.name"), page_icon="ui/icon.svg", layout="wide", menu_items={"About": say("app.about")}
)
menu = st.navigation(
    {
        "": [st.Page("pages/home.py", title=say("home.title"), icon=":material/home:", default=True)],
        say("app.data"): [
            st.Page(
                "pages/data_entry.py", title=say("data_entry.title"), icon=":material/edit_note:", url_path="data_entry"
            ),
            st.Page(
                "pages/cleaning.py",
                title=say("cleaning.title"),
                icon=":material/cleaning_services:",
                url_path="cleaning",
            ),
        ],
        say("app.answers"): [
            st.Page(
                "pages/clustering.py",
                title=say("clustering.title"),
                icon=":material/scatter_plot:",
                url_path="clustering",
            ),
            st.Page(
                "pages/purchase_prediction.py",
                title=say("purchase_prediction.title"),
                icon=":material/query_stats:",
                url_path="purchase_prediction",
            ),
            st.Page(
                "pages/text_mining.py",
                title=say("text_mining.title"),
                icon=":material/forum:",
                url_path="text_mining",
            ),
            st.Page(
                "pages/time_series.py",
                title=say("time_series.title"),
                icon=":material/show_chart:",
                url_path="time_series",
            ),
        ],
    }
)
st.logo("ui/logo.svg", icon_image="ui/icon.svg", size="large")
with st.sidebar:
    names = list(words.LANGUAGES)
    chosen = st.selectbox(
        "Language · 语言", names, names.index(language()), format_func=words.LANGUAGES.get, key="language"
    )
    st.query_params["language"] = chosen  # so that a reload or a link keeps it
with errors_in_words():
    menu.run()
