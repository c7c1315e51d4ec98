"""The same work from a shell or a scheduler: import a file, watch a folder, undo a change, look after the database.

python -m crm_core import orders.csv --dry-run
python -m crm_core watch incoming --every 60
python -m crm_core clean monthly.json --dry-run
python -m crm_core segments refresh
python -m crm_core segments export Champions --channel email champions.csv
python -m crm_core predict --target buys --horizon-days 90 --name March
python -m crm_core grade March
python -m crm_core texts new --days 30
python -m crm_core series revenue --by channel --interval week out.csv
python -m crm_core undo 7
python -m crm_core doctor
"""

import argparse
import os
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from crm_core import (
    cleaning_command,
    data_entry,
    predict_command,
    salesforce_command,
    segments_command,
    series_command,
    texts_command,
)
from crm_core.data_entry.watching import Result, Watch
from crm_core.errors import (
    Cancelled,
    ColumnsNotMapped,
    CrmError,
    DatabaseInUse,
    DateOrderAmbiguous,
    DemoPresent,
    FileNotFound,
    FileNotWritable,
    MappingDoesNotFit,
    NothingToImport,
)
from crm_core.sentences import error_sentence, reject_sentence, sentence, told_of_reading, told_of_result
from crm_core.store import open_store
from crm_core.store.doctor import find_problems
from crm_core.tables import TABLES

PROJECT = Path(__file__).parent.parent
ORDERS = {"day-first": "day first", "month-first": "month first", "year-first": "year first"}
SETTLES_S = 2.0  # between the two looks of `watch --once`


def main(arguments: list[str] | None = None) -> int:
    """0 where it was done, 1 where it was not: then one sentence on stderr says what to do."""
    arguments = sys.argv[1:] if arguments is None else arguments
    say = _saying(_language(arguments))
    try:
        chosen = _parser(say).parse_args(arguments)
        return chosen.work(chosen, say)
    except KeyboardInterrupt:
        print(error_sentence(say.language, Cancelled()), file=sys.stderr)
        return 1
    except CrmError as error:
        print(error_sentence(say.language, error), file=sys.stderr)
        if isinstance(error, DateOrderAmbiguous):
            print(say("command.date_order_hint"), file=sys.stderr)
        if isinstance(error, ColumnsNotMapped):
            print(say("command.map_hint", columns=", ".join(error.facts["columns"])), file=sys.stderr)
        if isinstance(error, MappingDoesNotFit):
            print(say("command.lost_hint", header=error.facts["columns"][0]), file=sys.stderr)
        if isinstance(error, DatabaseInUse) and chosen.work is watch:
            print(say("command.watch_in_use", folder=chosen.folder), file=sys.stderr)
        if isinstance(error, NothingToImport):
            for reject in error.facts["rejects"]:
                print(
                    say(
                        "command.reject",
                        line=str(reject["line"]),
                        column=reject["column"] or "",
                        reason=reject_sentence(say.language, reject["reason"]),
                        value=reject["value"] or "",
                    ),
                    file=sys.stderr,
                )
        return 1


class _Parser(argparse.ArgumentParser):
    """argparse whose help and refusals speak the language of the shell."""

    # What argparse says → the key of our sentence.
    REFUSALS = (
        (r"the following arguments are required: (.+)", "needed"),
        (r"unrecognized arguments: (.+)", "unknown"),
        (r"argument (.+): expected one argument", "without_value"),
        (r"argument (.+): invalid .+ value: '(.*)'", "value"),
        (r"argument (.+): invalid choice: '?(.*?)'? \(choose from (.+)\)", "choice"),
        (r"argument (.+): not allowed with argument (.+)", "together"),
    )

    def __init__(self, *arguments, say, **options):
        super().__init__(*arguments, add_help=False, **options)
        self.say = say
        self._positionals.title, self._optionals.title = say("command.arguments"), say("command.options")
        self.add_argument("-h", "--help", action="help", help=say("command.help_help"))

    def error(self, message: str):
        for pattern, key in self.REFUSALS:
            if found := re.fullmatch(pattern, message):
                told = {f"what{place}": text for place, text in enumerate(found.groups(), 1)}
                message = self.say(f"command.refusal.{key}", **told)
                break
        self.exit(2, f"{message}\n{self.say('command.see_help', program=self.prog)}\n")


