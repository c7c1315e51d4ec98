"""Predictions from a shell or a scheduler: scored, frozen under a name, graded once the horizon has passed.

python -m crm_core predict --target buys --horizon-days 90 --name "March"
python -m crm_core predict --model March --output scores.csv
python -m crm_core grade March
python -m crm_core grade --all
"""
import argparse
import shlex
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from crm_core import forecast_command, saved
from crm_core.errors import (
    CrmError,
    FeatureUnknown,
    FileNotFound,
    FileNotWritable,
    NoOrdersYet,
    RunUnknown,
    TargetUnknown,
    TooLittleEvidence,
)
from crm_core.harmless import no_formula
from crm_core.purchase_prediction import grading, ledger
from crm_core.purchase_prediction.choice import Choice
from crm_core.purchase_prediction.target import USUALLY_ACTIVE_DAYS, Target
from crm_core.purchase_prediction.telling import (
    MEASURES,
    feature_name,
    grade_words,
    measure_name,
    target_words,
    unseen_words,
    written,
)
from crm_core.sentences import error_sentence, has
from crm_core.time_series import frozen
from crm_core.with_book import with_book

# Of these tables a prediction reads: a state of them is what is frozen.
READ = ("customers", "orders", "order_lines", "products", "communications", "service_requests", "campaigns",
        "campaign_members")
KINDS = ("buys", "spends", "leaves")


def add_commands(commands, common, say, opened) -> None:
    """The commands `predict` and `grade`. `opened(chosen)` opens the book."""
    predict = commands.add_parser("predict", parents=[common], help=say("predict_command.help"), say=say)
    predict.add_argument("--target", metavar="WHAT", type=_target, help=say("predict_command.target_help"))
    predict.add_argument("--horizon-days", metavar="N", type=_days, default=90,
                         help=say("predict_command.horizon_help"))
    predict.add_argument("--as-of", metavar="DAY", type=date.fromisoformat, help=say("predict_command.as_of_help"))
    predict.add_argument("--exclude", metavar="FEATURE", action="append", default=[],
                         help=say("predict_command.exclude_help"))
    predict.add_argument("--name", help=say("predict_command.name_help"))
    predict.add_argument("--model", metavar="FILE|RUN", help=say("predict_command.model_help"))
    predict.add_argument("--output", metavar="OUT.csv", help=say("predict_command.output_help"))
    predict.add_argument("--save-model", metavar="OUT.model", help=say("predict_command.save_model_help"))
    predict.add_argument("--dry-run", action="store_true", help=say("predict_command.dry_run_help"))
    predict.set_defaults(work=lambda chosen, say: with_book(opened, _predict, chosen, say))
    grade = commands.add_parser("grade", parents=[common], help=say("predict_command.grade_help"), say=say)
    which = grade.add_mutually_exclusive_group()
    which.add_argument("run", metavar="RUN", nargs="?", help=say("predict_command.run_help"))
    which.add_argument("--all", action="store_true", help=say("predict_command.all_help"))
    grade.set_defaults(work=lambda chosen, say: with_book(opened, _grade, chosen, say))


def _target(text: str) -> str:
    if text not in KINDS and not text.removeprefix("column:") != text:
        raise argparse.ArgumentTypeError(text)
    return text


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 3650:
        raise argparse.ArgumentTypeError(text)
    return days


# --- predict --------------------------------------------------------------------------------------


def _predict(book, chosen, say) -> int:
    for path in filter(None, (chosen.output, chosen.save_model)):
        if Path(path).exists() or not Path(path).absolute().parent.is_dir():
            raise FileNotWritable(path=path)
    with book.look() as look:
        # A table without orders is asked about today.
        today = book.clock().date()
        as_of = chosen.as_of or grading.last_whole_day(look, today) or today
        found = _by_model(look, chosen, as_of, say) if chosen.model else _learned(look, chosen, as_of, say)
    revision = book.revision(*READ)
    name = chosen.name or say("ledger.name", target=target_words(found.choice.target, say), as_of=str(found.as_of))
    if chosen.dry_run:
        print(say("predict_command.dry_run"))
    else:
        _freeze(book, found, name, revision, say)
    if chosen.output:
        _write(book, found.scores, Path(chosen.output), say)
    if chosen.save_model:
        with book.look() as look:
            _write_bytes(saved.pack(found.parts, ledger.about_of(found, name), saved.secret_of(look)),
                         Path(chosen.save_model), say)
    return 0


