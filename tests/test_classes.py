"""Classes of messages: naive Bayes by hand, don't know, the review queue, and what is kept in the book."""
import math

import numpy as np
import pandas as pd
import pytest

from crm_core import saved
from crm_core.errors import OneClassOnly, TooFewLabels
from crm_core.store.doctor import find_problems
from crm_core.text_mining import messages, tokenise, vectors
from crm_core.text_mining.classes import factors, keeping, learn, naive_bayes, prepare

LATE = ["My parcel is late", "The delivery never came", "Where is my parcel", "Delivery three days late",
        "包裹还没到", "快递太慢了", "我的包裹在哪里", "送货晚了三天"]
BILL = ["The invoice is wrong", "I was charged twice", "Refund the invoice please", "Wrong amount charged",
        "发票金额错了", "扣了两次钱", "请退款给我", "账单金额不对"]
TEXTS = [f"{text} {ending}" for text in LATE + BILL for ending in ("", "today", "again", "please")]
LABELS = ["delivery"] * len(LATE) * 4 + ["billing"] * len(BILL) * 4


@pytest.fixture(scope="module")
def classes():
    return learn(TEXTS, LABELS)


def test_words_near_each_other_count_together_whichever_comes_first():
    texts = ["lost red card", "card never lost", "one card two three four five six lost"]
    bare, beside = vectors.fit(texts), vectors.fit(texts, near=0.8)
    matrix = beside.transform(texts)
    near = matrix[:, bare.width:]

    assert bare.width == beside.width - len(beside.near.keys)
    assert (matrix[:, :bare.width] != bare.transform(texts)).nnz == 0
    assert [(near[one] @ near[other].T).toarray()[0, 0] > 0 for one, other in ((0, 1), (0, 2), (1, 2))] == [
        True, False, False]
    assert pytest.approx([0.8] * 3) == np.sqrt(near.multiply(near).sum(axis=1)).A1
    assert beside.transform([""]).nnz == 0


def test_naive_bayes_shows_every_factor_of_the_formula():
    tokens = tokenise(["tea late", "tea late", "tea cold", "coffee cold"])
    model = naive_bayes.fit(tokens, ["late", "late", "cold", "cold"])
    told = factors(model, tokenise(["tea late unicorn"]))

    # Of three words used by 'cold' texts (cold 2, tea 1, coffee 1) and by 'late' texts (late 2, tea 2):
    smooth = naive_bayes.SMOOTHING
    cold = {"tea": (1 + smooth) / (4 + 4 * smooth), "late": smooth / (4 + 4 * smooth)}
    late = {"tea": (2 + smooth) / (4 + 4 * smooth), "late": (2 + smooth) / (4 + 4 * smooth)}
    joint = {"cold": 0.5 * cold["tea"] * cold["late"], "late": 0.5 * late["tea"] * late["late"]}
    assert told.classes == ("late", "cold")
    assert told.words == ("late", "tea")
    assert told.factors == pytest.approx(np.array([[late["late"], cold["late"]], [late["tea"], cold["tea"]]]))
    assert told.log_evidence == pytest.approx(math.log(sum(joint.values())))
    assert told.posterior == pytest.approx([joint["late"] / sum(joint.values()), joint["cold"] / sum(joint.values())])
    assert told.unknown == ("unicorn",)
    assert told.frame().groupby("label").factor.prod().to_dict() == pytest.approx(joint)


def test_classes_are_told_in_both_languages_with_chances_that_add_up_to_one(classes):
    asked = ["my parcel never came", "the invoice amount is wrong", "包裹太慢", "发票错了"]
    answers = classes.answer(asked)
    assert list(answers.label) == ["delivery", "billing", "delivery", "billing"]
    assert answers.confidence.between(0.5, 1).all()
    assert classes.chances(asked).sum(axis=1) == pytest.approx(np.ones(4))
    assert int(classes.confusion.to_numpy().sum()) == len(TEXTS)


def test_strange_texts_go_to_review(classes):
    answers = classes.answer(["quantum chromodynamics lattice", "", "😀😀😀", "1234567"])
    assert list(answers.known) == [False] * 4
    assert (answers.familiarity < classes.answer(TEXTS).familiarity.quantile(0.05)).all()


def test_the_same_seed_learns_the_same(classes):
    again = learn(TEXTS, LABELS)
    assert (again.model.coefficients == classes.model.coefficients).all()
    assert again.tried == classes.tried


def test_a_class_of_one_example_is_learned_and_too_little_is_said():
    found = learn([*TEXTS, "please close my account"], [*LABELS, "account"])
    assert dict(zip(found.classes, found.texts, strict=True)) == {"account": 1, "billing": 32, "delivery": 32}
    with pytest.raises(OneClassOnly):
        learn(["one", "two", "three", "four"], ["same"] * 4)
    with pytest.raises(TooFewLabels):
        learn(["one", "two"], ["a", "b"])


def test_texts_without_a_label_may_teach_and_lower_what_is_asked_of_a_chance():
    found = learn(TEXTS[::8], LABELS[::8], others=TEXTS)
    assert {one["taught"] for one in found.tried} == {False, True}
    assert list(found.answer(["my parcel is late", "wrong invoice"]).label) == ["delivery", "billing"]


