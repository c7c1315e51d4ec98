"""What a deed would change in the figures, before it is done, is what it changes; and all of it can be taken back."""
import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from crm_core.cleaning import Recipe, Step, apply, consequences
from crm_core.cleaning import merge as proposing
from crm_core.errors import AlreadyUndone, CrmError, KeyUsedMeanwhile, TouchedSince
from crm_core.store.apart import take_apart
from crm_core.store.doctor import find_problems
from crm_core.store.merging import Typed, merge, merge_many
from crm_core.tables import CHANNELS

CONSENTS = tuple(f"consent_{channel}" for channel in CHANNELS)
TABLES = ("customers", "products", "orders", "order_lines", "communications", "service_requests", "opportunities",
          "relationships", "campaign_members", "segment_members", "runs", "predictions", "merges")
PEOPLE = 7


def fill(store, seed: int) -> None:
    """A small book at random: people who share segments, campaigns and ties, with orders and requests."""
    draw = random.Random(seed)
    people = range(1, PEOPLE + 1)
    with store.batch("add") as batch:
        batch.add("customers", [{
            "customer_no": f"C{n}", "name": draw.choice(["Ada", "Bo", "Cy"]), "city": draw.choice(["Bern", "Basel", None]),
            "email": f"p{n}@example.com" if draw.random() < .6 else None,
            "extra": draw.choice([None, '{"club":"yes"}', f'{{"club":"no","shoe":"{n}"}}']),
            **{column: draw.choice([True, None, None]) for column in CONSENTS}} for n in people])
        batch.add("products", [{"product_no": f"P{n}", "name": f"Tea {n}"} for n in (1, 2, 3)])
        batch.add("campaigns", [{"name": "Spring"}])
        batch.add("segments", [{"name": "All", "kind": "rule", "as_of": date(2026, 1, 1)}])
        amounts = [Decimal(draw.randrange(1, 99_999)) / 100 for _ in range(10)]
        batch.add("orders", [{
            "order_no": f"O{n}", "customer_id": draw.choice([*people, None]), "status": draw.choice(["completed", "cancelled"]),
            "ordered_at": datetime(2026, 1, 1) + timedelta(days=n), "amount": amount}
            for n, amount in enumerate(amounts, 1)])
        batch.add("order_lines", [{"order_id": n, "line_no": 1, "product_id": draw.choice([1, 2, 3]), "quantity": 1,
                                   "unit_price": amount, "amount": amount} for n, amount in enumerate(amounts[:5], 1)])
        batch.add("service_requests", [{"customer_id": draw.choice(people), "status": draw.choice(["open", "closed"]),
                                        "opened_at": datetime(2026, 1, 5), "subject": "?"} for _ in range(3)])
        batch.add("opportunities", [{"customer_id": draw.choice(people), "name": "Tea bar", "status": "open",
                                     "amount": Decimal("99.99")} for _ in range(2)])
        ties = {(draw.choice(people), draw.choice(people)) for _ in range(6)}
        batch.add("relationships", [{"customer_id": one, "related_id": other, "relation": "partner"}
                                    for one, other in sorted(ties) if one != other])
        batch.add("campaign_members", [{"campaign_id": 1, "customer_id": n, "variant": "a",
                                        "responded_at": draw.choice([None, datetime(2026, 2, 1)])}
                                       for n in people if draw.random() < .6])
        batch.add("segment_members", [{"segment_id": 1, "customer_id": n, "as_of": date(2026, 1, 1)} for n in people if draw.random() < .6])
        batch.add("runs", [{"concern": "purchase_prediction", "name": name, "as_of": date(2026, 1, 1), "revision": 1,
                            "choice": "{}"} for name in ("Frozen", "Frozen too")])
        batch.add("predictions", [{"run_id": run, "customer_id": n, "as_of": date(2026, 1, 1), "horizon_days": 90,
                                   "score": round(draw.random(), 3), "low": draw.choice([None, .1])}
                                  for run in (1, 2) for n in people if draw.random() < .7])


