"""Ways of going on with one series: a history without gaps, a horizon and a season in, so many values out.

Exponential smoothing, ARIMA and complex exponential smoothing are statsforecast's; its modules are imported one by one
where they are used: together they take seconds the first time.
"""
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import numpy as np

# ARIMA: larger orders cost eight times the time and told no better on the train parts of M3.
SEARCH = {"approximation": True, "max_p": 3, "max_q": 3, "max_P": 1, "max_Q": 1, "max_order": 4}


class NotFitted(Exception):
    """A history is too short or too strange for any model of a kind."""


def naive(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """The last value."""
    return np.full(horizon, history[-1])


def import_ahead() -> None:
    """Load what the models stand on, which takes seconds, before somebody waits for a forecast."""
    for name in ("statsforecast.ets", "statsforecast.arima", "statsforecast.ces", "statsmodels.tsa.seasonal"):
        import_module(name)


def seasonal_naive(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """The value one season before; the last one while no whole season is known."""
    if len(history) < season:
        return naive(history, horizon, season)
    return history[len(history) - season + np.arange(horizon) % season]


def ets(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Exponential smoothing, error, trend and season by AICc (Hyndman et al. 2002). Raises NotFitted."""
    from statsforecast.ets import ets_f, forecast_ets

    with _fitting():
        return forecast_ets(ets_f(history, m=season), horizon)["mean"]


def ces(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Complex exponential smoothing, season by AICc (Svetunkov, Kourentzes & Ord 2022). Raises NotFitted."""
    from statsforecast.ces import auto_ces, forecast_ces

    with _fitting():
        return forecast_ces(auto_ces(history, m=season), horizon)["mean"]


def arima(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """ARIMA, orders by a stepwise search (Hyndman & Khandakar 2008). Raises NotFitted."""
    from statsforecast.arima import auto_arima_f, forecast_arima

    with _fitting(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return forecast_arima(auto_arima_f(history, period=season, **SEARCH), horizon)["mean"]


def regression(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """A straight line and a mean for every place in the season, of values or logarithms: what fits better."""
    at = np.arange(len(history) + horizon)
    columns = [np.ones(len(at)), at / len(history)]
    if len(history) >= 2 * season > 2:
        columns += [(at % season == place) - 1 / season for place in range(1, season)]
    design = np.column_stack(columns).astype(float)
    ways = [(history, lambda told: told)] + ([(np.log(history), np.exp)] if history.min() > 0 else [])
    best, least = None, np.inf
    for known, back in ways:
        told = design @ np.linalg.lstsq(design[:len(history)], known, rcond=None)[0]
        # The line says where things go, the last values where they stand: errors of now are carried on.
        now = (known - told[:len(history)])[-max(1, min(season, 3)):].mean()
        error = np.abs(history - back(told[:len(history)])).mean()
        if error < least:
            best, least = back(told[len(history):] + now), error
    return best


@contextmanager
def _fitting() -> Iterator[None]:
    """What statsforecast raises where no model fits as NotFitted; whatever else it raises is a fault and stays one.

    It says "tiny datasets", "No suitable ARIMA model found", "no model able to be fitted": the last a plain Exception.
    """
    try:
        yield
    except (ValueError, ArithmeticError, NotImplementedError) as error:
        raise NotFitted from error
    except Exception as error:
        if type(error) is Exception:
            raise NotFitted from error
        raise