def test_the_queue_first_asks_every_kind_and_then_what_it_is_unsure_of():
    queue = prepare([*TEXTS, "", TEXTS[0]])
    assert len(queue.rows) == len(TEXTS)  # what says nothing and what stands twice is not asked
    first = queue.ask({}, 8)
    assert list(first.why) == ["new"] * 8 and first.row.is_unique
    assert {LABELS[row] for row in first.row} == {"delivery", "billing"}
    known = {int(row): LABELS[row] for row in queue.rows[queue.seeds]}
    later = queue.ask(known, 5)
    assert set(later.why) == {"unsure"} and not set(later.row) & set(known)
    assert {"billing", "delivery"} == {*later["first"], *later["second"]}
    assert len(queue.ask({row: LABELS[row] for row in range(len(TEXTS))}, 5)) == 0


def test_a_model_is_the_same_after_it_was_kept_in_a_file(classes):
    file = saved.pack({"model": classes}, {"name": "Needs"}, b"s" * 32)
    back = saved.unpack(file, b"s" * 32).parts["model"]
    pd.testing.assert_frame_equal(back.answer(TEXTS), classes.answer(TEXTS))
    assert factors(back.bayes, tokenise(["late parcel"])).posterior == pytest.approx(
        factors(classes.bayes, tokenise(["late parcel"])).posterior)


# --- in the book ------------------------------------------------------------------------------------


@pytest.fixture
def shop(store):
    """16 communications and one service request; the first half is about deliveries."""
    with store.batch("add", "test") as batch:
        customer, = batch.add("customers", {"name": "Ann"})
        batch.add("communications", [
            {"customer_id": customer, "occurred_at": "2026-02-01 10:00", "channel": "email", "direction": "in",
             "content": text} for text in LATE + BILL])
        batch.add("service_requests", {"customer_id": customer, "opened_at": "2026-02-02 10:00", "status": "open",
                                       "subject": "late parcel"})
    return store


def read(store) -> pd.DataFrame:
    with store.look() as look:
        return messages(look, "2026-03-01")


def taught(store):
    found = read(store)
    given = found.assign(label=["delivery"] * 8 + ["billing"] * 8 + ["delivery"])
    with store.batch("label", "needs") as batch:
        keeping.give(batch, "needs", given)
    model = learn(list(found.text), list(given.label))
    with store.batch("classify", "needs") as batch:
        run = keeping.keep(batch, model, "needs", "March", "2026-03-01", store.revision(), found,
                           model.answer(list(found.text)))
    return found, model, run


def test_labels_are_written_changed_taken_away_and_undone(shop):
    found = read(shop)
    with shop.batch("label", "needs") as batch:
        assert keeping.give(batch, "needs", found.assign(label=["a"] * 16 + ["b"])) == 17
    with shop.batch("label", "needs") as batch:
        keeping.give(batch, "needs", found.head(2).assign(label=["c", None]))
    with shop.look() as look:
        given = keeping.labelled(found, keeping.labels(look, "needs"))
        assert list(given[:3]) == ["c", None, "a"] and given.iloc[16] == "b"
        assert keeping.schemes(look) == {"needs": 16}
    shop.undo(batch.number)
    with shop.look() as look:
        assert list(keeping.labelled(found, keeping.labels(look, "needs"))[:2]) == ["a", "a"]
    assert find_problems(shop) == []


def test_a_run_answers_new_messages_by_its_signed_model(shop):
    _, model, run = taught(shop)
    with shop.batch("add", "test") as batch:
        batch.add("communications", {"customer_id": 1, "occurred_at": "2026-02-20 10:00", "channel": "email",
                                     "direction": "in", "content": "my parcel is late again"})
    found = read(shop)
    with shop.look() as look:
        new = keeping.unanswered(found, keeping.said(look, run))
        again = keeping.classes_of(look, run)
    assert int(new.sum()) == 1
    with shop.batch("classify", "needs") as batch:
        assert keeping.apply(batch, run, found[new], again.answer(list(found.text[new]))) == 1
    with shop.look() as look:
        assert len(keeping.said(look, run)) == 18
        assert [one.name for one in keeping.runs(look)] == ["March"]
    pd.testing.assert_frame_equal(again.answer(TEXTS), model.answer(TEXTS))
    assert find_problems(shop) == []


def test_erased_messages_leave_no_label_and_a_run_of_nothing_goes(shop):
    taught(shop)
    shop.withdraw(1)
    with shop.look() as look:
        counts = [look.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in (
            "communications", "text_labels", "text_classes", "runs")]
    assert counts == [0, 0, 0, 0]
    assert find_problems(shop) == []


def test_deleting_messages_tells_before_how_many_labels_lose_theirs(shop):
    taught(shop)
    with shop.batch("delete", "test") as batch:
        before = figures(batch)
        batch.remove("communications", [1, 2, 3])
        assert (before, figures(batch)) == (17, 14)


def figures(batch) -> int:
    from crm_core import engine

    told = engine.to_frame(engine.run(batch.cursor, "consequences")).set_index("name").value
    return int(told["labelled_messages"])
