"""Keep under a name what the columns of a file mean, and find it again when next month's file comes.

kept:  Umsatz → orders.amount | Datum → orders.ordered_at
next month's headers: Datum, Umsatz netto     → missing Umsatz, new Umsatz netto: perhaps renamed
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from crm_core.data_entry.mapping import Mapping, MappingDifference, compare_mapping, plain
from crm_core.errors import MappingDoesNotFit, MappingNotFound

# What a person can say about the reading of a file; with `date_order` that is what is kept beside the columns.
READ_OPTIONS = ("encoding", "delimiter", "sheet", "member", "header_line")
FITS_FROM = 0.6  # share of the kept columns that a file must have for the mapping to be proposed
ALIKE_FROM = 0.6  # similarity of two headers that are perhaps one and the same column


@dataclass(frozen=True)
class KeptMapping:
    id: int
    name: str
    mapping: Mapping
    options: dict = field(default_factory=dict)  # READ_OPTIONS and `date_order`, where the person said them

    @property
    def reading(self) -> dict:
        """What was said about reading the file."""
        return {name: value for name, value in self.options.items() if name in READ_OPTIONS}


def kept_mappings(frame) -> list[KeptMapping]:
    """The mappings of queries/kept_mappings.sql."""
    return [
        KeptMapping(int(row.id), row.name, Mapping(row.kind, json.loads(row.columns)), json.loads(row.options or "{}"))
        for row in frame.itertuples()
    ]


def as_row(name: str, mapping: Mapping, options: dict) -> dict:
    """A mapping as a row of the table `mappings`."""
    said = {option: value for option, value in options.items() if value is not None}
    return {
        "name": name,
        "kind": mapping.kind,
        "columns": json.dumps(mapping.columns, ensure_ascii=False),
        "options": json.dumps(said, ensure_ascii=False),
    }


def named(kept: Iterable[KeptMapping], name: str) -> KeptMapping:
    """The kept mapping of a name. Raises MappingNotFound."""
    kept = list(kept)
    for one in kept:
        if one.name.casefold() == name.strip().casefold():
            return one
    raise MappingNotFound(mapping=name, known=", ".join(one.name for one in kept) or "–")


def best_fit(kept: Iterable[KeptMapping], headers: Sequence[str]) -> KeptMapping | None:
    """The kept mapping whose columns the file has most of; None where none has enough of them."""
    ranked = []
    for one in kept:
        difference = compare_mapping(one.mapping, headers)
        mapped = len(one.mapping.meanings)
        there = mapped - len(lost(one.mapping, difference))
        if mapped and there >= min(2, mapped) and there / mapped >= FITS_FROM:
            ranked.append((there / mapped, -len(difference.new), one.id, one))
    return max(ranked, key=lambda entry: entry[:3])[-1] if ranked else None


def exact_fit(kept: Iterable[KeptMapping], headers: Sequence[str]) -> KeptMapping | None:
    """The kept mapping that knows every column of the file and misses none."""
    one = best_fit(kept, headers)
    difference = one and compare_mapping(one.mapping, headers)
    return one if one and not difference.new and not lost(one.mapping, difference) else None


def lost(saved: Mapping, difference: MappingDifference) -> list[str]:
    """The headers that the file has not and that meant something."""
    return [header for header in difference.missing if saved.columns.get(header)]


def perhaps_renamed(saved: Mapping, difference: MappingDifference, proposed: Mapping) -> dict[str, str]:
    """New header → the missing one that it perhaps was: it is written alike, or its header means the same."""
    pairs = []
    for old in lost(saved, difference):
        for new in difference.new:
            alike = SequenceMatcher(None, plain(old), plain(new)).ratio()
            if proposed.columns.get(new) == saved.columns[old]:
                alike = max(alike, 1.0)
            if alike >= ALIKE_FROM:
                pairs.append((alike, new, old))
    renamed: dict[str, str] = {}
    for _, new, old in sorted(pairs, key=lambda pair: -pair[0]):
        if new not in renamed and old not in renamed.values():
            renamed[new] = old
    return renamed


def fitted(kept: KeptMapping, headers: Sequence[str], name: str, told: dict[str, str | None]) -> Mapping:
    """The kept mapping for a file, with some columns as told: {new header: meaning, lost header: None}.

    Raises MappingDoesNotFit where a column that meant something is not there and nobody said what took its place:
    an import that nobody watches must not go without a column in silence.
    """
    difference = compare_mapping(kept.mapping, headers)
    open_ones = [
        header
        for header in lost(kept.mapping, difference)
        if header not in told and kept.mapping.columns[header] not in told.values()
    ]
    if open_ones:
        raise MappingDoesNotFit(name=name, mapping=kept.name, columns=open_ones)
    gone = set(difference.missing)
    told = {header: meaning for header, meaning in told.items() if header not in gone}
    return difference.mapping.told(told, kept.mapping.kind) if told else difference.mapping
