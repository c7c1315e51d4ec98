"""Kept segments on another day: grouped anew, or only placed by the kept model; back-filled; a run repeated.

    refresh(batch, ask, run=1, as_of=2026-03-01, seed=0)          a new run, matched with the last one
    backfill(batch, ask, segments=[3, 4], days=[2025-12-01, …])   snapshots of days that have none yet
    repeat(ask, run=1)                                            the same choice, day and seed: the same answer?

Reading (`ask`: store.look() or the batch itself) is apart from writing, since grouping takes its time and a batch
keeps others from writing: `work_out` reads, `write` writes.
"""
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from crm_core.clustering import conditions
from crm_core.clustering.choice import Choice
from crm_core.clustering.grouping import Groups, cluster_customers
from crm_core.clustering.keeping import CONCERN, figures_of, in_segments, looked_within, snapshot
from crm_core.clustering.matching import FEWEST_IN_COMMON, Matching, match
from crm_core.clustering.model import Model
from crm_core.errors import (
    NobodyOnDay,
    RecordGone,
    SegmentsEnded,
    SegmentStandsLater,
    SegmentWithoutRun,
)
from crm_core.features import catalogue, gather


@dataclass(frozen=True)
class Run:
    """A kept run as it is read back."""

    id: int
    name: str
    as_of: date
    revision: int  # of the data that it read
    choice: Choice
    model: Model
    figures: dict  # as keeping.figures_of tells them
    first_id: int  # the first run of its series: its own id for the first one

    @property
    def within(self) -> int | None:
        """The segment whose customers were looked at; None: all."""
        return looked_within(self.figures)

    @property
    def segments(self) -> dict[int, int]:
        """Group → segment."""
        return {int(group): segment for group, segment in self.figures["segments"].items()}


@dataclass(frozen=True, eq=False)
class Refreshed:
    """What a refresh found, before it is written."""

    last: Run  # the run of the series that it starts from
    as_of: date
    revision: int  # of the data that was read
    seed: int
    groups: Groups | None  # None where customers were only placed by the kept model
    model: Model
    members: pd.DataFrame  # customer_id, group
    matching: Matching | None  # the kept groups of customers who did not change → the new groups
    carried: dict[int, int]  # new group → the segment that it continues
    names: dict[int, str]  # new group → the name of a segment to be added
    ended: tuple[int, ...]  # segments that are found no longer


@dataclass(frozen=True)
class Repeated:
    """A run done again on the data as they are now."""

    same: int  # customers in the same group as kept
    elsewhere: int  # in another one
    come: int  # grouped now and not then
    gone: int  # grouped then and not now
    changes: int  # batches since that touched customers or orders

    @property
    def is_same(self) -> bool:
        return not (self.elsewhere or self.come or self.gone)


# --- reading what is kept -------------------------------------------------------------------------


def read_run(ask, run_id: int) -> Run:
    """A run that is not deleted. Raises RecordGone."""
    found = ask.execute(
        "SELECT id, name, as_of, revision, choice, model, figures, coalesce(first_id, id) FROM runs "
        "WHERE id = $id AND concern = $concern AND deleted_at IS NULL", id=int(run_id), concern=CONCERN).fetchone()
    if not found:
        raise RecordGone(table="runs", id=int(run_id))
    number, name, as_of, revision, choice, model, figures, first_id = found
    return Run(number, name, as_of, revision, Choice.from_json(choice), Model.from_json(model), json.loads(figures),
               first_id)


def runs_of(ask, first_id: int) -> list[Run]:
    """The runs of a series by day."""
    found = ask.execute("SELECT id FROM runs WHERE (id = $id OR first_id = $id) AND deleted_at IS NULL "
                        "ORDER BY as_of, id", id=int(first_id)).fetchall()
    return [read_run(ask, run_id) for run_id, in found]


def revision_of(ask) -> int:
    """The newest batch that the reader sees."""
    return ask.execute("SELECT coalesce(max(number), 0) FROM batches").fetchone()[0]


def _segment(ask, segment_id: int) -> dict:
    found = ask.execute("SELECT id, name, kind, as_of, definition, run_id, ended_on FROM segments "
                        "WHERE id = $id AND deleted_at IS NULL", id=int(segment_id)).fetchone()
    if not found:
        raise RecordGone(table="segments", id=int(segment_id))
    return dict(zip(("id", "name", "kind", "as_of", "definition", "run_id", "ended_on"), found, strict=True))


