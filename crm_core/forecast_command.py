"""Forecasts from a shell or a scheduler: looked ahead, frozen under a name, graded once their periods are over.

python -m crm_core forecast revenue --by channel --interval month --horizon 12 --freeze "Q1"
python -m crm_core forecast revenue --output forecast.csv
python -m crm_core grade Q1
"""
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd

from crm_core.errors import FileNotWritable
from crm_core.time_series import calendar, frozen, grading, outlook, series, settings
from crm_core.time_series import forecast_telling as telling
from crm_core.time_series.events import countries_of
from crm_core.with_book import with_book


def add_command(commands, common, say, opened) -> None:
    """The command `forecast`. `opened(chosen)` opens the book."""
    forecast = commands.add_parser("forecast", parents=[common], help=say("forecast_command.help"), say=say)
    forecast.add_argument("measure", metavar="MEASURE", help=say("forecast_command.measure_help"))
    forecast.add_argument("--by", metavar="SPLIT", default="", help=say("forecast_command.by_help"))
    forecast.add_argument("--interval", choices=tuple(calendar.INTERVALS), help=say("forecast_command.interval_help"))
    forecast.add_argument("--horizon", metavar="N", type=int, help=say("forecast_command.horizon_help"))
    forecast.add_argument("--model", choices=outlook.OFFERED, default="", help=say("forecast_command.model_help"))
    forecast.add_argument("--to", dest="until", metavar="DAY", type=date.fromisoformat,
                          help=say("forecast_command.until_help"))
    forecast.add_argument("--freeze", metavar="NAME", help=say("forecast_command.freeze_help"))
    forecast.add_argument("--output", metavar="OUT.csv", help=say("forecast_command.output_help"))
    forecast.set_defaults(work=lambda chosen, say: with_book(opened, _forecast, chosen, say))


def _forecast(book, chosen, say) -> int:
    if chosen.output and (Path(chosen.output).exists() or not Path(chosen.output).absolute().parent.is_dir()):
        raise FileNotWritable(path=chosen.output)
    with book.look() as look:
        kept = settings.settings(look)
        as_of = calendar.today_in(book.clock(), kept.zone)
        own = series.taken(look, chosen.measure) if series.is_own(chosen.measure) else None
        interval = chosen.interval or (own.interval if own else "week")
        asked = series.Asked(
            chosen.measure, interval, chosen.by, "missing" if own else "zero", week=kept.week, zone=kept.zone,
            until=chosen.until, others=say("time_choice.others"), unknown=say("time_choice.unknown"))
        frame = series.read_with(look, asked, as_of)
        adds_up = own.adds_up if own else series.adds_up(asked.measure)
        if not own:
            last = series.bounds(look, asked.measure, as_of, asked.zone).last
            frame = outlook.known(frame, interval, last and calendar.local(last, asked.zone), as_of)
        events, countries = look.frame("campaigns_dated"), countries_of(look)
        summing = adds_up and not series.overlaps(look, asked.split)
    horizon = chosen.horizon or outlook.proposed(frame, asked.interval)
    found = outlook.outlook(frame, asked.interval, horizon, chosen.model, summing, events=events,
                            countries=countries)
    unit = series.unit(asked.measure)
    seen = min(as_of, chosen.until or as_of)
    for name in found.names:
        _tell(found, name, unit, adds_up, seen, say)
    if chosen.freeze:
        _freeze(book, found, asked, chosen, seen, say)
    if chosen.output:
        _write(found, Path(chosen.output), say)
    return 0


def _tell(found: outlook.Outlook, name: str, unit: str, adds_up: bool, as_of, say) -> None:
    from crm_core.charts import period_words

    when = partial(period_words, interval=found.interval, say=say)
    print(telling.series_words(name, say))
    _, sentence = telling.test_words(found, name, say)
    lines = [*telling.outlook_words(found, name, unit, adds_up, say, when), sentence,
             *telling.caution_words(found, name, as_of, say)]
    for line in lines:
        print("  " + line.replace("**", ""))


def _freeze(book, found: outlook.Outlook, asked: series.Asked, chosen, as_of, say) -> None:
    revision = book.revision(*series.TABLES)
    with book.look() as look:
        there = frozen.frozen_already(look, found, asked, chosen.model, revision, as_of)
    if there:
        print(say("forecast_frozen.there", name=book.record("runs", there)["name"]))
        return
    with book.batch("forecast", chosen.freeze) as batch:
        run = frozen.freeze(batch, found, asked, chosen.model, chosen.freeze, revision, as_of)
    print(say("forecast_command.frozen", number=str(run), name=chosen.freeze, change=str(batch.number)))


def _write(found: outlook.Outlook, path: Path, say) -> None:
    from crm_core.harmless import no_formula

    rows = found.values.assign(series=found.values.series.map(no_formula))
    try:
        rows.to_csv(path, index=False, encoding="utf-8-sig")
    except OSError as error:
        raise FileNotWritable(path=str(path)) from error
    print(say("predict_command.written", count=len(rows), path=str(path)))


# --- grade ----------------------------------------------------------------------------------------


def tell_grade(look, run: frozen.Frozen, clock, say) -> None:
    """The grade of a frozen forecast, as `grade` prints it. Raises as grading does."""
    found = grading.graded(look, run, calendar.today_in(clock, run.asked.zone))
    print(say("forecast_command.run", number=str(run.id), name=run.name, as_of=str(run.as_of),
              measure=_measure_words(run.asked.measure, say), last=pd.Timestamp(run.figures["last"]).date()))
    for line in telling.grade_words(found, say):
        print("  " + line.replace("**", ""))


def _measure_words(measure: str, say) -> str:
    return measure.removeprefix(series.OWN) if series.is_own(measure) else say(f"time_measure.{measure}")
