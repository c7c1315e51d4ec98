"""What holds for the whole workspace: whose days are told, and which day a week begins with."""
from dataclasses import dataclass

from crm_core.errors import WeekUnknown, ZoneUnknown
from crm_core.time_series.calendar import WEEKS, zone


@dataclass(frozen=True)
class Settings:
    zone: str = "UTC"  # of the database of time zones
    week: str = "monday"  # one of WEEKS


def settings(look) -> Settings:
    """Those that are kept; what is not there, or not known here any more, is as it comes."""
    found = look.frame("settings_kept")
    kept, plain = dict(zip(found.name, found.value, strict=True)), Settings()
    try:
        place = zone(kept.get("zone", plain.zone)).key
    except ZoneUnknown:  # a file from a computer that knows more zones is read all the same
        place = plain.zone
    return Settings(place, kept["week"] if kept.get("week") in WEEKS else plain.week)


def keep(batch, wanted: Settings) -> None:
    """Write them within a batch. Raises ZoneUnknown, WeekUnknown."""
    zone(wanted.zone)
    if wanted.week not in WEEKS:
        raise WeekUnknown(week=wanted.week, known=", ".join(WEEKS))
    found = batch.frame("settings_kept")
    ids = dict(zip(found.name, found.id, strict=True))
    for name, value in (("zone", wanted.zone), ("week", wanted.week)):
        if name in ids:
            batch.change("settings", [{"id": int(ids[name]), "name": name, "value": value}])
        else:
            batch.add("settings", [{"name": name, "value": value}])
