"""Kept segments from a shell or a scheduler: refreshed to a day, names kept; listed.

python -m crm_core segments refresh --as-of 2026-03-31
python -m crm_core segments refresh --segment Champions --backfill 12
python -m crm_core segments list
python -m crm_core segments export Champions --channel email champions.csv
"""
import argparse
from datetime import date

from crm_core.clustering.names import ARCHETYPES
from crm_core.clustering.refreshing import (
    Refreshed,
    backfill,
    months_before,
    refresh_customers,
    told_matching,
    work_out,
    write,
)
from crm_core.errors import CrmError
from crm_core.segments_export import add_export, find_segment
from crm_core.sentences import error_sentence
from crm_core.with_book import with_book


def add_command(commands, common, say, opened) -> None:
    """The commands `segments refresh`, `list` and `export`. `opened(chosen)` opens the book."""
    parser = commands.add_parser("segments", help=say("segments_command.help"), say=say)
    below = parser.add_subparsers(required=True, metavar="refresh|list|export", parser_class=type(parser))
    refresh = below.add_parser("refresh", parents=[common], help=say("segments_command.refresh_help"), say=say)
    refresh.add_argument("--as-of", metavar="DAY", type=_day, help=say("segments_command.as_of_help"))
    refresh.add_argument("--segment", metavar="NAME", help=say("segments_command.segment_help"))
    refresh.add_argument("--backfill", metavar="MONTHS", type=_months, help=say("segments_command.backfill_help"))
    refresh.set_defaults(work=lambda chosen, say: with_book(opened, _refresh_all, chosen, say))
    listing = below.add_parser("list", parents=[common], help=say("segments_command.list_help"), say=say)
    listing.set_defaults(work=lambda chosen, say: with_book(opened, _list, chosen, say))
    add_export(below, common, say, opened)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _months(text: str) -> int:
    months = int(text)
    if not 1 <= months <= 120:
        raise argparse.ArgumentTypeError(text)
    return months


def _list(book, chosen, say) -> int:
    segments = book.frame("segments_kept")
    if segments.empty:
        print(say("segments_command.none"))
    for segment in segments.to_dict("records"):
        facts = {"name": segment["name"], "kind": say(f"choice.kind.{segment['kind']}")}
        if segment["ended_on"] == segment["ended_on"] and segment["ended_on"] is not None:
            print(say("segments_command.ended", day=str(segment["ended_on"].date()), **facts))
        else:
            print(say("segments_command.line", as_of=str(segment["as_of"].date()), customers=segment["customers"],
                      **facts))
    return 0


def _refresh_all(book, chosen, say) -> int:
    """0 where all were refreshed, 1 where one could not be: it is named, and the others are done."""
    segments = book.frame("segments_kept")
    segments = segments[segments.ended_on.isna()]
    if chosen.segment:
        with book.look() as look:
            one = int(find_segment(look.frame("segments_kept"), chosen.segment).id)
        run = segments.run_id[segments.id == one]
        together = segments.run_id.isin(run.dropna()) & segments.run_id.notna()
        segments = segments[(segments.id == one) | together]
    if segments.empty:
        print(say("segments_command.none"))
        return 0
    as_of = chosen.as_of or _last_day(book, segments)
    refused = 0
    # Runs first, then each segment that stands by itself.
    series = segments.groupby([segments.run_id.isna(), segments.run_id.fillna(segments.id)], sort=True)
    for _, together in series:
        first = together.iloc[0]
        try:
            if first.kind == "cluster" and first.run_id == first.run_id:
                _refresh_series(book, int(first.run_id), as_of, say)
            else:
                _refresh_one(book, first, as_of, say)
            if chosen.backfill:
                _fill(book, together, as_of, chosen.backfill, say)
        except CrmError as error:
            refused += 1
            print(say("segments_command.skipped", name=first["name"], sentence=error_sentence(say.language, error)))
    return 1 if refused else 0


def _last_day(book, segments) -> date:
    """The last day of which the book knows anything; never before what is there already."""
    found = book.frame("last_day", today=book.clock().date()).last_day.iloc[0]
    newest = segments.as_of.max()
    return max(found, newest).date() if found == found and found is not None else newest.date()


def _refresh_series(book, run: int, as_of: date, say) -> None:
    names = {key: say(f"group_name.{key}") for key in (*ARCHETYPES, "numbered")}
    with book.look() as look:
        found = work_out(look, run, as_of, called=names.__getitem__)
    with book.batch("refresh", say("segments.refreshed_as", name=found.last.name, as_of=as_of)) as batch:
        write(batch, found)
    print(say("segments_command.refreshed", name=found.last.name, as_of=str(as_of), number=str(batch.number)))
    _show(book, found, say)


def _refresh_one(book, segment, as_of: date, say) -> None:
    with book.batch("refresh", say("segments.refreshed_as", name=segment["name"], as_of=as_of)) as batch:
        refresh_customers(batch, batch, int(segment.id), as_of)
    print(say("segments_command.refreshed", name=segment["name"], as_of=str(as_of), number=str(batch.number)))


def _show(book, found: Refreshed, say) -> None:
    """What became of which group."""
    told = told_matching(found)
    new = {group: book.record("segments", segment)["name"] for group, segment in found.carried.items()} | found.names

    def listed(names) -> str:
        return say("segments.comma").join(names)

    def old(segments) -> str:
        return listed(book.record("segments", int(segment))["name"] for segment in segments)

    print(say("segments_command.unchanged", share=told["unchanged"], count=told["customers"]))
    for segment, groups in told["split"].items():
        print(say("segments_command.split", name=old([segment]), names=listed(new[group] for group in groups)))
    for group, segments in told["merged"].items():
        print(say("segments_command.merged", name=new[int(group)], names=old(segments)))
    if told["new"]:
        print(say("segments_command.new", names=listed(new[group] for group in told["new"])))
    if told["gone"]:
        print(say("segments_command.gone", names=old(told["gone"])))


def _fill(book, together, as_of: date, months: int, say) -> None:
    subject = say("segments.backfilled_as", name=together.iloc[0]["name"], count=months)
    with book.batch("backfill", subject) as batch:
        filled = backfill(batch, batch, [int(segment) for segment in together.id], months_before(as_of, months))
    if filled:
        print(say("segments_command.backfilled", count=len(filled), number=str(batch.number)))
