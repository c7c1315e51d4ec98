"""Frozen scores and their grades in sentences, for the page and the shell. `say` says a sentence of a language."""

from crm_core.purchase_prediction.grading import Grade
from crm_core.purchase_prediction.measures import FOR_AMOUNTS
from crm_core.purchase_prediction.scoring import ScoredAnew
from crm_core.purchase_prediction.target import Target
from crm_core.sentences import has

MEASURES = {"yes_no": ("auc", "brier", "ece"), "amount": ("mae", "spearman", "total_error")}
MOST_NAMED = 4


def target_words(target: Target, say) -> str:
    """buys in the next 90 days | Churn: yes"""
    if target.kind != "column":
        return say(f"target.{target.kind}{'_active' if target.active_days else ''}", days=target.horizon_days,
                   active=target.active_days)
    column = target.column.partition(":")[2] or feature_name(target.column, say)
    if target.campaign_id is not None:
        return say("ledger.campaign", number=str(target.campaign_id))
    if target.column_kind == "number":
        return say("target.amount_of", column=column)
    return say("target.is", column=column, value=target.value or say("form.yes"))


def feature_name(name: str, say) -> str:
    """recency_days → Days since last order | extra:Income → Income"""
    if has(f"feature.{name}"):
        return say(f"feature.{name}")
    return name.partition(":")[2] or name


def grade_words(found: Grade, say) -> list[str]:
    """How it did, whom it could not be graded for, whether to learn anew."""
    return [*headline_words(found, say), *measure_words(found, say), *left_words(found, say), *reason_words(found, say)]


def headline_words(found: Grade, say) -> list[str]:
    """How long it still waits, or how many came of those who were expected, and the verdict."""
    run, lines = found.run, []
    if found.days_missing:
        lines.append(say("grading.waiting", days=found.days_missing, due=found.due))
    if len(found.rows):
        counted = "amount" if run.answer == "amount" else {
            "leaves": "leaves", "column": "column"}.get(run.choice.target.kind, "buys")
        numbers = ((found.expected, found.actual) if run.answer == "amount"
                   else (round(found.expected), round(found.actual)))
        lines.append(say(f"grading.{'so_far' if found.days_missing else 'total'}_{counted}", expected=numbers[0],
                         actual=numbers[1], customers=len(found.rows)))
    elif found.run.horizon_days == 0:
        lines.append(say("grading.nobody_answered"))
    if found.verdict:
        lines.append(say(f"grading.verdict.{found.verdict}"))
    if run.rehearsal:
        lines.append(say("grading.rehearsal"))
    return lines


def measure_words(found: Grade, say) -> list[str]:
    """AUC: promised .81, came .79; the plain rule .74"""
    if not found.verdict:
        return []
    rows = found.compared[found.compared.measure.isin(MEASURES[found.run.answer])].to_dict("records")
    return [say("grading.measure" if _known(row["rule"]) else "grading.measure_alone",
                measure=measure_name(row["measure"], say), promised=written(row["measure"], row["promised"]),
                came=written(row["measure"], row["came"]), rule=written(row["measure"], row["rule"]))
            for row in rows if _known(row["promised"]) and _known(row["came"])]


def left_words(found: Grade, say) -> list[str]:
    """Whom it could not be graded for."""
    return [say(f"grading.{key}", count=count) for count, key in (
        (found.merged, "merged"), (found.gone, "gone"), (found.waiting, "unanswered")) if count]


def reason_words(found: Grade, say) -> list[str]:
    """Why to learn anew; that nothing asks for it, where it is graded."""
    lines = []
    for reason, facts in found.retrain:
        facts = dict(facts)
        if "measure" in facts:
            for name in ("promised", "came", "rule"):
                if name in facts:
                    facts[name] = written(facts["measure"], facts[name])
            facts["measure"] = measure_name(facts["measure"], say)
        if reason == "total" and found.run.answer != "amount":
            facts = {name: round(value) for name, value in facts.items()}
        if "features" in facts:
            facts["features"] = say("batch.comma").join(
                feature_name(name, say) for name in facts["features"][:MOST_NAMED])
        lines.append(say(f"grading.reason.{reason}" + ("_surely" if facts.pop("sure", False) else ""), **facts))
    if found.graded and not found.urgent and found.verdict != "too_few":
        lines.append(say("grading.no_reason"))
    return lines


def unseen_words(anew: ScoredAnew, say) -> list[str]:
    """Values that a kept model never saw, and how far today's customers are from those it learned of."""
    lines = [say("ledger.unseen", feature=feature_name(row["feature"], say), value=row["value"],
                 customers=row["customers"]) for row in anew.unseen.to_dict("records")]
    shifted = anew.drifted[anew.drifted.level != "same"]
    return lines + [say(f"ledger.drift_{row['level']}", feature=feature_name(row["feature"], say),
                        index=f"{row['index']:.2f}") for row in shifted.to_dict("records")]


def measure_name(measure: str, say) -> str:
    return say(f"grading.name.{measure}" if measure in FOR_AMOUNTS else f"measure.{measure}")


def written(measure: str, value) -> str:
    """A measure as its readers write it: .812 of an AUC, 5.50 of money."""
    if not _known(value):
        return "–"
    return f"{value:,.2f}" if measure in ("mae", "rmse") else f"{value:.3f}" if measure != "lift10" else f"{value:.2f}"


def _known(value) -> bool:
    return value is not None and value == value
