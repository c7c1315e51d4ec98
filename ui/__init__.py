"""What pages share of Streamlit: the store, words, charts, tables, long work, errors in words."""

from ui.say import language, plain, say
from ui.show import carry_away, chart, table
from ui.work import errors_in_words, forget, job
from ui.workspace import store, today

__all__ = [
    "carry_away", "chart", "errors_in_words", "forget", "job", "language", "plain", "say", "store", "table", "today"]
