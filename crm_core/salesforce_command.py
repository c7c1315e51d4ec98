"""Salesforce from a shell or a scheduler: pull what is new, see what would go back, send it.

python -m crm_core salesforce pull --objects Account Contact --dry-run
python -m crm_core salesforce push --yes
"""
import os
import sys
from pathlib import Path

from crm_core.data_entry.connectors import pulling, pushing
from crm_core.data_entry.connectors.credentials import salesforce_credentials
from crm_core.data_entry.connectors.salesforce import Salesforce
from crm_core.errors import ChangedMeanwhile, DemoPresent
from crm_core.sentences import has, reject_sentence

SECRETS = Path(__file__).parent.parent / ".streamlit" / "secrets.toml"
FIRST_OBJECTS = ("Account", "Contact", "Lead")
WENT_WRONG = ("failed", "moved", "unknown")


def add_commands(commands, common, say, opened, clock) -> None:
    """The command `salesforce` with its two parts. `opened(chosen)` opens the book, `clock()` is the present time."""
    parser = commands.add_parser("salesforce", help=say("salesforce_command.help"), say=say)
    parts = parser.add_subparsers(required=True, metavar="pull|push")
    bring = parts.add_parser("pull", parents=[common], say=say,
                            help=say("salesforce_command.pull_help"))
    bring.add_argument("--objects", nargs="+", metavar="OBJECT", help=say("salesforce_command.objects_help"))
    bring.add_argument("--everything", action="store_true", help=say("salesforce_command.everything_help"))
    bring.add_argument("--dry-run", action="store_true", help=say("command.dry_run_help"))
    bring.add_argument("--beside-demo", action="store_true", help=say("command.beside_demo_help"))
    bring.set_defaults(work=lambda chosen, say: pull(chosen, say, opened, clock))

    give = parts.add_parser("push", parents=[common], say=say,
                            help=say("salesforce_command.push_help"))
    give.add_argument("--objects", nargs="+", metavar="OBJECT", default=(), help=say("salesforce_command.objects_help"))
    really = give.add_mutually_exclusive_group()
    really.add_argument("--dry-run", action="store_true", help=say("command.dry_run_help"))
    really.add_argument("--yes", action="store_true", help=say("salesforce_command.yes_help"))
    give.add_argument("--create", action="store_true", help=say("salesforce_command.create_help"))
    give.add_argument("--delete", action="store_true", help=say("salesforce_command.delete_help"))
    give.set_defaults(work=lambda chosen, say: push(chosen, say, opened))


def _connector() -> Salesforce:
    return Salesforce(salesforce_credentials(os.environ, SECRETS))


def pull(chosen, say, opened, clock) -> int:
    connector = _connector()  # what is missing is said before a database is opened
    book = opened(chosen)
    pulled = []
    try:
        demo = book.frame("demo_batch")
        if len(demo) and not chosen.beside_demo:
            raise DemoPresent(customers=int(demo["customers"][0]))
        connection, organisation = pulling.connection_key(connector)
        names = chosen.objects or list(pulling.remembered(book, connection)) or FIRST_OBJECTS
        print(say("salesforce_command.connected", name=organisation))
        pulled = pulling.fetch_all(connector, connection, book, names, whole=chosen.everything)
        open_batch = book.rehearsal if chosen.dry_run else book.batch
        for attempt in (1, 2, 3):
            looked = [pulling.look(book, one, at=clock()) for one in pulled]
            try:
                with open_batch("pull", ", ".join(one.object.label for one in pulled)) as batch:
                    applied = [pulling.apply(batch, one) for one in looked]
                break
            except ChangedMeanwhile:  # somebody edited here meanwhile: compare again
                if attempt == 3:
                    raise
        written = bool(batch.rows) and not chosen.dry_run
        print(say("command.would") if chosen.dry_run else say("salesforce_command.pulled", number=str(batch.number))
              if written else say("salesforce_command.nothing_new"))
        for one, done in zip(looked, applied, strict=True):
            _show_pull(one, done, say)
    finally:
        for one in pulled:
            one.reading.close()
        book.close()
    return 0


def _show_pull(looked, applied, say) -> None:
    prepared = looked.prepared
    print(say("salesforce_command.object", object=prepared.pulled.object.label, **applied.counts))
    for what, count in (("kept", prepared.kept), ("conflicts", len(prepared.conflicts)),
                        ("removed_here", prepared.removed_here), ("left_out", applied.left_out)):
        if count:
            print(say(f"salesforce_command.{what}", count=count))
    if prepared.pulled.object.left_out:
        print(say("salesforce_command.fields_left_out", fields=", ".join(prepared.pulled.object.left_out)))
    if looked.rejected:
        for row in looked.rejects.head(20).itertuples(index=False):
            print(say("salesforce_command.reject", record=row.record, column=row.column or "",
                      reason=reject_sentence(say.language, row.reason), value=row.value or ""))


def push(chosen, say, opened) -> int:
    connector = _connector()
    book = opened(chosen)
    try:
        connection, organisation = pulling.connection_key(connector)
        print(say("salesforce_command.connected", name=organisation))
        compared = pushing.compare(book, connector, connection, chosen.objects)
        wanted = [one for one in compared.differences
                  if one.action == "update" or (one.action == "create" and chosen.create)
                  or (one.action == "delete" and chosen.delete)]
        _show_differences(compared, wanted, say)
        if not chosen.yes:
            print(say("salesforce_command.not_sent"))
            return 0
        sent = pushing.send(book, connector, connection, wanted, agreed=compared.agreed)
    finally:
        book.close()
    for answer in sent.answers:
        print(say("salesforce_command.answer", object=answer.change.object.label,
                  id=answer.remote_id or "", outcome=say(f"choice.outcome.{answer.outcome}"), message=answer.message))
    wrong = sum(sent.outcomes.get(outcome, 0) for outcome in WENT_WRONG)
    if wrong:
        print(say("salesforce_command.some_wrong", count=wrong), file=sys.stderr)
    return 1 if wrong else 0


def _show_differences(compared, wanted, say) -> None:
    counts = {action: sum(one.action == action for one in compared.differences)
              for action in ("update", "create", "delete")}
    counts["create"] += compared.more_creates
    print(say("salesforce_command.differences", conflicts=sum(one.conflict for one in compared.differences), **counts))
    for one in wanted:
        print(say("salesforce_command.difference", action=say(f"choice.action.{one.action}"), object=one.object.label,
                  id=one.remote_id or "", name=one.name))
        for each in one.fields:
            label = f"column.{one.table}.{each.slot}"
            print(say("salesforce_command.conflict" if each.conflict else "salesforce_command.field",
                      field=say(label) if has(label) else each.slot.removeprefix("extra."),
                      base=each.base or "", ours=each.ours or "", theirs=each.theirs or ""))
        if one.gone:
            print(say("salesforce_command.gone"))
        if one.missing:
            print(say("salesforce_command.missing", fields=", ".join(one.missing)))
