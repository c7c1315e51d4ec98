"""What customers say, from a shell or a scheduler.

python -m crm_core texts keywords --days 90 --channel email
python -m crm_core texts new --days 30
python -m crm_core texts find refund --output refunds.csv
python -m crm_core texts topics --days 365
python -m crm_core texts mood --channel chat --output moods.csv
python -m crm_core texts classify "Needs of March"
"""
import csv
from datetime import timedelta
from pathlib import Path

from crm_core.errors import ClassesUnknown, FileNotWritable, NoMessages
from crm_core.harmless import no_formula
from crm_core.with_book import with_book

CHANNELS = ("email", "sms", "phone", "social", "chat", "visit", "other")
SHOWN = 20
NEW_DAYS = 30
_NAMED = ["source", "row_id", "occurred_at", "channel"]  # what names a message in a file
SURE = 0.05  # the false-discovery rate up to which a word is told as new


def add_commands(commands, common, say, opened) -> None:
    """The command `texts` with its own commands. `opened(chosen)` opens the book."""
    texts = commands.add_parser("texts", parents=[], help=say("texts_command.help"), say=say)
    kinds = texts.add_subparsers(
        required=True, metavar="keywords|new|find|topics|mood|classify", parser_class=type(texts))

    def command(name: str, work):
        made = kinds.add_parser(name, parents=[common], help=say(f"texts_command.{name}_help"), say=say)
        made.add_argument("--channel", choices=CHANNELS, help=say("texts_command.channel_help"))
        made.add_argument("--written", metavar="en|zh", help=say("texts_command.written_help"))
        made.add_argument("--everybody", action="store_true", help=say("texts_command.everybody_help"))
        made.add_argument("--output", metavar="OUT.csv", help=say("texts_command.output_help"))
        made.set_defaults(work=lambda chosen, say: with_book(opened, work, chosen, say))
        return made

    keywords = command("keywords", _keywords)
    keywords.add_argument("--days", type=int, metavar="N", help=say("texts_command.days_help"))
    new = command("new", _new)
    new.add_argument("--days", type=int, metavar="N", default=NEW_DAYS, help=say("texts_command.new_days_help"))
    find = command("find", _find)
    find.add_argument("word", metavar="WORD", help=say("texts_command.word_help"))
    find.add_argument("--days", type=int, metavar="N", help=say("texts_command.days_help"))
    topics = command("topics", _topics)
    topics.add_argument("--days", type=int, metavar="N", help=say("texts_command.days_help"))
    topics.add_argument("--k", type=int, metavar="K", help=say("texts_command.k_help"))
    mood = command("mood", _mood)
    mood.add_argument("--days", type=int, metavar="N", help=say("texts_command.days_help"))
    classify = command("classify", _classify)
    classify.add_argument("run", metavar="RUN", help=say("texts_command.run_help"))
    classify.add_argument("--days", type=int, metavar="N", help=say("texts_command.days_help"))


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


def _some(book, chosen):
    """The messages that are asked for, of the days asked for. Raises NoMessages."""
    every = _read(book, chosen)
    some = every.where(_recent(every, book, chosen.days))
    if not len(some):
        raise NoMessages()
    return some


def _keywords(book, chosen, say) -> int:
    from crm_core.text_mining.keywords import keywords, terms

    some = _some(book, chosen)
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
    frame = told[_NAMED].assign(
        before=[place.before for place in places], word=[place.word for place in places],
        after=[place.after for place in places])
    return _carry(frame, chosen, say)


def _topics(book, chosen, say) -> int:
    from crm_core.text_mining.topics import find

    some = _some(book, chosen)
    found = find(some, chosen.k)
    print(say("texts_command.topics", count=len(some), topics=found.k, share=found.coverage))
    for topic, name in enumerate(found.names):
        count = int((found.assigned == topic).sum())
        print(say("texts_command.topic", name=name, messages=count, share=count / len(some)))
    names = [found.names[topic] if topic >= 0 else None for topic in found.assigned]
    return _carry(some.messages[_NAMED].assign(topic=names), chosen, say)


def _mood(book, chosen, say) -> int:
    from crm_core.text_mining import dictionary
    from crm_core.text_mining.sentiment import moods

    some = _some(book, chosen)
    with book.look() as look:
        own = dictionary(look)
    found = moods(some, own)
    print(say("texts_command.read", count=len(some)))
    for mood in ("negative", "neutral", "positive"):
        count = int(((found.label == mood) & found.read).sum())
        print(say(f"texts_command.mood_{mood}", messages=count, share=count / len(some)))
    if not found.read.all():
        print(say("texts_command.unread", messages=int((~found.read).sum())))
    told = some.messages[_NAMED].assign(mood=found.label, score=found.score.round(3))
    return _carry(told[found.read], chosen, say)


def _classify(book, chosen, say) -> int:
    """What kept classes say of messages that they have not answered; what they said before stays."""
    from crm_core.text_mining.classes import keeping

    with book.look() as look:
        kept, asked = keeping.runs(look), chosen.run.casefold()
        run = next((run for run in kept if asked in (run.name.casefold(), str(run.id))), None)
        if run is None:
            raise ClassesUnknown(name=chosen.run, known=", ".join(run.name for run in kept) or "–")
        classes, said = keeping.classes_of(look, run.id), keeping.said(look, run.id)
    every = _some(book, chosen)
    new = every.where(keeping.unanswered(every.messages, said))
    if not len(new):
        print(say("texts_command.none_new", name=run.name))
        return 0
    answers = classes.answer(list(new.messages.text), new.tokens)
    with book.batch("classify_texts", run.name) as batch:
        keeping.apply(batch, run.id, new.messages, answers)
    print(say("texts_command.classified", count=len(new), name=run.name, change=batch.number,
              review=int((~answers.known).sum())))
    return _carry(new.messages[_NAMED].assign(
        label=answers.label.to_numpy(), confidence=answers.confidence.to_numpy().round(3)), chosen, say)


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
