"""How well series are forecast: python benchmarks/forecast.py TRAIN.csv TEST.csv --season-length S [--peers]

Both files have a row a period: series_id, ds (a date or a whole number) and y. The product's own forecast, with its
defaults, sees the first file only and is held against the second: sMAPE, MASE, OWA against Naive2, and how much of what
came lay inside its intervals. `--peers` adds statsforecast's AutoETS, AutoTheta and AutoARIMA as they come, and prophet
where it is installed. Prints one JSON object as its last line.
"""
import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import warnings
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd

from benchmarks.measure import peak_mb, reset_peak, told
from crm_core.time_series.forecasting import forecast, measures

MEANINGS = ("series_id", "ds", "y")
PEERS = ("AutoETS", "AutoTheta", "AutoARIMA")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("--season-length", type=int, required=True, metavar="S")
    parser.add_argument("--models", default="", help="names with commas between; without: the product's default")
    parser.add_argument("--map", action="append", default=[], metavar="COLUMN=MEANING", help=", ".join(MEANINGS))
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--seed", type=int, default=0, help="nothing is drawn: any seed gives the same answer")
    chosen = parser.parse_args(arguments)
    return told(lambda: measure(chosen), chosen.train)


def measure(chosen) -> dict:
    if chosen.season_length < 1:
        raise ValueError("a season has one period at least (--season-length)")
    train, test = series_of(chosen.train, chosen.map), series_of(chosen.test, chosen.map)
    names = sorted(set(test.series) & set(train.series))
    if not names:
        raise ValueError(f"none of its series is in {Path(chosen.test).name}")
    train = train[train.series.isin(names)]
    came = {name: rows.value.to_numpy() for name, rows in test.groupby("series")}
    horizon = max(len(values) for values in came.values())
    known = {name: rows.value.to_numpy() for name, rows in train.groupby("series")}
    reset_peak()
    started = perf_counter()
    found = forecast(train, chosen.season_length, horizon, [name for name in chosen.models.split(",") if name] or None,
                     progress=lambda done, of: print(f"\r{done} of {of}", end="", file=sys.stderr, flush=True))
    seconds, peak = perf_counter() - started, peak_mb()
    print(file=sys.stderr)
    names = [name for name in names if name in found.chosen]
    judge = Judge([known[name] for name in names], table([came[name] for name in names], horizon), chosen.season_length)
    values = found.values.set_index(["model", "series"]).sort_index(kind="stable")
    default = next(iter(found.tests.model))
    points = {model: table([values.loc[(model, name), "value"].to_numpy() for name in names], horizon)
              for model in found.tests.model.unique()}
    believed = found.believed.groupby("series")
    answer = {"series": len(names), "left_out": len(found.left_out), "horizon": horizon, "model": default,
              "rule_chosen": sum(model != default for model in found.chosen.values()),
              **judge.of(table([believed.get_group(name).value.to_numpy() for name in names], horizon))}
    for level in (80, 95):
        low, high = (table([believed.get_group(name)[f"{side}_{level}"].to_numpy() for name in names], horizon)
                     for side in ("low", "high"))
        answer[f"coverage_{level}"] = float(np.nanmean(measures.coverage(judge.actual, low, high)))
        answer[f"width_{level}"] = float(np.nanmedian(np.nanmean(high - low, axis=1) / judge.scale))
    answer["models"] = {model: judge.of(told) for model, told in points.items()} | {"naive2": judge.of(judge.rule)}
    answer |= {"tested": {model: {measure: float(rows[measure].mean()) for measure in
                                  ("mase", "coverage_80", "coverage_95")}
                          for model, rows in found.tests.groupby("model")},
               "seconds": seconds, "peak_mb": peak}
    if chosen.peers:
        answer["peers"] = peers([known[name] for name in names], horizon, chosen.season_length, judge)
    return answer


