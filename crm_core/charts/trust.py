"""The charts of how far chances and amounts can be trusted, on customers that no model has learned from.

`tables` are rows of each model, by its name in words; `chosen` is the one that is used, `rule` the plain rule's name,
or "" where there is none. Each takes the day and `say`.
"""
import numpy as np
import pandas as pd

from crm_core.charts.chart import Chart, Mark


def roc_curves(tables: dict[str, pd.DataFrame], areas: pd.DataFrame, chosen: str, rule: str, as_of, say) -> Chart:
    """Share of yes found against share of no taken in vain; `areas`: model (in words), auc, auc_low, auc_high."""
    chance = say("chart.trust.by_chance")
    frame = _together(tables | {chance: pd.DataFrame({"false_alarms": [0.0, 1.0], "found": [0.0, 1.0]})})
    told = areas.set_index("model")
    own = told.loc[chosen]
    alt = [say("chart.trust.roc_alt", model=name, auc=f"{row.auc:.3f}") for name, row in told.iterrows()]
    return Chart(
        kind="curves", x="false_alarms", y="found", colour="model", frame=frame, emphasis=chosen,
        quiet=_quiet(chance, rule, chosen), title=say("chart.trust.roc"),
        subtitle=say("chart.trust.auc", auc=f"{own.auc:.3f}", low=f"{own.auc_low:.3f}", high=f"{own.auc_high:.3f}"),
        labels={"model": say("chart.trust.model"), "false_alarms": say("chart.trust.false_alarms"),
                "found": say("chart.trust.found"), "chance": say("chart.trust.chance")},
        units={"model": "name", "false_alarms": "share", "found": "share", "chance": "share"},
        alt=" ".join(alt), notes=(say("chart.trust.delong"), say("chart.source", as_of=as_of)))


def precision_recall_curves(tables: dict[str, pd.DataFrame], areas: pd.DataFrame, base_rate: float, chosen: str,
                            rule: str, as_of, say) -> Chart:
    """How many of those taken do it, against the share of all who do it that is found."""
    chance = say("chart.trust.by_chance")
    frame = _together(tables | {chance: pd.DataFrame({"found": [0.0, 1.0], "right": [base_rate, base_rate]})})
    told = areas.set_index("model")
    own = told.loc[chosen]
    alt = [say("chart.trust.pr_alt", model=name, area=f"{row.pr_auc:.3f}") for name, row in told.iterrows()]
    return Chart(
        kind="curves", x="found", y="right", colour="model", frame=frame, emphasis=chosen,
        quiet=_quiet(chance, rule, chosen), title=say("chart.trust.pr"),
        subtitle=say("chart.trust.pr_area", area=f"{own.pr_auc:.3f}", low=f"{own.pr_auc_low:.3f}",
                     high=f"{own.pr_auc_high:.3f}"),
        labels={"model": say("chart.trust.model"), "found": say("chart.trust.found"),
                "right": say("chart.trust.right"), "chance": say("chart.trust.chance")},
        units={"model": "name", "found": "share", "right": "share", "chance": "share"},
        alt=" ".join(alt), notes=(say("chart.source", as_of=as_of),))


def calibration_curves(tables: dict[str, pd.DataFrame], chosen: str, rule: str, as_of, say) -> Chart:
    """What came against what was said, in bins of equal count; `tables`: said, came, low, high, rows."""
    ideal = say("chart.trust.as_said")
    ends = {"said": [0.0, 1.0], "came": [0.0, 1.0]}
    frame = _together(tables | {ideal: pd.DataFrame(ends)})
    alt = [say("chart.trust.calibration_alt", said=float(row.said), came=float(row.came), rows=int(row.rows))
           for row in tables[chosen].itertuples()]
    return Chart(
        kind="points", x="said", y="came", low="low", high="high", colour="model", frame=frame, emphasis=chosen,
        quiet=_quiet(ideal, rule, chosen), title=say("chart.trust.calibration"),
        subtitle=say("chart.trust.calibration_what"),
        labels={"model": say("chart.trust.model"), "said": say("chart.trust.said"), "came": say("chart.trust.came"),
                "rows": say("chart.customers")},
        units={"model": "name", "said": "share", "came": "share", "rows": "count"},
        alt=" ".join(alt), notes=(say("chart.trust.wilson"), say("chart.source", as_of=as_of)))