# --- a refresh ------------------------------------------------------------------------------------


def refresh(batch, ask, run: int, as_of, seed: int = 0, re_fit: bool = True,
            called: Callable[[str], str] = str) -> int:
    """Refresh the series of a run to a day, in one batch; the id of the new run. See `work_out`."""
    return write(batch, work_out(ask, run, as_of, seed, re_fit, called))


def work_out(ask, run: int, as_of, seed: int = 0, re_fit: bool = True, called: Callable[[str], str] = str,
             progress: Callable[[float], None] = lambda share: None) -> Refreshed:
    """The groups of a later day, and which of them is which kept segment.

    `re_fit` groups anew, starting from the kept groups (warm.py), by the same choice; without it customers are placed
    by the kept model. Old and new are matched on customers who did not change: those whom the kept model puts where
    they were. Whoever bought more in between has moved, and newcomers do not take a name along.
    `called` gives the words of a proposed name's key, for groups that are new.

    Raises SegmentStandsLater, SegmentsEnded, NobodyOnDay, RecordGone, and what cluster_customers raises.
    """
    last = runs_of(ask, read_run(ask, run).first_id)[-1]
    if as_of < last.as_of:
        raise SegmentStandsLater(as_of=as_of, newest=last.as_of)
    living = _living(ask, last.first_id)
    if not any(row["ended_on"] is None for row in living.values()):
        raise SegmentsEnded()
    features = gather(ask, last.choice.features, as_of, segment_id=last.within)
    progress(0.3)
    before = last.model.assign(features)
    if before.empty:
        raise NobodyOnDay(as_of=as_of)
    common = {"last": last, "as_of": as_of, "revision": revision_of(ask), "seed": seed}
    if not re_fit:
        return Refreshed(**common, groups=None, model=last.model, members=before, matching=None,
                         carried=last.segments, names={}, ended=())
    groups = cluster_customers(features, last.choice, seed=seed, as_of=as_of, kept=last.model,
                               progress=lambda share: progress(0.3 + 0.7 * share))
    matching = match(_unchanged(ask, last, before), groups.groups,
                     _centres(last.figures), _centres(figures_of(groups, {})))
    segments = last.segments
    carried = {new: segments[old] for old, new in matching.carried.items() if old in segments}
    names: dict[int, str] = {}
    taken = [living[segment]["name"] for segment in carried.values() if segment in living]
    for group in sorted(int(group) for group in groups.profiles.group if group > 0 and group not in carried):
        names[group] = _free_name(called(groups.names[group]), [*taken, *names.values()])
    still = set(carried.values())
    ended = tuple(segment for segment in segments.values()
                  if segment not in still and segment in living and living[segment]["ended_on"] is None)
    return Refreshed(**common, groups=groups, model=groups.model, members=groups.groups, matching=matching,
                     carried=carried, names=names, ended=ended)


def _unchanged(ask, last: Run, placed: pd.DataFrame) -> pd.DataFrame:
    """customer_id, group of those whom the kept model puts where they were; in a group of which hardly anybody stayed
    (newcomers are newcomers for a month) all whom it puts there now."""
    then = in_groups(ask, last)
    both = placed.merge(then, on="customer_id", how="left", suffixes=("", "_then"))
    stayed = both.group == both.group_then
    few = stayed.groupby(both.group).transform("sum") < FEWEST_IN_COMMON
    return placed[(stayed | few).to_numpy()]


def in_groups(ask, run: Run) -> pd.DataFrame:
    """customer_id, group of a run as it was kept."""
    numbers = {segment: group for group, segment in run.segments.items()}
    members = ask.execute(
        "SELECT customer_id, segment_id FROM segment_members WHERE as_of = $as_of AND deleted_at IS NULL "
        "AND segment_id IN (SELECT unnest($segments)) ORDER BY customer_id",
        as_of=run.as_of, segments=list(numbers)).df()
    return pd.DataFrame({"customer_id": members.customer_id, "group": members.segment_id.map(numbers)})