def content(store) -> tuple:
    """A hash a table over all its rows, whichever batch wrote them."""
    return tuple(store.cursor().execute(" UNION ALL ".join(
        f"SELECT '{name}', count(*), bit_xor(hash(t)) FROM (SELECT * EXCLUDE (changed_in) FROM {name}) t"
        for name in TABLES)).fetchall())


def living(store, table="customers") -> list[int]:
    return [row_id for (row_id,) in store.cursor().execute(
        f"SELECT id FROM {table} WHERE deleted_at IS NULL ORDER BY id").fetchall()]


def standing(store) -> list[tuple[int, str, int, int]]:
    return store.cursor().execute(
        "SELECT id, table_name, kept_id, merged_id FROM merges WHERE deleted_at IS NULL ORDER BY id").fetchall()


# --- deeds at random: each a name, and what it does in an open batch --------------------------------


def merging(draw, store):
    table = draw.choice(["customers"] * 4 + ["products"])
    alive = living(store, table)
    if len(alive) < 2:
        return None
    ids = draw.sample(alive, min(draw.choice([2, 2, 3]), len(alive)))
    choices = {"name": draw.choice([*ids, Typed("Ada Wong")])}
    if table == "customers":
        choices |= {"email": draw.choice(ids), "consent_email": draw.choice(ids)}
    return "merge", lambda batch: merge(batch, table, ids[0], ids[1:], choices)


def merging_many(draw, store):
    import pandas as pd

    alive = living(store)
    if len(alive) < 4:
        return None
    ids = draw.sample(alive, 4)

    def deed(batch):
        proposing.pairs_of(batch, "customers", pd.DataFrame({"cluster": [1, 1, 2, 2], "id": ids}))
        merge_many(batch, "customers", "merging_pairs", proposing.propose(batch, "customers"))
    return "merge", deed


def cleaning(draw, store):
    steps = (Step("fill_constant", {"column": draw.choice(["city", "stage"]), "value": draw.choice(["Bern", "Bonn"])}),)
    return "clean", lambda batch: apply(batch, Recipe("Fill", "customers", steps))


def parting(draw, store):
    merges = standing(store)
    if not merges:
        return None
    merge_id = draw.choice(merges)[0]
    return "unmerge", lambda batch: take_apart(batch, merge_id)


def editing(draw, store):
    row_id = draw.choice(living(store))
    what = draw.randrange(5)
    if what == 0:
        order, owner = draw.choice(living(store, "orders")), draw.choice(living(store))
        return "edit", lambda batch: batch.change("orders", {"id": order, "customer_id": owner})
    if what == 1:
        members = living(store, "segment_members")
        return members and ("delete", lambda batch: batch.remove("segment_members", [draw.choice(members)]))
    if what == 2:
        return "add", lambda batch: batch.add("service_requests", {
            "customer_id": row_id, "status": "open", "opened_at": datetime(2026, 2, 1), "subject": "New"})
    return "edit", lambda batch: batch.change("customers", {
        "id": row_id, "city": draw.choice(["Ulm", "Bern"]), "extra": draw.choice(['{"club":"never"}', None])})


def opting_out(draw, store):
    row_id, column = draw.choice(living(store)), draw.choice(CONSENTS[:3])
    return "opt out", (row_id, column)


# --- the preview ----------------------------------------------------------------------------------


def test_what_a_merge_would_change_is_said_figure_by_figure(store):
    fill(store, 3)
    with store.batch("edit") as batch:
        batch.change("customers", {"id": 1, "consent_sms": False, "consent_email": True, "email": "a@example.com"})
        batch.change("customers", {"id": 2, "consent_email": False})
    with store.rehearsal("merge") as batch:
        before, after = consequences.around(batch, lambda batch: merge(batch, "customers", 1, [2]))
    told = consequences.compare(before, after).set_index(["name", "part"])
    assert told.change["customers", ""] == -1 and told.change["contactable", "email"] == -1
    assert told.change["revenue", ""] == told.change["orders", ""] == told.change["opportunities_amount", ""] == 0
    assert told.before["revenue", ""] == Decimal(str(store.cursor().execute(
        "SELECT sum(amount) FROM orders WHERE status <> 'cancelled'").fetchone()[0]))


