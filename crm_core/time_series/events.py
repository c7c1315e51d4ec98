"""Days that may explain a figure: campaigns, public holidays, days on which many shop, and own events."""

import tomllib
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import pandas as pd

from crm_core.time_series.maps.places import built_in
from crm_core.time_series.spring_festival import spring_festival
from crm_core.time_series.yearly import thanksgiving

KINDS = ("campaign", "holiday", "own")
COUNTRIES = (  # whose holidays are known here
    "CN", "HK", "TW", "US", "CA", "GB", "IE", "DE", "AT", "CH", "FR", "BE", "NL", "LU", "IT", "ES", "PT", "DK", "SE",
    "NO", "FI", "PL", "CZ", "HU", "RO", "GR", "JP", "KR", "AU", "NZ", "IN", "BR", "MX")
SPELLED = {"england": "GB", "korea": "KR"}  # beside the spellings of the world's map
_COUNTRIES = """SELECT country, count(*) AS customers FROM customers WHERE deleted_at IS NULL AND country IS NOT NULL
    GROUP BY country ORDER BY customers DESC"""
LEAST_SHARE = 0.03  # of the customers: smaller countries' holidays are not looked up unless asked for


def events(look, countries: tuple[str, ...], first: date, last: date, language: str = "en") -> pd.DataFrame:
    """All events between two days: name, kind (of KINDS), starts_on, ends_on (the last day), region ('': all)."""
    dated = look.frame("campaigns_dated")
    dated = dated[(dated.starts_on <= pd.Timestamp(last)) & (dated.ends_on >= pd.Timestamp(first))]
    found = [frame for frame in (dated, holidays(countries, first, last, language)) if len(frame)]
    names = ["name", "kind", "starts_on", "ends_on", "region"]
    if not found:
        return pd.DataFrame(
            {name: pd.Series(dtype="datetime64[ns]" if name.endswith("_on") else "object") for name in names}
        )
    every = pd.concat([frame[names] for frame in found], ignore_index=True)
    every = every.assign(
        starts_on=pd.to_datetime(every.starts_on), ends_on=pd.to_datetime(every.ends_on), region=every.region.fillna("")
    )
    return every.sort_values(["starts_on", "name"], kind="stable", ignore_index=True)


def countries_of(look) -> tuple[str, ...]:
    """The codes of the countries where many customers live, the largest first."""
    found = look.execute(_COUNTRIES).df()
    codes = found.assign(code=[code_of(name) for name in found.country]).dropna(subset=["code"])
    sums = codes.groupby("code", sort=False).customers.sum().sort_values(ascending=False, kind="stable")
    return tuple(sums.index[sums >= LEAST_SHARE * found.customers.sum()])


def code_of(country: str) -> str | None:
    """Deutschland → DE; None for one whose holidays are not known here."""
    codes = built_in("world").coded(str(country))
    code = codes[0] if len(codes) == 1 else SPELLED.get(str(country).strip().lower())
    return code if code in COUNTRIES else None


def holidays(countries: tuple[str, ...], first: date, last: date, language: str = "en") -> pd.DataFrame:
    """Public holidays and shopping days as events; one of several countries is told once, `region` names them."""
    days: dict[tuple[str, date, date], list[str]] = {}
    for country in countries:
        for name, begin, end in _of_country(country, first.year - 1, last.year + 1):
            days.setdefault((name, begin, end), []).append(country)
    for name, begin, end in _shopping(first.year - 1, last.year + 1, set(countries)):
        days.setdefault((name, begin, end), [])
    rows = [
        {
            "name": _named(name, language),
            "kind": "holiday",
            "starts_on": begin,
            "ends_on": end,
            "region": ", ".join(codes),
        }
        for (name, begin, end), codes in days.items()
        if begin <= last and end >= first
    ]
    return pd.DataFrame(rows, columns=["name", "kind", "starts_on", "ends_on", "region"])


@lru_cache(maxsize=200)
def _of_country(country: str, first_year: int, last_year: int) -> tuple[tuple[str, date, date], ...]:
    """Name, first and last day; days off that only make up for others belong to the holiday that they lengthen."""
    from holidays import country_holidays, list_localized_countries

    if country not in COUNTRIES:
        return ()
    known = "en_US" in list_localized_countries().get(country, ())
    found = country_holidays(country, years=range(first_year, last_year + 1), language="en_US" if known else None)
    spans: list[list] = []
    for day, names in sorted(found.items()):
        name = names.split(";")[0].split(" (observed")[0].strip()
        name = "Spring Festival" if "Chinese New Year" in name else name
        follows = spans and spans[-1][2] + timedelta(days=1) == day
        if name.startswith("Day off"):
            if follows:
                spans[-1][2] = day
        elif follows and spans[-1][0] == name:
            spans[-1][2] = day
        else:
            spans.append([name, day, day])
    return tuple(tuple(span) for span in spans)


def _shopping(first_year: int, last_year: int, countries: set[str]):
    """Days on which shops sell more than on others, by country."""
    for year in range(first_year, last_year + 1):
        if countries - {"CN"}:
            friday = thanksgiving(year) + timedelta(days=1)
            yield "Black Friday", friday, friday
            yield "Cyber Monday", friday + timedelta(days=3), friday + timedelta(days=3)
            yield "Before Christmas", date(year, 12, 1), date(year, 12, 23)
            yield "Valentine's Day", date(year, 2, 14), date(year, 2, 14)
        if "CN" in countries:
            yield "Singles' Day", date(year, 11, 11), date(year, 11, 11)
            yield "618", date(year, 6, 18), date(year, 6, 18)
            yield "Double 12", date(year, 12, 12), date(year, 12, 12)
            festival = spring_festival(year)
            if festival:
                yield "Before Spring Festival", festival - timedelta(days=25), festival - timedelta(days=2)


@lru_cache(maxsize=1)
def _chinese() -> dict[str, str]:
    return tomllib.loads((Path(__file__).parent / "holiday_names.toml").read_text(encoding="utf-8"))


def _named(name: str, language: str) -> str:
    return _chinese().get(name, name) if language == "zh" else name


def overlapping(every: pd.DataFrame, begin: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """The events that touch a span of days, own ones and campaigns first."""
    near = every[(every.starts_on <= end) & (every.ends_on >= begin)]
    return near.sort_values("kind", key=lambda kinds: kinds.map({"own": 0, "campaign": 1, "holiday": 2}), kind="stable")


def explaining(
    every: pd.DataFrame, kind: str, begin: pd.Timestamp, end: pd.Timestamp, region: str | None = None
) -> tuple[str, ...]:
    """The names of the events that may be the reason of something odd: they lie where it lies and are not much longer.

    A shift may follow from what began within three days of it. `region`: events of other regions are no reason.
    """
    near = every[
        (every.region == "") | every.region.str.split(", ").map(lambda codes: region is None or region in codes)
    ]
    if kind == "shift":
        near = near[(near.kind != "holiday") & ((near.starts_on - begin).abs() <= pd.Timedelta(days=3))]
        return tuple(near.name)
    near = overlapping(near, begin, end)
    length = (end - begin).days + 1
    long = (near.ends_on - near.starts_on).dt.days + 1
    return tuple(dict.fromkeys(near[long <= 3 * length + 3].name))
