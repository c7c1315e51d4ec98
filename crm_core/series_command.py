"""Measures over time, from a shell or a scheduler.

python -m crm_core series revenue --by channel --interval week out.csv
python -m crm_core series orders --interval month --from 2025-01-01 --compare last_year out.csv
python -m crm_core series "own:Weekly Sales" --by series out.csv
"""
import argparse
import csv
from datetime import date
from pathlib import Path

from crm_core.errors import FileNotWritable, NothingInSeries
from crm_core.harmless import no_formula
from crm_core.with_book import with_book


def add_command(commands, common, say, opened) -> None:
    """The command `series`. `opened(chosen)` opens the book."""
    parser = commands.add_parser("series", parents=[common], help=say("series_command.help"), say=say)
    parser.add_argument("measure", metavar="MEASURE", help=say("series_command.measure_help"))
    parser.add_argument("output", metavar="OUT.csv", help=say("series_command.output_help"))
    parser.add_argument("--by", default="", metavar="WAY", help=say("series_command.by_help"))
    parser.add_argument("--interval", metavar="INTERVAL", help=say("series_command.interval_help"))
    parser.add_argument("--from", dest="since", type=_day, metavar="DAY", help=say("series_command.from_help"))
    parser.add_argument("--to", dest="until", type=_day, metavar="DAY", help=say("series_command.to_help"))
    parser.add_argument("--largest", type=int, default=8, metavar="N", help=say("series_command.largest_help"))
    parser.add_argument("--missing", action="store_true", help=say("series_command.missing_help"))
    parser.add_argument("--compare", default="", metavar="HOW", help=say("series_command.compare_help"))
    parser.set_defaults(work=lambda chosen, say: with_book(opened, write_series, chosen, say))


def write_series(book, chosen, say) -> int:
    """0 where the file is written. Raises NothingInSeries and what series.read raises."""
    from crm_core.time_series import calendar, compare, series
    from crm_core.time_series.settings import settings

    with book.look() as look:
        kept = settings(look)
        own = series.is_own(chosen.measure)
        interval = chosen.interval or (series.taken(look, chosen.measure).interval if own else "week")
        asked = series.Asked(
            chosen.measure, interval, chosen.by, "missing" if chosen.missing or own else "zero", week=kept.week,
            zone=kept.zone, since=chosen.since, until=chosen.until, largest=chosen.largest,
            others=say("time_choice.others"), unknown=say("time_choice.unknown"))
        as_of = calendar.today_in(book.clock(), kept.zone)
        frame = series.read_with(look, asked, as_of)
        if frame.empty:
            raise NothingInSeries(measure=chosen.measure)
        if chosen.compare:
            frame = compare.compared(look, frame, asked, compare.checked(chosen.compare, asked), as_of)
    form = "%Y-%m-%d %H:%M" if interval == "hour" else "%Y-%m-%d"
    rows = frame.assign(period=frame.period.dt.strftime(form), series=frame.series.map(no_formula)).rename(
        columns={"whole": "over"})
    columns = ["period", *(["series"] if chosen.by else []), "value", *(["before"] if chosen.compare else []), "over"]
    _write(rows[columns].round(6), Path(chosen.output))
    print(say("series_command.written", count=frame.period.nunique(), series=frame.series.nunique(),
              path=chosen.output, zone=asked.zone))
    return 0


def _write(rows, path: Path) -> None:
    try:
        with path.open("x", newline="", encoding="utf-8-sig") as file:
            sheet = csv.writer(file)
            sheet.writerow(rows.columns)
            sheet.writerows(["" if value != value else value for value in row] for row in rows.itertuples(index=False))
    except OSError as error:
        raise FileNotWritable(path=str(path)) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(text) from error