def _parser(say) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--database", metavar="PATH", help=say("command.database_help"))
    common.add_argument("--language", choices=("en", "zh"), help=say("command.language_help"))
    parser = _Parser(prog="python -m crm_core", description=say("command.description"), say=say)
    commands = parser.add_subparsers(
        required=True, parser_class=_Parser,
        metavar="import|watch|clean|segments|predict|grade|texts|undo|doctor|salesforce")

    def command(name: str, work) -> _Parser:
        made = commands.add_parser(name, parents=[common], help=say(f"command.{name}_help"), say=say)
        made.set_defaults(work=work)
        return made

    bring = command("import", bring_in)
    bring.add_argument("file", metavar="FILE", help=say("command.file_help"))
    bring.add_argument("--dry-run", action="store_true", help=say("command.dry_run_help"))
    bring.add_argument("--mapping", metavar="NAME", help=say("command.mapping_help"))
    bring.add_argument("--kind", choices=tuple(data_entry.KINDS), help=say("command.kind_help"))
    bring.add_argument("--sheet", metavar="NAME", help=say("command.sheet_help"))
    bring.add_argument("--member", metavar="NAME", help=say("command.member_help"))
    bring.add_argument("--header-line", type=int, metavar="N", help=say("command.header_line_help"))
    bring.add_argument("--encoding", help=say("command.encoding_help"))
    bring.add_argument("--delimiter", help=say("command.delimiter_help"))
    bring.add_argument("--date-order", choices=ORDERS, help=say("command.date_order_help"))
    bring.add_argument("--map", action="append", default=[], metavar="HEADER=MEANING", help=say("command.map_help"))
    bring.add_argument("--rejects", metavar="OUT.csv", help=say("command.rejects_help"))
    _ask_about_demo(bring, say)

    look_out = command("watch", watch)
    look_out.add_argument("folder", metavar="FOLDER", help=say("command.folder_help"))
    how_often = look_out.add_mutually_exclusive_group()
    how_often.add_argument("--every", type=float, default=60, metavar="SECONDS", help=say("command.every_help"))
    how_often.add_argument("--once", action="store_true", help=say("command.once_help"))
    look_out.add_argument("--mapping", metavar="NAME", help=say("command.mapping_help"))
    _ask_about_demo(look_out, say)

    cleaning_command.add_command(
        commands, common, say, lambda chosen: open_store(_there(_database(chosen)), clock=_now))
    segments_command.add_command(
        commands, common, say, lambda chosen: open_store(_there(_database(chosen)), clock=_now))
    predict_command.add_commands(
        commands, common, say, lambda chosen: open_store(_there(_database(chosen)), clock=_now))
    texts_command.add_commands(
        commands, common, say, lambda chosen: open_store(_there(_database(chosen)), clock=_now))
    series_command.add_command(
        commands, common, say, lambda chosen: open_store(_there(_database(chosen)), clock=_now))
    command("undo", undo).add_argument("number", type=int, metavar="NUMBER", help=say("command.number_help"))
    command("doctor", doctor)
    salesforce_command.add_commands(
        commands, common, say, lambda chosen: open_store(_database(chosen), clock=_now), _now)
    return parser


def _ask_about_demo(parser: argparse.ArgumentParser, say) -> None:
    demo = parser.add_mutually_exclusive_group()
    demo.add_argument("--beside-demo", action="store_true", help=say("command.beside_demo_help"))
    demo.add_argument("--remove-demo", action="store_true", help=say("command.remove_demo_help"))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _database(chosen) -> Path:
    return Path(chosen.database or os.environ.get("CRM_DATABASE") or PROJECT / "data" / "workbench.duckdb")


def _there(path: Path) -> Path:
    if not path.exists():
        raise FileNotFound(name=str(path))
    return path


# --- import -------------------------------------------------------------------------------------