def gains_curves(tables: dict[str, pd.DataFrame], chosen: str, rule: str, as_of, say) -> Chart:
    """Share of all who do it that is found among the likeliest so many; lift is told when it is pointed at."""
    chance = say("chart.trust.by_chance")
    frame = _together(tables | {chance: pd.DataFrame({"taken": [0.0, 1.0], "found": [0.0, 1.0]})})
    own = tables[chosen]
    alt = [say("chart.trust.gains_alt", taken=share, found=_at(own, share)) for share in (0.1, 0.2, 0.5)]
    return Chart(
        kind="curves", x="taken", y="found", colour="model", frame=frame, emphasis=chosen,
        quiet=_quiet(chance, rule, chosen), title=say("chart.trust.gains"), subtitle=alt[1],
        labels={"model": say("chart.trust.model"), "taken": say("chart.trust.taken"),
                "found": say("chart.trust.found"), "lift": say("chart.trust.lift")},
        units={"model": "name", "taken": "share", "found": "share", "lift": "number"},
        alt=" ".join(alt), notes=(say("chart.source", as_of=as_of),))


def profit_curve(found, contacted: int, chosen: str, rule: str, as_of, say) -> Chart:
    """What contacting so many of the judged customers would have earned; `contacted` is marked."""
    chance = say("chart.trust.at_random")
    wanted = {chosen: ["profit", "low", "high"]} | (
        {rule: ["by_rule"]} if rule and rule != chosen and found.curve.by_rule.notna().all() else {})
    rows = {name: found.curve[["contacted", "share", *columns]].rename(columns={"by_rule": "profit"})
            for name, columns in wanted.items()}
    rows[chance] = found.curve[["contacted", "share", "at_random"]].rename(columns={"at_random": "profit"}).iloc[[0, -1]]
    best = found.best
    return Chart(
        kind="curves", x="share", y="profit", low="low", high="high", colour="model", frame=_together(rows),
        emphasis=chosen, quiet=_quiet(chance, rule, chosen), title=say("chart.trust.profit"),
        subtitle=say("chart.trust.profit_what", value=found.terms.value, cost=found.terms.cost),
        labels={"model": say("chart.trust.model"), "contacted": say("chart.trust.contacted"),
                "share": say("chart.trust.contacted_share"), "profit": say("chart.trust.earned")},
        units={"model": "name", "contacted": "count", "share": "share", "profit": "money"},
        marks=(Mark(contacted / found.curve.contacted.max(), _profit_at(found.curve, contacted),
                    say("chart.trust.contacted_here", count=contacted)),),
        alt=say("chart.trust.profit_alt", best=best.contacted, earned=best.profit, everybody=found.everybody.profit),
        notes=(say("chart.trust.bootstrap"), say("chart.source", as_of=as_of)))


def amounts_by_tenth(tables: dict[str, pd.DataFrame], chosen: str, rule: str, as_of, say) -> Chart:
    """What customers spent against what was predicted, in tenths of the predicted; as `Amounts.tenths` tells."""
    ideal = say("chart.trust.as_said")
    own = tables[chosen]
    most = float(max(own.predicted.max(), own.came.max()))
    frame = _together(tables | {ideal: pd.DataFrame({"predicted": [0.0, most], "came": [0.0, most]})})
    alt = [say("chart.trust.amounts_alt", said=float(row.predicted), came=float(row.came), rows=int(row.rows))
           for row in own.itertuples()]
    return Chart(
        kind="points", x="predicted", y="came", low="low", high="high", colour="model", frame=frame, emphasis=chosen,
        quiet=_quiet(ideal, rule, chosen), title=say("chart.trust.amounts"), subtitle=say("chart.trust.amounts_what"),
        labels={"model": say("chart.trust.model"), "predicted": say("chart.trust.predicted"),
                "came": say("chart.trust.spent"), "error": say("chart.trust.error"), "rows": say("chart.customers")},
        units={"model": "name", "predicted": "money", "came": "money", "error": "money", "rows": "count"},
        alt=" ".join(alt), notes=(say("chart.source", as_of=as_of),))


def _together(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([frame.assign(model=name) for name, frame in tables.items()], ignore_index=True)


def _quiet(first: str, rule: str, chosen: str) -> tuple[str, ...]:
    return (first, rule) if rule and rule != chosen else (first,)


def _at(table: pd.DataFrame, share: float) -> float:
    """The share found at a share taken, between the places that are drawn."""
    return float(np.interp(share, table.taken, table.found))


def _profit_at(curve: pd.DataFrame, contacted: int) -> float:
    return float(np.interp(contacted, curve.contacted, curve.profit))
