"""The part 'needs' of the page on texts: teach, look, ask why, keep, read what is new, take back."""
import time

import pytest

from crm_core.text_mining.classes import keeping
from tests.test_pages import opened, texts

LATE = ["My parcel is late", "The delivery never came", "Where is my parcel", "Delivery three days late", "包裹还没到",
        "快递太慢了", "我的包裹在哪里"]
BILL = ["The invoice is wrong", "I was charged twice", "Refund the invoice please", "Wrong amount charged", "发票金额错了",
        "扣了两次钱", "账单金额不对"]


@pytest.fixture
def shop(store):
    with store.batch("add", "test") as batch:
        customer, = batch.add("customers", {"name": "Ann"})
        batch.add("communications", [
            {"customer_id": customer, "occurred_at": f"2026-02-0{1 + place % 9} 10:00", "channel": "email",
             "direction": "in", "content": text} for place, text in enumerate(LATE + BILL)])
        batch.add("service_requests", [
            {"customer_id": customer, "opened_at": "2026-02-02 10:00", "status": "open", "subject": subject,
             "category": category} for subject, category in (
                ("late parcel again", "delivery"), ("parcel never delivered", "delivery"),
                ("invoice twice", "billing"), ("wrong invoice amount", "billing"))])
    return store


def settled(app):
    for _ in range(100):
        if not app.get("progress"):
            break
        time.sleep(0.2)
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def at(app, step: str):
    app.session_state["needs step"] = step
    return settled(app.run())


def labels(store) -> dict[str, int]:
    with store.look() as look:
        return keeping.labels(look, "needs").label.value_counts().to_dict()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_messages_are_taught_explained_kept_and_read_anew(shop, monkeypatch, language):
    with shop.batch("label_texts", "needs") as batch:
        batch.add("text_labels", [{"scheme": "needs", "communication_id": number, "label": label}
                                  for number, label in ((1, "delivery"), (len(LATE) + 1, "billing"))])
    app = settled(opened("text_mining", shop, monkeypatch, language=language, part="needs"))
    asked = [box for box in app.selectbox if str(box.key).startswith("needs label")]
    assert len(asked) == 5
    for box in asked[:2]:  # three are left empty and not asked again
        box.set_value("billing" if int(box.key.split()[-1]) > len(LATE) else "delivery")
    app.button[[button.form_id for button in app.button].index("needs labels")].click()
    settled(app.run())
    assert sum(labels(shop).values()) == 4
    again = {str(box.key) for box in app.selectbox if str(box.key).startswith("needs label")}
    assert again and not again & {str(box.key) for box in asked}

    settled(app.button(key="needs take categories").click().run())
    assert sum(labels(shop).values()) >= 6

    at(app, "learned")
    assert len(app.main.metric) == 3
    app.text_input(key="needs try").set_value("my parcel invoice unicorn")
    said = texts(settled(app.run()))
    assert any("P(C|D) = P(D|C) · P(C) / P(D)" in text for text in said)
    assert any("unicorn" in text for text in said)

    settled(app.button(key="needs keep").click().run())
    at(app, "kept")
    with shop.look() as look:
        run, = keeping.runs(look)
        assert len(keeping.said(look, run.id)) == 18
    with shop.batch("add", "test") as batch:
        batch.add("communications", {"customer_id": 1, "occurred_at": "2026-02-20 10:00", "channel": "email",
                                     "direction": "in", "content": "parcel late"})
    settled(app.run())
    settled(app.button(key=f"needs apply {run.id}").click().run())
    with shop.look() as look:
        assert len(keeping.said(look, run.id)) == 19
    settled(app.button(key=f"needs remove {run.id}").click().run())
    with shop.look() as look:
        assert keeping.runs(look) == []


def test_one_class_alone_is_said_and_not_learned(shop, monkeypatch):
    with shop.batch("label_texts", "needs") as batch:
        batch.add("text_labels", [{"scheme": "needs", "communication_id": number, "label": "delivery"}
                                  for number in range(1, 6)])
    app = settled(opened("text_mining", shop, monkeypatch, part="needs"))
    at(app, "learned")
    assert any("All labelled messages have the class delivery" in error.value for error in app.error)
