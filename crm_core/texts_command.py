"""What customers say, from a shell or a scheduler.

python -m crm_core texts keywords --days 90 --channel email
python -m crm_core texts new --days 30
python -m crm_core texts find refund --output refunds.csv
"""
import csv
from datetime import timedelta
from pathlib import Path

from crm_core.errors import FileNotWritable, NoMessages
from crm_core.harmless import no_formula

CHANNELS = ("email", "sms", "phone", "social", "chat", "visit", "other")
SHOWN = 20
NEW_DAYS = 30
SURE = 0.05  # the false-discovery rate up to which a word is told as new


def add_commands(commands, common, say, opened) -> None:
    """The command `texts` with its own commands. `opened(chosen)` opens the book."""
    texts = commands.add_parser("texts", parents=[], help=say("texts_command.help"), say=say)
    kinds = texts.add_subparsers(required=True, metavar="keywords|new|find", parser_class=type(texts))

    def command(name: str, work):
        made = kinds.add_parser(name, parents=[common], help=say(f"texts_command.{name}_help"), say=say)
        made.add_argument("--channel", choices=CHANNELS, help=say("texts_command.channel_help"))
        made.add_argument("--written", metavar="en|zh", help=say("texts_command.written_help"))
        made.add_argument("--everybody", action="store_true", help=say("texts_command.everybody_help"))
        made.add_argument("--output", metavar="OUT.csv", help=say("texts_command.output_help"))
        made.set_defaults(work=lambda chosen, say: _with_book(opened, work, chosen, say))
        return made

    keywords = command("keywords", _keywords)
    keywords.add_argument("--days", type=int, metavar="N", help=say("texts_command.days_help"))
    new = command("new", _new)
    new.add_argument("--days", type=int, metavar="N", default=NEW_DAYS, help=say("texts_command.new_days_help"))
    find = command("find", _find)
    find.add_argument("word", metavar="WORD", help=say("texts_command.word_help"))
    find.add_argument("--days", type=int, metavar="N", help=say("texts_command.days_help"))


def _with_book(opened, work, chosen, say) -> int:
    book = opened(chosen)
    try:
        return work(book, chosen, say)
    finally:
        book.close()


def _read(book, chosen):
    """The messages that are asked for, of whatever day. Raises NoMessages."""
    from crm_core.text_mining import corpus, dictionary, messages

    with book.look() as look:
        own, found = dictionary(look), messages(look, book.clock().date())
    keep = found.source.notna()
    if not chosen.everybody:
        keep &= found.direction == "in"
    if chosen.channel:
        keep &= found.channel == chosen.channel
    every = corpus(found[keep], own)
    if chosen.written:
        every = every.where((every.messages.language == chosen.written).to_numpy())
    if not len(every):
        raise NoMessages()
    return every


def _recent(every, book, days: int | None):
    import numpy as np

    from crm_core.text_mining.overview import newest

    return newest(every.messages.occurred_at, book.clock().date(), days) if days else np.ones(len(every), bool)


def _keywords(book, chosen, say) -> int:
    from crm_core.text_mining.keywords import keywords, terms

    every = _read(book, chosen)
    some = every.where(_recent(every, book, chosen.days))
    if not len(some):
        raise NoMessages()
    told = keywords(terms(some))
    print(say("texts_command.read", count=len(some)))
    for row in told.head(SHOWN).itertuples():
        print(say("texts_command.keyword", term=row.term, messages=int(row.messages), share=float(row.share)))
    return _carry(told.drop(columns="place"), chosen, say)


def _new(book, chosen, say) -> int:
    from crm_core.text_mining.keywords import keyness, terms

    every = _read(book, chosen)
    here = _recent(every, book, chosen.days)
    if not here.any() or here.all():
        raise NoMessages()
    told = keyness(terms(every), here, ~here)
    since = book.clock().date() - timedelta(days=chosen.days - 1)
    print(say("texts_command.compared", here=int(here.sum()), there=int((~here).sum()), since=str(since)))
    news = told[(told.q <= SURE) & (told.log_ratio > 0)]
    if not len(news):
        print(say("texts_command.nothing_new"))
    for row in news.head(SHOWN).itertuples():
        print(say("texts_command.news", term=row.term, here=int(row.here), share=float(row.share_here),
                  before=float(row.share_there)))
    return _carry(told.drop(columns="place"), chosen, say)


def _find(book, chosen, say) -> int:
    import pandas as pd

    from crm_core.text_mining import dictionary
    from crm_core.text_mining.concordance import as_typed, contexts
    from crm_core.text_mining.entities import known, masked, writers

    every = _read(book, chosen)
    told = every.messages[_recent(every, book, chosen.days)].iloc[::-1]
    wanted = as_typed(chosen.word)
    told = told[[wanted.search(text) is not None for text in told.text]]
    print(say("texts_command.found", count=len(told), word=chosen.word))
    with book.look() as look:
        names = writers(look, [int(one) if pd.notna(one) else None for one in told.customer_id])
        shown = masked(list(told.text), known(look, dictionary(look)), names)
    places = contexts(list(told.text), wanted, max(1, len(told)), shown=shown)
    for when, place in zip(told.occurred_at.head(SHOWN), places, strict=False):
        print(f"{when:%Y-%m-%d}  {place.before}[{place.word}]{place.after}")
    frame = told[["source", "row_id", "occurred_at", "channel"]].assign(
        before=[place.before for place in places], word=[place.word for place in places],
        after=[place.after for place in places])
    return _carry(frame, chosen, say)


def _carry(told, chosen, say) -> int:
    if not chosen.output:
        return 0
    path = Path(chosen.output)
    try:
        with path.open("x", newline="", encoding="utf-8-sig") as file:
            sheet = csv.writer(file)
            sheet.writerow(told.columns)
            sheet.writerows([no_formula(value) for value in row] for row in told.itertuples(index=False))
    except OSError as error:
        raise FileNotWritable(path=str(path)) from error
    print(say("texts_command.written_to", count=len(told), path=str(path)))
    return 0
