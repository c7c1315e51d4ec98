"""python -m crm_core series: a measure over time as a file."""
import csv
from datetime import datetime

import pytest

from crm_core.__main__ import main
from crm_core.store import open_store
from tests.test_series import FOUR, filled

NOW = datetime(2026, 3, 1, 9)


@pytest.fixture
def shell(monkeypatch, tmp_path):
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("CRM_DATABASE", str(tmp_path / "shop.duckdb"))
    monkeypatch.setattr("crm_core.__main__._now", lambda: NOW)
    store = open_store(tmp_path / "shop.duckdb", clock=lambda: NOW)
    filled(store, FOUR)
    store.close()
    return tmp_path / "out.csv"


def rows(path):
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def test_a_series_is_written_by_channel_and_the_file_is_never_overwritten(shell, capsys):
    assert main(["series", "revenue", str(shell), "--by", "channel", "--interval", "month"]) == 0
    assert rows(shell) == [["period", "series", "value", "over"], ["2026-02-01", "shop", "30.0", "False"],
                           ["2026-03-01", "shop", "0.0", "False"], ["2026-02-01", "web", "22.0", "False"],
                           ["2026-03-01", "web", "0.0", "False"]]
    assert "2 periods of 2 series" in capsys.readouterr().out
    assert main(["series", "revenue", str(shell)]) == 1


def test_days_can_be_chosen_and_compared(shell):
    assert main(["series", "orders", str(shell), "--interval", "day", "--from", "2026-02-03", "--to", "2026-02-03",
                 "--compare", "previous"]) == 0
    assert rows(shell)[1:] == [["2026-02-03", "1.0", "1.0", "True"]]


def test_what_is_not_known_is_said_with_what_is(shell, capsys):
    for said, told in ((["profit"], "revenue"), (["revenue", "--by", "moon"], "channel"),
                       (["revenue", "--compare", "moon"], "last_year"), (["requests"], "no value")):
        assert main(["series", said[0], str(shell), *said[1:]]) == 1
        assert told in capsys.readouterr().err