def test_a_merge_keeps_the_frozen_score_of_the_kept_customer_as_it_was(store):
    with store.batch("add") as batch:
        batch.add("customers", [{"name": name} for name in ("Ada", "A. Wong", "Bo")])
        run, = batch.add("runs", {"concern": "purchase_prediction", "name": "March", "as_of": date(2026, 3, 1),
                                  "revision": 1, "choice": "{}"})
        batch.add("predictions", [
            {"run_id": run, "customer_id": n, "as_of": date(2026, 3, 1), "horizon_days": 90, "score": score, "low": low}
            for n, score, low in ((1, .2, None), (2, .9, .8), (3, .5, .4))])
    with store.rehearsal("merge") as batch:
        told = consequences.compare(*consequences.around(batch, lambda batch: merge(batch, "customers", 1, [2])))
    assert told.set_index(["name", "part"]).change["frozen_scores", "1"] == -1
    with store.batch("merge") as batch:
        assert merge(batch, "customers", 1, [2]).doubled == {"predictions": 1}
    scores = "SELECT customer_id, score, low FROM predictions WHERE deleted_at IS NULL ORDER BY customer_id"
    assert store.cursor().execute(scores).fetchall() == [(1, .2, None), (3, .5, .4)]
    with store.batch("unmerge") as batch:
        take_apart(batch, 1)
    assert store.cursor().execute(scores).fetchall() == [(1, .2, None), (2, .9, .8), (3, .5, .4)]
    with store.batch("merge") as batch:  # the score moves where only the merged one had been scored
        batch.remove("predictions", [1])
        merge(batch, "customers", 1, [2])
    assert store.cursor().execute(scores).fetchall() == [(1, .9, .8), (3, .5, .4)]


def test_an_empty_book_has_figures_too(store):
    with store.look() as look:
        told = consequences.figures(look)
    assert told["customers", ""] == told["revenue", ""] == told["contactable", "email"] == 0


@pytest.mark.parametrize("deeds", [25, pytest.param(200, marks=pytest.mark.long)])
def test_the_preview_of_a_deed_is_what_it_changes_to_the_cent(deeds, store):
    fill(store, 11)
    draw, done = random.Random(12), 0
    while done < deeds:
        deed = draw.choice([merging, merging, merging_many, cleaning, parting, parting, editing])(draw, store)
        if not deed:
            continue
        kind, work = deed
        state = draw.getstate()  # a deed that draws must draw the same twice
        try:
            with store.rehearsal(kind) as batch:
                before, foretold = consequences.around(batch, work)
        except KeyUsedMeanwhile:
            continue
        draw.setstate(state)
        with store.look() as look:
            assert consequences.figures(look) == before
        with store.batch(kind) as batch:
            work(batch)
        with store.look() as look:
            assert consequences.figures(look) == foretold
        done += 1
        if len(living(store)) < 4:  # begin anew with people to merge
            while merges := standing(store):
                with store.batch("unmerge") as batch:
                    take_apart(batch, merges[-1][0])


# --- everything can be taken back -------------------------------------------------------------------


class Told:
    """Who opted out by which batch, as a second, simpler book: what the real one may never forget."""

    def __init__(self):
        self.said: list[tuple[int, str, frozenset]] = []  # batch, column, everybody whom the record stood for
        self.undoes: dict[int, int] = {}

    def stands(self, number: int) -> bool:
        return not any(target == number and self.stands(undo) for undo, target in self.undoes.items())

    def check(self, store) -> None:
        into = {merged: kept for _, table, kept, merged in standing(store) if table == "customers"}
        given = {row[0]: dict(zip(CONSENTS, row[1:], strict=True)) for row in store.cursor().execute(
            f"SELECT id, {', '.join(CONSENTS)} FROM customers").fetchall()}
        for number, column, persons in self.said:
            for person in persons if self.stands(number) else ():
                while person in into:
                    person = into[person]
                assert given[person][column] is False, (number, column, person)


