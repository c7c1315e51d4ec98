"""The same work from a shell or a scheduler: import a file, undo a change, look after the database.

python -m crm_core import orders.csv --dry-run
python -m crm_core undo 7
python -m crm_core doctor
"""

import argparse
import csv
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from crm_core import data_entry, salesforce_command
from crm_core.errors import (
    Cancelled,
    ColumnsNotMapped,
    CrmError,
    DateOrderAmbiguous,
    DemoPresent,
    FileNotFound,
    FileNotWritable,
    NothingToImport,
)
from crm_core.harmless import no_formula
from crm_core.sentences import error_sentence, reject_sentence, sentence
from crm_core.store import open_store
from crm_core.store.doctor import find_problems
from crm_core.tables import TABLES

PROJECT = Path(__file__).parent.parent
ORDERS = {"day-first": "day first", "month-first": "month first", "year-first": "year first"}


def main(arguments: list[str] | None = None) -> int:
    """0 where it was done, 1 where it was not: then one sentence on stderr says what to do."""
    arguments = sys.argv[1:] if arguments is None else arguments
    say = _saying(_language(arguments))
    chosen = _parser(say).parse_args(arguments)
    try:
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


def _parser(say) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--database", metavar="PATH", help=say("command.database_help"))
    common.add_argument("--language", choices=("en", "zh"), help=say("command.language_help"))
    parser = argparse.ArgumentParser(prog="python -m crm_core", description=say("command.description"))
    commands = parser.add_subparsers(required=True, metavar="import|undo|doctor|salesforce")

    bring = commands.add_parser("import", parents=[common], help=say("command.import_help"))
    bring.add_argument("file", metavar="FILE", help=say("command.file_help"))
    bring.add_argument("--dry-run", action="store_true", help=say("command.dry_run_help"))
    bring.add_argument("--encoding", help=say("command.encoding_help"))
    bring.add_argument("--delimiter", help=say("command.delimiter_help"))
    bring.add_argument("--date-order", choices=ORDERS, help=say("command.date_order_help"))
    bring.add_argument("--map", action="append", default=[], metavar="HEADER=MEANING", help=say("command.map_help"))
    demo = bring.add_mutually_exclusive_group()
    demo.add_argument("--beside-demo", action="store_true", help=say("command.beside_demo_help"))
    demo.add_argument("--remove-demo", action="store_true", help=say("command.remove_demo_help"))
    bring.add_argument("--rejects", metavar="OUT.csv", help=say("command.rejects_help"))
    bring.set_defaults(work=bring_in)

    take_back = commands.add_parser("undo", parents=[common], help=say("command.undo_help"))
    take_back.add_argument("number", type=int, metavar="NUMBER", help=say("command.number_help"))
    take_back.set_defaults(work=undo)

    look = commands.add_parser("doctor", parents=[common], help=say("command.doctor_help"))
    look.set_defaults(work=doctor)

    salesforce_command.add_commands(
        commands, common, say, lambda chosen: open_store(_database(chosen), clock=_now), _now)
    return parser


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
        with data_entry.read(
            chosen.file, encoding=chosen.encoding, delimiter=chosen.delimiter, progress=_bar(say, 0, 40)
        ) as reading:
            mapping = reading.mapping.told(_told(chosen.map)) if chosen.map else reading.mapping
            _show_mapping(reading, mapping, say)
            checked = data_entry.check(
                reading, mapping, date_order=ORDERS.get(chosen.date_order), at=_now(), progress=_bar(say, 40, 80)
            )
            _show_rejects(checked, chosen.rejects, say)
            # A dry run leaves nothing behind, not even an empty database.
            store = store or open_store(reading.folder / "empty.duckdb" if chosen.dry_run else path, clock=_now)
            if len(demo) and chosen.remove_demo and not chosen.dry_run:
                print(say("command.demo_removed", number=store.withdraw(int(demo["number"][0]))))
            open_batch = store.rehearsal if chosen.dry_run else store.batch
            with open_batch("import", reading.name) as batch:
                loaded = data_entry.load(batch, checked, progress=_bar(say, 80, 100))
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


def _show_mapping(reading, mapping, say) -> None:
    delimiter = say("command.tab") if reading.delimiter == "\t" else reading.delimiter
    print(
        say(
            "command.read",
            name=reading.name,
            rows=reading.rows + reading.ragged,
            encoding=reading.encoding,
            delimiter=delimiter,
        )
    )
    for header, meaning in mapping.columns.items():
        if meaning:
            print(say("command.column", header=header, meaning=meaning))
        else:
            print(say("command.column_left_out", header=header))


def _new_file(path: str):
    """A file that was not there before: the list of rejects must not be written over the file it is about."""
    try:
        return open(path, "x", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise FileNotWritable(path=path) from error


def _show_rejects(checked, path: str | None, say) -> None:
    print(say("command.checked", good=checked.good, rejected=checked.rejected))
    for reason, count in sorted(checked.reasons.items(), key=lambda entry: -entry[1]):
        print(say("command.rejected", count=count, reason=reject_sentence(say.language, reason)))
    if path:
        rejects = checked.rejects
        with _new_file(path) as file:
            writer = csv.writer(file)
            writer.writerow(["line", "column", "reason", "value", "raw"])
            for row in rejects.itertuples(index=False):
                writer.writerow(
                    [
                        row.line,
                        no_formula(row.column),
                        reject_sentence(say.language, row.reason),
                        no_formula(row.value),
                        no_formula(row.raw),
                    ]
                )
        print(say("command.rejects_written", path=path))


def _show_loaded(loaded, name: str, number: int, dry_run: bool, say) -> None:
    if loaded.changes_nothing:
        print(say("command.nothing_new", name=name))
    else:
        print(say("command.would") if dry_run else say("command.done", number=number))
    for table, counts in loaded.tables.items():
        print(say("command.table", table=say(f"table.{table}"), **counts))
    if loaded.conflict_count:
        print(say("command.conflicts", count=loaded.conflict_count))
    if loaded.amounts_kept:
        print(say("command.amounts_kept", count=loaded.amounts_kept))


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