class Judge:
    """What came, and how far off each way was."""

    def __init__(self, known: list[np.ndarray], actual: np.ndarray, season: int):
        self.actual = actual
        self.scale = np.array([measures.scale(history, season) for history in known])
        with np.errstate(all="ignore"):
            self.rule = np.array([measures.naive2(history[np.isfinite(history)], actual.shape[1], season)
                                  for history in known])

    def of(self, told: np.ndarray) -> dict[str, float]:
        mine, rule = ((measures.smape(self.actual, way), measures.mase(self.actual, way, self.scale))
                      for way in (told, self.rule))
        return {"smape": float(np.nanmean(mine[0])), "mase": float(np.nanmean(mine[1])),
                "owa": measures.owa(*mine, *rule)}


def series_of(path: str, mapped: list[str]) -> pd.DataFrame:
    """series, period and value from a file of series_id, ds and y; a moment that comes twice is refused."""
    frame = pd.read_csv(path, dtype={"series_id": str})
    frame = frame.rename(columns=dict(pair.split("=", 1) for pair in mapped))
    missing = [name for name in MEANINGS if name not in frame]
    if missing:
        raise ValueError(f"{Path(path).name} has no column {', '.join(missing)} (--map COLUMN=MEANING)")
    period = frame.ds if pd.api.types.is_integer_dtype(frame.ds) else pd.to_datetime(frame.ds, format="mixed")
    frame = pd.DataFrame({"series": frame.series_id.astype(str), "period": period,
                          "value": pd.to_numeric(frame.y, errors="coerce")})
    if frame.duplicated(["series", "period"]).any():
        twice = frame[frame.duplicated(["series", "period"])].iloc[0]
        raise ValueError(f"series {twice.series} has {twice.period} more than once")
    return frame.sort_values(["series", "period"], kind="stable")


def table(rows: list[np.ndarray], width: int) -> np.ndarray:
    """Rows of different lengths as one array, NaN where a row ends."""
    return np.array([np.r_[row[:width], np.full(max(0, width - len(row)), np.nan)] for row in rows])


def peers(known: list[np.ndarray], horizon: int, season: int, judge: Judge) -> dict:
    from statsforecast import models

    answer = {}
    for name in PEERS:
        started, given_up = perf_counter(), 0
        told, low, high = (np.full(judge.actual.shape, np.nan) for _ in range(3))
        low, high = {80: low, 95: low.copy()}, {80: high, 95: high.copy()}
        for row, history in enumerate(known):
            history = history[np.isfinite(history)].astype(float)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    found = getattr(models, name)(season_length=season).forecast(history, horizon, level=[80, 95])
                except Exception:  # it gives up on some histories: the last value speaks for it then
                    found, given_up = {"mean": np.full(horizon, history[-1])}, given_up + 1
            told[row] = found["mean"]
            for level in (80, 95):
                low[level][row], high[level][row] = found.get(f"lo-{level}", np.nan), found.get(f"hi-{level}", np.nan)
        answer[name] = judge.of(told) | {
            f"coverage_{level}": float(np.nanmean(measures.coverage(judge.actual, low[level], high[level])))
            for level in (80, 95)} | {"given_up": given_up, "seconds": perf_counter() - started}
        print(name, answer[name], file=sys.stderr)
    return answer | {"prophet": prophet(known, horizon, season, judge)}


def prophet(known: list[np.ndarray], horizon: int, season: int, judge: Judge) -> dict | None:
    try:
        from prophet import Prophet
    except ImportError:
        return None
    started, told = perf_counter(), np.empty(judge.actual.shape)
    freq = {4: "QS", 7: "D", 12: "MS", 24: "h", 52: "W"}.get(season, "YS" if season == 1 else "D")
    for row, history in enumerate(known):
        days = pd.date_range("1990-01-01", periods=len(history) + horizon, freq=freq)
        model = Prophet().fit(pd.DataFrame({"ds": days[:len(history)], "y": history}))
        told[row] = model.predict(pd.DataFrame({"ds": days[len(history):]})).yhat
    return judge.of(told) | {"seconds": perf_counter() - started}


if __name__ == "__main__":
    sys.exit(main())