def _learned(look, chosen, as_of: date, say) -> ledger.Scored:
    from crm_core.purchase_prediction import examples, history, offered, predict, proposed, split

    target = _asked_target(look, chosen, as_of)
    features = proposed(offered(look, target, as_of))
    excluded = _excluded(chosen.exclude, features)
    dates = first = None
    if target.dated:
        first = history(look, as_of).first
        if first is None:
            raise NoOrdersYet(as_of=as_of)
        dates = split(first, as_of, target.horizon_days)
    found = examples(look, target, dates, features, as_of=as_of)
    evidence = _evidence(found, tuple(name for name in features if name not in excluded), first, say)
    _tell_leaks(found, excluded, say)
    choice = Choice(target=target, features=features, excluded=excluded)
    choice = replace(choice, models=evidence.models(choice.models))
    if target.answer == "amount":
        from crm_core.purchase_prediction.spend import predict_spend

        answer = predict_spend(found, choice)
    else:
        answer = predict(found, choice)
    known = found.rows[found.rows.part != "score"]
    print(say("predict_command.learned", target=target_words(target, say), as_of=str(as_of),
              count=len(answer.scores), examples=len(known), share=float((known.outcome > 0).mean())))
    for row in answer.tried.to_dict("records"):
        print(say("predict_command.model_used" if row["model"] == answer.chosen else "predict_command.model",
                  model=say(f"model.{row['model']}"), measures=_measures(row, target.answer, say)))
    for key, facts in answer.warnings:
        if has(f"prediction_warning.{key}"):
            named = facts | {"feature": feature_name(facts["feature"], say)} if "feature" in facts else facts
            print("  " + say(f"prediction_warning.{key}", **named))
    return ledger.scored(answer, as_of)


def _excluded(asked: list[str], features: tuple[str, ...]) -> tuple[str, ...]:
    """Features that are not learned from, by their name or the header they came under. Raises FeatureUnknown."""
    by_name = {name.partition(":")[2] or name: name for name in features} | {name: name for name in features}
    for name in asked:
        if name not in by_name:
            raise FeatureUnknown(feature=name, known=", ".join(name.partition(":")[2] or name for name in features))
    return tuple(dict.fromkeys(by_name[name] for name in asked))


def _evidence(found, features: tuple[str, ...], first: date | None, say):
    """What there is to learn from; why it is little, and what is needed, is told. Raises TooLittleEvidence."""
    from crm_core.purchase_prediction import gate

    evidence = gate(found, features, first)
    too_little = evidence.verdict == "too_little"
    for key, facts in (*((f"why_{key}", facts) for key, facts in evidence.reasons),
                       *((f"need_{key}", facts) for key, facts in evidence.needs)):
        print(say(f"gate.{key}", **facts), file=sys.stderr if too_little else sys.stdout)
    if too_little:
        raise TooLittleEvidence()
    return evidence


def _tell_leaks(found, excluded: tuple[str, ...], say) -> None:
    """What surely gives the answer away, before anything is learned from it."""
    from crm_core.purchase_prediction.leakage import find_leaks

    sure = [leak.column for leak in find_leaks(found) if leak.sure and leak.column and leak.column not in excluded]
    if sure:
        print(say("predict_command.leaks", count=len(sure),
                  names=say("batch.comma").join(feature_name(name, say) for name in sure),
                  options=" ".join(f"--exclude {shlex.quote(name.partition(':')[2] or name)}" for name in sure)))


def _asked_target(look, chosen, as_of: date) -> Target:
    """The target in words of the shell; a column by its header or as features name it. Raises TargetUnknown."""
    from crm_core.purchase_prediction import answerable, target_of

    asked = chosen.target or "buys"
    if not asked.startswith("column:"):
        return Target(asked, horizon_days=chosen.horizon_days,
                      active_days=USUALLY_ACTIVE_DAYS if asked == "leaves" else 0)
    column = asked.removeprefix("column:")
    for one in answerable(look, as_of):
        if column in (one.column, one.label):
            return target_of(one)
    raise TargetUnknown(column=column)


def _by_model(look, chosen, as_of: date, say) -> ledger.Scored:
    """Scores by a kept model: of a file, or of the run of that name or number."""
    from crm_core.purchase_prediction import scoring

    path = Path(chosen.model)
    if path.is_file():
        kept = saved.unpack(path.read_bytes(), saved.secret_of(look))
    elif path.suffix == ".model":
        raise FileNotFound(name=chosen.model)
    else:
        kept = ledger.model_of(look, _run_named(look, chosen.model).id)
    anew = scoring.score_again(look, kept, as_of)
    print(say("predict_command.scored", target=target_words(anew.scored.choice.target, say), as_of=str(as_of),
              count=len(anew.scored.scores), model=say(f"model.{kept.about['figures']['model']}"),
              learned=kept.about["figures"]["learned_on"]))
    for line in unseen_words(anew, say):
        print("  " + line)
    return anew.scored