def bring_in(chosen, say) -> int:
    path = _database(chosen)
    if chosen.rejects and (Path(chosen.rejects).exists() or not Path(chosen.rejects).absolute().parent.is_dir()):
        raise FileNotWritable(path=chosen.rejects)
    # A database that is there is opened first, so that nobody waits for a long file to learn that it is in use;
    # one that is not there is made only once there is something to put into it.
    store = open_store(path, clock=_now) if path.exists() else None
    try:
        demo = store.frame("demo_batch") if store else []
        if len(demo) and not (chosen.beside_demo or chosen.remove_demo):
            raise DemoPresent(customers=int(demo["customers"][0]))
        file = Path(chosen.file)
        before = data_entry.stamp(file) if file.is_file() else None
        kept = data_entry.kept_mappings(store.frame("kept_mappings")) if store else []
        said = {name: getattr(chosen, name) for name in data_entry.READ_OPTIONS}
        said["date_order"] = ORDERS.get(chosen.date_order)
        with data_entry.understood(
            file, kept, chosen.mapping, said, _told(chosen.map), chosen.kind, progress=_bar(say, 0, 40)
        ) as understood:
            reading = understood.reading
            _show_reading(understood, say)
            try:
                checked = data_entry.check(
                    reading, understood.mapping, understood.date_order, at=_now(), progress=_bar(say, 40, 80)
                )
            except NothingToImport as error:
                _write_rejects(data_entry.all_rejects(error), chosen.rejects, say)
                raise
            _show_checked(checked, say)
            _write_rejects(checked.rejects if chosen.rejects else None, chosen.rejects, say)
            # A dry run leaves nothing behind, not even an empty database.
            store = store or open_store(reading.folder / "empty.duckdb" if chosen.dry_run else path, clock=_now)
            if len(demo) and chosen.remove_demo and not chosen.dry_run:
                print(say("command.demo_removed", number=store.withdraw(int(demo["number"][0]))))
            open_batch = store.rehearsal if chosen.dry_run else store.batch
            with open_batch("import", reading.name) as batch:
                loaded = data_entry.load(batch, checked, progress=_bar(say, 80, 100))
                data_entry.unchanged(file, before)
            _show_loaded(loaded, reading.name, batch.number, chosen.dry_run, say)
            store.close()
    finally:
        if store:
            store.close()
    return 0


def _told(maps: list[str]) -> dict[str, str | None]:
    """`Betrag=orders.amount` as {"Betrag": "orders.amount"}; `Betrag=` leaves the column out."""
    return {header.strip(): meaning.strip() or None for header, _, meaning in (told.rpartition("=") for told in maps)}


def _bar(say, low: int, high: int):
    if not sys.stderr.isatty():
        return None

    def show(share: float) -> None:
        print("\r" + say("command.progress", share=int(low + (high - low) * share)), end="\r", file=sys.stderr)

    return show


def _show_reading(understood, say) -> None:
    reading = understood.reading
    print(say("command.read", name=reading.name, rows=reading.rows + reading.ragged))
    for what in told_of_reading(say.language, reading):
        print(say("command.detail", what=what))
    for note, facts in reading.notes:
        print(say("command.detail", what=say(f"importing.note.{note}", **facts)))
    if understood.kept:
        print(say("command.kept", name=understood.kept.name))
    for header, meaning in understood.mapping.columns.items():
        if meaning:
            print(say("command.column", header=header, meaning=meaning))
        else:
            print(say("command.column_left_out", header=header))


def _show_checked(checked, say) -> None:
    print(say("command.checked", good=checked.good, rejected=checked.rejected))
    for reason, count in sorted(checked.reasons.items(), key=lambda entry: -entry[1]):
        print(say("command.rejected", count=count, reason=reject_sentence(say.language, reason)))


def _write_rejects(rejects, path: str | None, say) -> None:
    if path:
        data_entry.write_rejects(rejects, Path(path), say.language)
        print(say("command.rejects_written", path=path))


def _show_loaded(loaded, name: str, number: int, dry_run: bool, say) -> None:
    if loaded.changes_nothing:
        print(say("command.nothing_taken" if loaded.nothing_fits else "command.nothing_new", name=name))
    else:
        print(say("command.would") if dry_run else say("command.done", number=number))
    for table, counts in loaded.tables.items():
        print(say("command.table", table=say(f"table.{table}"), **counts))
    if loaded.conflict_count:
        print(say("command.conflicts", count=loaded.conflict_count))
        reasons = sorted({conflict["reason"] for conflict in loaded.conflicts})
        print("\n".join(f"  {reject_sentence(say.language, reason)}" for reason in reasons))
    if loaded.merged_earlier:
        print(say("merging.imported_earlier", count=loaded.merged_earlier))
    if loaded.without_customer:
        print(say("command.without_customer", count=loaded.without_customer))
    if loaded.amounts_kept:
        print(say("command.amounts_kept", count=loaded.amounts_kept))


