"""Which series is looked at, kept from part to part and in the address."""
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from crm_core.time_series.series import INTERVALS, MEASURES, SPLITS, Asked, read
from ui import plain, say, store, today
from ui.forms import remember
from ui.segment import segment_filter


@dataclass(frozen=True, eq=False)
class Looking:
    """What a part of the page looks at."""

    asked: Asked
    frame: pd.DataFrame  # series, period, value, whole: as crm_core/time_series/series.py tells
    unit: str  # of the value, as charts name units
    words: str  # what is measured, as plain text
    state: tuple  # what all of it depends on: the key of a job, with a word of its own before it


def looking(split: bool = True) -> Looking | None:
    """The series that is asked for; shows what chooses it. None, after a word of what to do, without any."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="time choice"):
        measure = st.selectbox(say("time_series.measure"), MEASURES, key=remember("time measure", "revenue"), width=190,
                               format_func={name: plain(f"time_measure.{name}") for name in MEASURES}.get)
        interval = st.segmented_control(say("time_series.interval"), INTERVALS, key=remember("time interval", "week"),
                                        required=True,
                                        format_func={name: plain(f"time_interval.{name}") for name in INTERVALS}.get)
        by = st.selectbox(say("time_series.split"), SPLITS, key=remember("time split", ""), width=170,
                          format_func={name: plain(f"time_split.{name or 'none'}") for name in SPLITS}.get) if split else ""
        segment = segment_filter("time") or 0
    asked = Asked(measure, interval, by, segment=segment)
    state = (str(store().path), today(), store().revision("orders", "customers", "segment_members"), asked)
    frame = _read(state, asked)
    if frame.empty:
        st.info(say("time_series.nothing_there"), icon=":material/table_view:")
        return None
    return Looking(asked, frame, MEASURES[measure], plain(f"time_measure.{measure}"), state)


@st.cache_resource(max_entries=20, show_spinner=False)
def _read(state: tuple, asked: Asked) -> pd.DataFrame:
    return read(store(), asked, today())
