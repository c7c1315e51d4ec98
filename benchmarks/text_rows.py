"""The file of a text benchmark as a frame: its columns by meaning, its own split or the one that every job shares."""

import hashlib

import pandas as pd

from crm_core.data_entry import read
from crm_core.text_mining.cleaning import clean

MEANINGS = ("text", "label", "split", "reference")


def rows_of(chosen, *needed: str) -> pd.DataFrame:
    """The file's rows with the columns that are there of text (cleaned), label, split, reference, read as the product
    reads files. `chosen` has the arguments `file` and `map`. Raises ValueError with a sentence's end where one of
    `needed` is missing or no row has a text.
    """
    named = {}
    for item in chosen.map:
        column, _, meaning = item.rpartition("=")
        if not column or meaning not in MEANINGS:
            raise ValueError(f"--map takes COLUMN=MEANING with {', '.join(MEANINGS)}, and {item} is none")
        named[meaning] = column
    with read(chosen.file) as reading:
        headers = {header.strip().lower(): place for place, header in reversed(list(enumerate(reading.headers)))}
        places = {}
        for meaning in MEANINGS:
            if meaning in named and named[meaning].strip().lower() not in headers:
                raise ValueError(f"it has no column {named[meaning]}")
            place = headers.get(named.get(meaning, meaning).strip().lower())
            if place is not None:
                places[meaning] = f"c{place}"
        for meaning in dict.fromkeys(("text", *needed)):
            if meaning not in places:
                raise ValueError(f"it has no column {meaning}; name it with --map COLUMN={meaning}")
        cells = pd.read_parquet(reading.folder / "cells.parquet", columns=list(dict.fromkeys(places.values())))
        found = pd.DataFrame({meaning: cells[column].astype(object) for meaning, column in places.items()})
    found["text"] = [clean(text) for text in found.text]
    found = found[found.text != ""]
    for meaning in needed:
        found = found[found[meaning].notna() & (found[meaning].astype(str).str.strip() != "")]
    if not len(found):
        raise ValueError("no row has what is needed")
    return found.reset_index(drop=True)


def with_split(found: pd.DataFrame) -> pd.DataFrame:
    """The rows with a `split` of train and test: the file's own, else by the text itself, exact duplicates dropped."""
    if "split" in found:
        return found.assign(split=found.split.astype(str).str.strip().str.lower())
    found = found.drop_duplicates("text", ignore_index=True)
    fifths = [int(hashlib.sha1(text.encode("utf-8")).hexdigest()[:8], 16) % 5 for text in found.text]
    return found.assign(split=["test" if fifth == 0 else "train" for fifth in fifths])
