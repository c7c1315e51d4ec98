"""Any measure over time and space: what happened, what is odd, what comes next, and where."""

import streamlit as st

from crm_core.time_series.forecasting import methods
from pages.timing import builder, cohorts, forecast, maps, own, pattern, series, unusual
from ui import say
from ui.forms import show_message
from ui.part import choose_part
from ui.work import start

SHOWS = {"series": series.show, "pattern": pattern.show, "unusual": unusual.show, "forecast": forecast.show,
         "cohorts": cohorts.show, "maps": maps.show, "builder": builder.show, "own": own.show}

st.title(say("time_series.title"), anchor=False)
st.caption(say("time_series.what"))
part = choose_part("time_series", SHOWS, "time_series.part_")
show_message()
SHOWS[part]()
# After all that is shown: whoever goes on to a forecast does not wait for what it stands on.
start(("forecast imports",), lambda _progress: methods.import_ahead())