def _freeze(book, found, name: str, revision: int, say) -> None:
    with book.look() as look:
        there = ledger.frozen_already(look, found, revision)
    if there:
        print(say("predict_command.frozen_already", number=str(there), name=_name_of(book, there)))
        return
    with book.batch("freeze", name) as batch:
        run = ledger.freeze(batch, found, name, revision)
    key = "predict_command.frozen" if found.horizon_days else "predict_command.frozen_column"
    with book.look() as look:
        due = grading.due_day(ledger.read_run(look, run))
    print(say(key, number=str(run), name=name, change=str(batch.number), due=str(due), count=len(found.scores)))


def _name_of(book, run_id: int) -> str:
    return book.record("runs", run_id)["name"]


def _write(book, scores, path: Path, say) -> None:
    with book.look() as look:
        look.stage("scored", scores[["customer_id"]])
        people = look.execute("SELECT id AS customer_id, customer_no FROM customers "
                              "SEMI JOIN (SELECT customer_id AS id FROM scored) s USING (id)").df()
    rows = scores.merge(people, on="customer_id", how="left")
    names = [name for name in ("customer_id", "customer_no", "score", "low", "high", "rule") if name in rows]
    rows = rows[names].assign(customer_no=rows.customer_no.map(no_formula))
    try:
        rows.to_csv(path, index=False, encoding="utf-8-sig")
    except OSError as error:
        raise FileNotWritable(path=str(path)) from error
    print(say("predict_command.written", count=len(rows), path=str(path)))


def _write_bytes(data: bytes, path: Path, say) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise FileNotWritable(path=str(path)) from error
    print(say("predict_command.model_written", path=str(path)))


# --- grade ----------------------------------------------------------------------------------------


def _grade(book, chosen, say) -> int:
    """0 where all that were asked for were graded or looked at, 1 where one could not be."""
    with book.look() as look:
        forecasts = frozen.frozen_runs(look)
        runs = ledger.frozen_runs(look)
        if chosen.run:  # scores and forecasts may be called alike: then both are told
            known = [run.name for run in (*runs, *forecasts)]
            runs, forecasts = _named(runs, chosen.run)[:1], _named(forecasts, chosen.run)[:1]
            if not runs and not forecasts:
                raise RunUnknown(name=chosen.run, known=_listed(known))
        as_of = grading.last_whole_day(look, book.clock().date())
    if not runs and not forecasts:
        print(say("predict_command.none"))
        return 0
    refused = 0
    for run in runs:
        try:
            with book.look() as look:
                found = grading.grade(look, run.id, as_of or run.as_of)
        except CrmError as error:
            refused += 1
            print(say("predict_command.skipped", name=run.name, sentence=error_sentence(say.language, error)))
            continue
        _tell(found, say)
    for run in forecasts:
        try:
            with book.look() as look:
                forecast_command.tell_grade(look, run, book.clock(), say)
        except CrmError as error:
            refused += 1
            print(say("predict_command.skipped", name=run.name, sentence=error_sentence(say.language, error)))
    return 1 if refused else 0


def _tell(found: grading.Grade, say) -> None:
    run = found.run
    print(say("predict_command.run", number=str(run.id), name=run.name, as_of=str(run.as_of),
              target=target_words(run.choice.target, say), count=found.frozen))
    for line in grade_words(found, say):
        print("  " + line)


def _measures(row: dict, answer: str, say) -> str:
    return say("batch.comma").join(
        say("predict_command.measure", measure=measure_name(name, say), value=written(name, row[name]))
        for name in MEASURES[answer] if row.get(name) is not None)


def _run_named(look, name: str) -> ledger.Frozen:
    """The frozen run of a name, the newest of several, or that of that number. Raises RunUnknown."""
    runs = ledger.frozen_runs(look)
    found = _named(runs, name)
    if not found:
        raise RunUnknown(name=name, known=_listed([run.name for run in runs]))
    return found[0]


def _named(runs: list, name: str) -> list:
    """The runs of a name, the newest first, or that of that number where none is called so."""
    found = [run for run in runs if run.name.casefold() == name.strip().casefold()]
    return found or [run for run in runs if name.isdigit() and run.id == int(name)]


def _listed(names: list[str]) -> str:
    return ", ".join(list(dict.fromkeys(names))[:8]) or "–"
