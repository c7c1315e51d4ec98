"""What the person said about the file in front of them: beside the widgets, for a run that waits draws none."""

from dataclasses import dataclass, field

import streamlit as st


@dataclass
class Said:
    file: str  # the uploaded file that it is about
    reading: dict = field(default_factory=dict)  # data_entry.READ_OPTIONS, where the person overruled what was found
    parts: dict[str, list[str]] = field(default_factory=dict)  # "sheet", "member" → those there were, when it was read
    kind: str | None = None
    columns: dict[str, str | None] = field(default_factory=dict)  # header → meaning, as it stands now
    becomes: dict[str, str] = field(default_factory=dict)  # header → what was proposed: mapped, own or left_out
    columns_for: tuple = ()  # what `columns` were proposed for: the reading, the kind, the kept mapping
    proposals: int = 0  # how often `columns` were proposed: a new proposal gets new boxes, and no old answer in them
    date_orders: dict[str, str] = field(default_factory=dict)  # header → order
    kept: int | None = None  # the id of the kept mapping that is used
    kept_settled: bool = False  # a kept mapping was proposed, or the person chose
    kept_here: bool = False  # the mapping was kept with this file
    difference_seen: bool = False  # between the kept mapping and this file
    renamed: dict[str, str] = field(default_factory=dict)  # kept header → the new one that took its place
    check_wanted: tuple = ()  # the mapping for which a large file is to be checked
    page: int = 0  # of the table of columns

    def tell(self, name: str, key: str, empty=None) -> None:
        """A widget's answer about the reading of the file; `empty` is what stands for 'as recognised'."""
        value = st.session_state[key]
        self.reading.pop(name, None)
        if value != empty:
            self.reading[name] = value
        self.columns_for = ()
        self.date_orders = {}
