"""python -m crm_core texts: telling words, what is new, where a word stands."""
from datetime import datetime, timedelta

import pandas as pd
import pytest

from crm_core.__main__ import main
from crm_core.store import open_store

NOW = datetime(2026, 3, 1, 9)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A shop of three customers: parcels all year, moths since ten days, a phone number in one message."""
    path = tmp_path_factory.mktemp("texts") / "shop.duckdb"
    store = open_store(path, clock=lambda: NOW)
    with store.batch("test") as batch:
        batch.add("customers", pd.DataFrame({"name": ["Ada Lovelace", "Bo", "Cy"]}))
        rows = [(NOW - timedelta(days=40 + number), "email", "in", f"The parcel {number} is late") for number in range(40)]
        rows += [(NOW - timedelta(days=number % 10), "chat", "in", f"There are moths in box {number}") for number in range(12)]
        rows += [(NOW - timedelta(days=2), "email", "in", "Refund me, call 138 1234 5678"),
                 (NOW - timedelta(days=1), "email", "out", "We refund you")]
        batch.add("communications", pd.DataFrame(
            [(1, *row) for row in rows], columns=["customer_id", "occurred_at", "channel", "direction", "content"]))
    store.close()
    return path


@pytest.fixture
def shell(monkeypatch, filled):
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("CRM_DATABASE", str(filled))
    monkeypatch.setattr("crm_core.__main__._now", lambda: NOW)


def test_telling_words_are_listed_and_written(shell, capsys, tmp_path):
    out = tmp_path / "words.csv"
    assert main(["texts", "keywords", "--output", str(out)]) == 0
    said = capsys.readouterr().out
    assert "53 messages read." in said and "moths: 12 messages (23%)" in said
    assert {"term", "messages", "weight"} <= set(pd.read_csv(out).columns)
    assert main(["texts", "keywords", "--output", str(out)]) == 1
    assert "words.csv" in capsys.readouterr().err


def test_what_is_new_is_told_against_all_before(shell, capsys):
    assert main(["texts", "new", "--days", "30"]) == 0
    said = capsys.readouterr().out
    assert "13 messages since 2026-01-31 against 40 before." in said and "moths: 12 messages, 92% against 0%" in said


def test_a_word_is_found_with_personal_data_masked(shell, capsys):
    assert main(["texts", "find", "refund"]) == 0
    said = capsys.readouterr().out
    assert "1 message has refund." in said and "[Refund] me, call ••• •••• ••••" in said
    assert main(["texts", "find", "refund", "--everybody"]) == 0
    assert "2 messages have refund." in capsys.readouterr().out


def test_topics_and_moods_are_told_and_unknown_classes_named(shell, capsys, tmp_path):
    assert main(["texts", "topics", "--k", "2"]) == 1
    assert capsys.readouterr().err
    out = tmp_path / "moods.csv"
    assert main(["texts", "mood", "--output", str(out)]) == 0
    said = capsys.readouterr().out
    assert "53 messages read." in said and "negative:" in said and len(pd.read_csv(out)) == 53
    assert main(["texts", "classify", "needs"]) == 1
    assert "No classes are kept as needs. There are: –" in capsys.readouterr().err


def test_kept_classes_sort_what_is_new_once(shell, filled, capsys, tmp_path, monkeypatch):
    import shutil

    from crm_core.text_mining import corpus, messages
    from crm_core.text_mining.classes import keeping, learn

    for file in filled.parent.glob("shop.duckdb*"):
        shutil.copy(file, tmp_path / file.name)
    monkeypatch.setenv("CRM_DATABASE", str(tmp_path / "shop.duckdb"))
    store = open_store(tmp_path / "shop.duckdb", clock=lambda: NOW)
    with store.look() as look:
        told = corpus(messages(look, NOW.date())).messages
    labels = ["late" if "late" in text else "vermin" for text in told.text]
    classes = learn(list(told.text), labels, seed=0)
    with store.batch("classify_texts", "Needs") as batch:
        keeping.keep(batch, classes, "need", "Needs", NOW.date(), 1, told.head(10), classes.answer(list(told.text.head(10))))
    store.close()
    assert main(["texts", "classify", "needs"]) == 0
    assert "43 messages sorted by Needs (change 3)" in capsys.readouterr().out
    assert main(["texts", "classify", "needs"]) == 0
    assert "has answered all of these" in capsys.readouterr().out


def test_no_message_is_a_sentence_in_the_language_of_the_shell(shell, capsys):
    assert main(["texts", "keywords", "--channel", "sms", "--language", "zh"]) == 1
    assert "这里没有消息" in capsys.readouterr().err
