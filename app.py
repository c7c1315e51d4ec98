"""The front door: language, the menu, the page asked for."""

import streamlit as st

from ui import words
from ui.say import language, say
from ui.work import errors_in_words

st.set_page_config(
    page_title=say("app.name"), page_icon="ui/icon.svg", layout="wide", menu_items={"About": say("app.about")}
)


def page(concern: str, icon: str):
    return st.Page(f"pages/{concern}.py", title=say(f"{concern}.title"), icon=f":material/{icon}:", url_path=concern)


menu = st.navigation({
    "": [st.Page("pages/home.py", title=say("home.title"), icon=":material/home:", default=True)],
    say("app.data"): [page("data_entry", "edit_note"), page("cleaning", "cleaning_services")],
    say("app.answers"): [page("clustering", "scatter_plot"), page("purchase_prediction", "query_stats"),
                         page("text_mining", "forum"), page("time_series", "show_chart")],
})
st.logo("ui/logo.svg", icon_image="ui/icon.svg", size="large")
with st.sidebar:
    names = list(words.LANGUAGES)
    chosen = st.selectbox(
        "Language · 语言", names, names.index(language()), format_func=words.LANGUAGES.get, key="language"
    )
    st.query_params["language"] = chosen  # so that a reload or a link keeps it
with errors_in_words():
    menu.run()