# --- watch --------------------------------------------------------------------------------------


def watch(chosen, say) -> int:
    """Import what comes into a folder. The database is open only while there is something to import."""
    watching = Watch(chosen.folder, _now, chosen.mapping, say.language, beside_demo=chosen.beside_demo)
    watching.look()
    if not chosen.once:
        print(say("command.watching", folder=chosen.folder, seconds=chosen.every), flush=True)
    try:
        while True:
            time.sleep(SETTLES_S if chosen.once else max(chosen.every, 0.1))
            results = _take_all(watching, watching.look(), chosen, say)
            if chosen.once:
                return 1 if any(result.outcome in ("refused", "waiting", "failed") for result in results) else 0
    except KeyboardInterrupt:
        print(say("command.watched"))
        return 0


def _take_all(watching: Watch, names: list[str], chosen, say) -> list[Result]:
    if not names:
        return []
    try:
        store = open_store(_database(chosen), clock=_now)
    except DatabaseInUse as error:
        if chosen.once:
            raise
        results = [watching.waits(name, error) for name in names]
        if any(results):  # said once, then tried again at each look
            print(error_sentence(say.language, error), file=sys.stderr)
            print(say("command.watch_in_use", folder=chosen.folder), file=sys.stderr, flush=True)
        return []
    try:
        demo = store.frame("demo_batch")
        if len(demo) and chosen.remove_demo:
            print(say("command.demo_removed", number=store.withdraw(int(demo["number"][0]))))
        results = []
        for name in names:
            if result := watching.take(store, name):
                results.append(result)
                where = sys.stdout if result.outcome in ("imported", "nothing_new") else sys.stderr
                print(told_of_result(say.language, result), file=where, flush=True)
        return results
    finally:
        store.close()


# --- undo ---------------------------------------------------------------------------------------


def undo(chosen, say) -> int:
    store = open_store(_there(_database(chosen)), clock=_now)
    try:
        by = store.undo(chosen.number)
    finally:
        store.close()
    print(say("command.undone", number=str(chosen.number), by=str(by)))
    return 0


# --- doctor -------------------------------------------------------------------------------------


def doctor(chosen, say) -> int:
    """Open (which compares the ledger), count, and look for what the checks of a batch should have refused."""
    path = _there(_database(chosen))
    store = open_store(path, clock=_now)
    try:
        with store.cursor() as cursor:
            for name in TABLES:
                live, deleted = cursor.execute(
                    f"SELECT count(*) FILTER (WHERE deleted_at IS NULL), count(deleted_at) FROM {name}"
                ).fetchone()
                print(say("command.rows", table=say(f"table.{name}"), live=live, deleted=deleted))
        problems = find_problems(store)
        batches = store.revision()
    finally:
        store.close()
    for problem, facts in problems:
        named = {fact: say(f"table.{value}") if fact in ("table", "parent") else value for fact, value in facts.items()}
        print("  " + say(f"command.problem.{problem}", **named))
    if problems:
        print(say("command.unhealthy", path=str(path), problems=len(problems)), file=sys.stderr)
        return 1
    print(say("command.healthy", path=str(path), batches=batches))
    return 0


# --- words --------------------------------------------------------------------------------------


def _saying(language: str):
    """A function from a key and its blanks to the sentence in a language."""

    def say(key: str, **blanks) -> str:
        return sentence(language, key, **blanks)

    say.language = language
    return say


def _language(arguments: list[str]) -> str:
    """As --language says, else as the shell's own language is."""
    for position, argument in enumerate(arguments):
        told = (
            argument.removeprefix("--language=")
            if argument.startswith("--language=")
            else (arguments[position + 1] if argument == "--language" and position + 1 < len(arguments) else None)
        )
        if told in ("en", "zh"):
            return told
    shell = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if shell.lower().startswith("zh") else "en"


if __name__ == "__main__":
    sys.exit(main())
