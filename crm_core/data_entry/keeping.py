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
ALIKE_FROM = 0.7  # similarity of two headers that are perhaps one and the same column


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
        KeptMapping(row["id"], row["name"], Mapping.from_row(row), json.loads(row["options"] or "{}"))
        for row in frame.to_dict("records")
    ]


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
        mapped = sum(1 for meaning in one.mapping.columns.values() if meaning)
        there = mapped - len(lost(one.mapping, difference))
        if mapped and there >= min(2, mapped) and there / mapped >= FITS_FROM:
            ranked.append((there / mapped, -len(difference.new), one.id, one))
    return max(ranked, key=lambda entry: entry[:3])[-1] if ranked else None


def exact_fit(kept: Iterable[KeptMapping], headers: Sequence[str]) -> KeptMapping | None:
    """The kept mapping that knows every column of the file and misses none."""
    one = best_fit(kept, headers)
    return one if one and fits(one.mapping, compare_mapping(one.mapping, headers)) else None


def fits(saved: Mapping, difference: MappingDifference) -> bool:
    """Whether the file has what was mapped, and nothing new: then nobody has to be asked."""
    return not difference.new and not lost(saved, difference) and not doubtful(saved, difference)


def lost(saved: Mapping, difference: MappingDifference) -> list[str]:
    """The headers that the file has not and that meant something."""
    return [header for header in difference.missing if saved.columns.get(header)]


def doubtful(saved: Mapping, difference: MappingDifference) -> dict[str, str]:
    """Kept header → new one that has other words and seems to mean the same: for a person to say."""
    return {old: new for old, new in difference.renamed.items() if plain(old) != plain(new) and saved.columns.get(old)}


def perhaps_renamed(saved: Mapping, difference: MappingDifference) -> dict[str, str]:
    """Kept header → new one that is written much like it, where the meaning of neither tells more."""
    pairs = sorted(
        (
            (SequenceMatcher(None, plain(old), plain(new)).ratio(), old, new)
            for old in lost(saved, difference)
            for new in difference.new
        ),
        reverse=True,
    )
    renamed: dict[str, str] = {}
    for alike, old, new in pairs:
        if alike >= ALIKE_FROM and old not in renamed and new not in renamed.values():
            renamed[old] = new
    return renamed


def taken_up(saved: Mapping, difference: MappingDifference, renamed: dict[str, str]) -> Mapping:
    """The kept mapping for this file, where `renamed` (kept header → new one) says which columns took whose place."""
    columns = dict(difference.mapping.columns)
    for old, new in doubtful(saved, difference).items():
        if renamed.get(old) != new:
            columns[new] = None
    for old, new in renamed.items():
        # A meaning stands once; what the new headers had by themselves gives way.
        columns = {header: None if meaning == saved.columns[old] else meaning for header, meaning in columns.items()}
        columns[new] = saved.columns[old]
    return Mapping(saved.kind, columns)


def fitted(kept: KeptMapping, headers: Sequence[str], name: str, told: dict[str, str | None]) -> Mapping:
    """The kept mapping for a file, with some columns as told: {new header: meaning, lost header: None}.

    Raises MappingDoesNotFit where a column that meant something is not there and nobody said what took its place:
    an import that nobody watches must neither go without a column in silence nor guess.
    """
    difference = compare_mapping(kept.mapping, headers)
    open_ones = [
        header
        for header in (*lost(kept.mapping, difference), *doubtful(kept.mapping, difference))
        if header not in told and kept.mapping.columns[header] not in told.values()
    ]
    if open_ones:
        raise MappingDoesNotFit(name=name, mapping=kept.name, columns=open_ones)
    mapping = taken_up(kept.mapping, difference, {})
    there = set(headers) | (told.keys() - kept.mapping.columns.keys())
    told = {header: meaning for header, meaning in told.items() if header in there}
    return mapping.told(told, kept.mapping.kind) if told else mapping