def write(batch, refreshed: Refreshed) -> int:
    """Write a refresh: the run, new segments, snapshots of all, the end of those that are gone; the run's id."""
    last, as_of = refreshed.last, refreshed.as_of
    run_id, = batch.add("runs", {
        "concern": CONCERN, "name": last.name, "as_of": as_of, "revision": refreshed.revision,
        "choice": last.choice.to_json(), "model": refreshed.model.to_json(), "first_id": last.first_id})
    numbers = list(refreshed.names)
    ids = batch.add("segments", [
        {"name": refreshed.names[group], "kind": "cluster", "as_of": as_of, "run_id": last.first_id,
         "definition": json.dumps({"group": group})} for group in numbers]) if numbers else []
    segments = refreshed.carried | dict(zip(numbers, ids, strict=True))
    if refreshed.groups is None:  # the groups are the same, only their members are others
        figures = last.figures | {"seed": refreshed.seed, "started_from": last.id, "re_fit": False, "matching": None}
    else:
        figures = figures_of(refreshed.groups, segments) | {
            "started_from": last.id, "re_fit": True, "matching": told_matching(refreshed)}
    batch.change("runs", {"id": run_id, "figures": json.dumps(figures, ensure_ascii=False)})
    living = _living(batch, last.first_id)
    written = {group: segment for group, segment in segments.items() if segment in living}
    ended = [segment for segment in refreshed.ended if segment in living]
    snapshot(batch, in_segments(refreshed.members, written), [*written.values(), *ended], as_of, "refreshed", run_id)
    if ended:
        batch.change("segments", [{"id": segment, "ended_on": as_of} for segment in ended])
    return run_id


def refresh_customers(batch, ask, segment_id: int, as_of) -> None:
    """A segment from a rule, or of customers chosen by hand, as of a later day.

    Raises SegmentStandsLater, SegmentWithoutRun, RecordGone.
    """
    segment = _segment(ask, segment_id)
    if as_of < segment["as_of"]:
        raise SegmentStandsLater(as_of=as_of, newest=segment["as_of"])
    members = _members_on(ask, segment, as_of)
    snapshot(batch, members, [segment["id"]], as_of, "refreshed")


def _members_on(ask, segment: dict, as_of) -> pd.DataFrame:
    """segment_id, customer_id of a rule's segment, or of one chosen by hand, on a day."""
    if segment["kind"] == "rule":
        rule = conditions.from_json(segment["definition"])
        features = gather(ask, conditions.features_of(rule), as_of)
        customers = features.customer_id[conditions.holds(rule, features)]
    elif segment["kind"] == "selection":
        customers = ask.execute("SELECT customer_id FROM segment_members WHERE segment_id = $id AND as_of = $as_of "
                                "AND deleted_at IS NULL", id=segment["id"], as_of=segment["as_of"]).df().customer_id
    else:
        raise SegmentWithoutRun(name=segment["name"])
    return pd.DataFrame({"segment_id": segment["id"], "customer_id": customers})


def _living(ask, first_id: int) -> dict[int, dict]:
    """The segments of a series that are not deleted: id → name, ended_on."""
    found = ask.execute("SELECT id, name, ended_on FROM segments WHERE run_id = $id AND deleted_at IS NULL",
                        id=int(first_id)).fetchall()
    return {number: {"name": name, "ended_on": ended_on} for number, name, ended_on in found}


def _free_name(name: str, taken: list[str]) -> str:
    """Champions → Champions 2 where there are Champions already."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def _centres(figures: dict) -> pd.DataFrame:
    """Where among all customers (0..1) each group's median lies, feature by feature: comparable on any two days."""
    centres = pd.DataFrame.from_dict(figures["positions"], orient="index")
    centres.index = centres.index.astype(int)
    return centres


def told_matching(refreshed: Refreshed) -> dict:
    """The matching as plain data, with segments in the place of the old groups' numbers."""
    matching, kept = refreshed.matching, refreshed.last.segments
    return {
        "overlaps": [row | {"old": kept.get(row["old"])} for row in matching.overlaps.to_dict("records")],
        "carried": {str(kept[old]): new for old, new in matching.carried.items() if old in kept},
        "by_centres": [kept[old] for old in matching.by_centres if old in kept],
        "split": {str(kept[old]): list(news) for old, news in matching.split.items() if old in kept},
        "merged": {str(new): [kept[old] for old in olds if old in kept] for new, olds in matching.merged.items()},
        "new": list(matching.new), "gone": [kept[old] for old in matching.gone if old in kept],
        "customers": matching.customers, "unchanged": matching.unchanged}


