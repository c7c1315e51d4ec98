"""What comes next: forecasts with intervals that have been tested on the past, beside what the season did before."""
from crm_core.time_series.forecasting.forecasts import Forecast, forecast
from crm_core.time_series.forecasting.models import NAMES

__all__ = ["NAMES", "Forecast", "forecast"]
