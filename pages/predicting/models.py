"""The models beside each other and beside the plain recency rule, on days that none has learned from."""

import streamlit as st

from ui import plain, say, table

MEASURES = ("auc", "pr_auc", "brier", "ece", "lift10")


def show(prediction, as_of) -> None:
    st.subheader(say("models.title"), anchor=False)
    frame = prediction.tried.assign(model=[plain(f"model.{name}") for name in prediction.tried.model])
    table(frame[["model", *MEASURES]], key="models", name=f"{plain('models.title')} {as_of}",
          labels={"model": plain("models.model"), **{name: plain(f"measure.{name}") for name in MEASURES}},
          formats=dict.fromkeys(MEASURES, "%.3f"))