def opt_out(store, told: Told, row_id: int, column: str) -> bool:
    persons, into = {row_id}, {merged: kept for _, table, kept, merged in standing(store) if table == "customers"}
    while more := {merged for merged, kept in into.items() if kept in persons} - persons:
        persons |= more
    with store.batch("edit") as batch:
        batch.change("customers", {"id": row_id, column: False})
    if batch.rows:
        told.said.append((store.revision(), column, frozenset(persons)))
    return bool(batch.rows)


def walk(store, seed: int, sequences: int, longest: int = 6) -> int:
    """Sequences of deeds as paths of one tree: each step does something at random or takes the newest batch back, and
    whenever all is taken back to some point, everything is as it was there. How many refusals there were."""
    draw, told, path, ends, refused = random.Random(seed), Told(), [], 0, 0
    grew = False
    while ends < sequences or path:
        back = path and (ends >= sequences or len(path) >= longest or draw.random() < .45)
        if back:
            ends += grew
            grew = False
            number, before = path.pop()
            told.undoes[store.undo(number)] = number
            assert content(store) == before, (seed, ends, number)
            told.check(store)
            continue
        before, revision = content(store), store.revision()
        what = draw.choice([merging, merging, merging_many, cleaning, parting, parting, editing, editing, opting_out, "undo"])
        try:
            if what == "undo":
                if path:
                    number = draw.choice(path)[0]
                    told.undoes[store.undo(number)] = number
            elif deed := what(draw, store):
                kind, work = deed
                if kind == "opt out":
                    opt_out(store, told, *work)
                else:
                    with store.batch(kind) as batch:
                        work(batch)
        except (TouchedSince, AlreadyUndone, KeyUsedMeanwhile):
            refused += 1
            assert content(store) == before  # nothing half done
        if store.revision() > revision:
            path.append((store.revision(), before))
            grew = True
            told.check(store)
    return refused


@pytest.mark.parametrize("sequences", [60, pytest.param(1000, marks=pytest.mark.long)])
def test_sequences_of_deeds_are_taken_back_to_the_same_and_no_opt_out_is_lost(sequences, store):
    fill(store, 5)
    start = content(store)
    refused = walk(store, seed=sequences, sequences=sequences)
    assert content(store) == start and find_problems(store) == []
    assert refused < sequences


def test_a_refused_deed_leaves_nothing_half_done(store):
    fill(store, 5)
    before = content(store)
    for work in (lambda batch: merge(batch, "customers", 1, [2, 99]), lambda batch: take_apart(batch, 1)):
        with pytest.raises(CrmError), store.batch("merge") as batch:
            work(batch)
    assert content(store) == before


def test_orders_of_customers_who_leave_become_nobodys(store):
    with store.batch("add") as batch:
        batch.add("customers", [{"name": "Ada"}, {"name": "Bo"}])
        batch.add("orders", [
            {"order_no": str(n), "customer_id": customer, "status": "completed", "ordered_at": datetime(2026, 1, n),
             "amount": amount} for n, (customer, amount) in enumerate([(1, 10), (2, 5), (None, 1)], 1)])
    with store.rehearsal("clean") as batch:
        found = consequences.around(batch, lambda opened: opened.remove("customers", [1]))
    changed = {row.name: (row.before, row.after) for row in consequences.compare(*found).itertuples()
               if row.before != row.after}
    assert changed == {"customers": (2, 1), "buyers": (2, 1), "revenue_of_customers": (15, 5), "revenue_of_nobody": (1, 11)}
