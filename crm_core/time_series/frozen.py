"""Freeze a forecast with its question, day and revision, so that it can be graded when the time has come.

    runs       9 | time_series | "Q1" | as_of 2026-11-20 | revision 14 | what was asked for, what the test promised
    forecasts  run 9 | series web | period 2026-12-01 | value 3100 | low_80 … high_95 | rule 2950     a row a period

A frozen forecast is never changed. `batch` and `ask` are an open batch or look of the store.
"""
import json
from dataclasses import asdict, dataclass, fields
from datetime import date

import numpy as np
import pandas as pd

from crm_core.errors import NothingToForecast, RecordGone
from crm_core.time_series.forecasting import measures
from crm_core.time_series.outlook import LIMITS, TOTAL, Outlook
from crm_core.time_series.series import SEASONS, Asked

CONCERN = "time_series"
DAYS = ("since", "until")  # of what was asked for


@dataclass(frozen=True, eq=False)
class Frozen:
    """A run as it is read back."""

    id: int
    name: str
    as_of: date
    revision: int  # of the data that it read
    asked: Asked  # which series
    figures: dict  # see `figures_of`

    @property
    def interval(self) -> str:
        return self.asked.interval


def freeze(batch, found: Outlook, asked: Asked, model: str, name: str, revision: int, as_of: date) -> int:
    """Freeze a forecast under a name; the run's id. The same question, day and revision are frozen once.

    `model` is what was asked for: a name, or '' for the one that the test chose.
    """
    if there := frozen_already(batch, found, asked, model, revision, as_of):
        return there
    if found.values.empty:
        raise NothingToForecast(needed=1, found=0)
    run_id, = batch.add("runs", {
        "concern": CONCERN, "name": name, "as_of": as_of, "revision": revision,
        "choice": _choice(found, asked, model), "figures": json.dumps(figures_of(found), ensure_ascii=False)})
    columns = ["period", "value", *LIMITS, "rule"]
    batch.stage("freezing", found.values.assign(
        series=found.values.series.where(found.values.series != TOTAL, None).astype(object)).astype(
        dict.fromkeys(columns[1:], "float64"))[["series", *columns]])
    batch.insert("forecasts", f"SELECT CAST($run_id AS BIGINT) AS run_id, series, {', '.join(columns)} FROM freezing",
                 run_id=run_id)
    batch.execute("DROP TABLE freezing")
    return run_id


def frozen_already(ask, found: Outlook, asked: Asked, model: str, revision: int, as_of: date) -> int | None:
    """The run that holds this very forecast; None where there is none."""
    row = ask.execute(
        "SELECT id FROM runs WHERE concern = $concern AND as_of = $as_of AND choice = $choice AND revision = $revision "
        "AND deleted_at IS NULL ORDER BY id LIMIT 1", concern=CONCERN, as_of=as_of, choice=_choice(found, asked, model),
        revision=revision).fetchone()
    return row[0] if row else None


def figures_of(found: Outlook) -> dict:
    """What a run promises, as plain data: its test, and what errors are measured in."""
    tests = {}
    for name in found.names:
        history, _, tested = found.of(name)
        ours = tested[tested.model == found.chosen.get(name)]
        row = ours.iloc[0] if len(ours) else None
        values = history.value.to_numpy(float)
        tests[name] = {
            "model": found.chosen.get(name), "scale": _plain(measures.scale(values, SEASONS[found.interval])),
            "known": _plain(np.nansum(values)), "mase": _plain(row.mase) if row is not None else None,
            "rule_mase": _plain(row.rule_mase) if row is not None else None,
            "coverage_80": _plain(row.coverage_80) if row is not None else None,
            "folds": int(row.folds) if row is not None else 0}
    return {"horizon": found.horizon, "fits": found.fits, "first": str(found.values.period.min()),
            "last": str(found.values.period.max()), "known_until": str(found.history.period.max()), "tests": tests}


def frozen_runs(ask) -> list[Frozen]:
    """All runs that are not deleted, the newest day first."""
    rows = ask.execute("SELECT id, name, as_of, revision, choice, figures FROM runs WHERE concern = $concern "
                       "AND deleted_at IS NULL ORDER BY as_of DESC, id DESC", concern=CONCERN).fetchall()
    return [_read(row) for row in rows]


def read_run(ask, run_id: int) -> Frozen:
    """A run that is not deleted. Raises RecordGone."""
    row = ask.execute("SELECT id, name, as_of, revision, choice, figures FROM runs WHERE id = $id "
                      "AND concern = $concern AND deleted_at IS NULL", id=int(run_id), concern=CONCERN).fetchone()
    if not row:
        raise RecordGone(table="runs", id=int(run_id))
    return _read(row)


def frozen_values(ask, run_id: int) -> pd.DataFrame:
    """series, period, value, LIMITS, rule of a run."""
    return ask.execute(
        f"SELECT coalesce(series, '{TOTAL}') AS series, period, value, {', '.join(LIMITS)}, rule FROM forecasts "
        "WHERE run_id = $id AND deleted_at IS NULL ORDER BY id", id=int(run_id)).df()


def remove(batch, run_id: int) -> None:
    """Mark a run and its forecasts as deleted. Raises RecordGone."""
    read_run(batch, run_id)
    batch.remove("forecasts", f"SELECT id FROM forecasts WHERE run_id = {int(run_id)}")
    batch.remove("runs", [int(run_id)])


# --- inside ---------------------------------------------------------------------------------------


def _choice(found: Outlook, asked: Asked, model: str) -> str:
    return json.dumps({"asked": asdict(asked), "model": model, "horizon": found.horizon}, ensure_ascii=False,
                      default=str)


def _read(row: tuple) -> Frozen:
    number, name, as_of, revision, choice, figures = row
    told = json.loads(choice)["asked"]
    known = {field.name for field in fields(Asked)}
    asked = {key: value for key, value in told.items() if key in known}
    asked |= {key: date.fromisoformat(asked[key]) for key in DAYS if asked.get(key)}
    asked |= {key: tuple(map(tuple, value)) for key, value in asked.items() if isinstance(value, list)}
    return Frozen(number, name, as_of, revision, Asked(**asked), json.loads(figures))


def _plain(value) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None