# --- back-filling ---------------------------------------------------------------------------------


def months_before(as_of, months: int) -> list[date]:
    """The same day of the months before a day, the earliest first: 2026-03-31, 2 → 2026-01-31, 2026-02-28."""
    newest = pd.Timestamp(as_of)
    return [(newest - pd.DateOffset(months=back)).date() for back in range(months, 0, -1)]


def backfill(batch, ask, segments: list[int], days: list[date],
             progress: Callable[[float], None] = lambda share: None) -> dict[date, int]:
    """Who would have been in kept segments on past days; day → segments that got a snapshot.

    Customers are placed by the model in force on that day: that of the newest run up to it, else of the first. A rule
    is held against the features of that day; customers chosen by hand are the same ones. A snapshot that is there
    stays as it is, and a day on which nobody had the features gets none.
    """
    wanted = [_segment(ask, segment) for segment in segments]
    there = {(segment, as_of) for segment, as_of in ask.execute(
        "SELECT segment_id, as_of FROM segment_snapshots WHERE deleted_at IS NULL").fetchall()}
    runs = {first_id: runs_of(ask, first_id) for first_id in
            dict.fromkeys(segment["run_id"] for segment in wanted if segment["kind"] == "cluster")
            if first_id is not None}
    filled: dict[date, int] = {}
    for place, day in enumerate(days):
        open_ones = [segment for segment in wanted
                     if (segment["id"], day) not in there and day < segment["as_of"]]
        done = 0
        for first_id, series in runs.items():
            own = {segment["id"] for segment in open_ones if segment["run_id"] == first_id}
            done += _backfill_series(batch, ask, series, own, day) if own else 0
        for segment in open_ones:
            if segment["kind"] != "cluster":
                members = _members_on(ask, segment, day)
                snapshot(batch, members, [segment["id"]], day, "backfilled")
                done += 1
        if done:
            filled[day] = done
        progress((place + 1) / len(days))
    return filled


def _backfill_series(batch, ask, series: list[Run], own: set[int], day) -> int:
    """A past day of the segments of a series, by the model in force."""
    run = next((run for run in reversed(series) if run.as_of <= day), series[0])
    # Where the run does not know a segment, which began later, it had nobody then.
    known = {group: segment for group, segment in run.segments.items() if segment in own}
    placed = run.model.assign(gather(ask, run.choice.features, day, segment_id=run.within))
    if placed.empty or not known:
        return 0
    snapshot(batch, in_segments(placed, known), list(known.values()), day, "backfilled", run.id)
    return len(known)


# --- repeating ------------------------------------------------------------------------------------


def repeat(ask, run: int, progress: Callable[[float], None] = lambda share: None) -> Repeated:
    """Do a run again: the same choice, day and seed, from the same kept groups, on the data as they are now.

    On the same data it gives the same groups. Later changes to customers or orders may tell on it: who is elsewhere.
    """
    kept = read_run(ask, run)
    start = read_run(ask, kept.figures["started_from"]).model if kept.figures.get("started_from") else None
    features = gather(ask, kept.choice.features, kept.as_of, segment_id=kept.within)
    progress(0.2)
    if start and not kept.figures["re_fit"]:
        again = start.assign(features)
    else:
        again = cluster_customers(features, kept.choice, seed=kept.figures["seed"], as_of=kept.as_of, kept=start,
                                  progress=lambda share: progress(0.2 + 0.8 * share)).groups
    then = in_groups(ask, kept)
    again = again[again.group.isin(kept.segments)]  # whoever is in no group is in no segment
    both = then.merge(again, on="customer_id", suffixes=("_then", "_now"))
    same = int((both.group_then == both.group_now).sum())
    touches = " OR ".join(f"json_contains(json_keys(touched), '\"{table}\"')"
                          for table in catalogue.tables_of(kept.choice.features))
    changes = ask.execute(f"SELECT count(*) FROM batches WHERE number > $revision AND ({touches})",
                          revision=kept.revision).fetchone()[0]
    return Repeated(same=same, elsewhere=len(both) - same, come=len(again) - len(both), gone=len(then) - len(both),
                    changes=changes)
