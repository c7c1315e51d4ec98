"""In which language a message is written."""
import gzip

import pytest

from crm_core.text_mining.cleaning import clean
from crm_core.text_mining.language import language


@pytest.mark.parametrize("code, text", [
    ("en", "Where is my order?"), ("en", "awful!!"), ("en", "Café latte was superb"), ("en", "thx"),
    ("en", "I ordered 茶壶 but it never arrived"),
    ("zh", "茶到得晚"), ("zh", "iPhone 15 Pro Max 很好"), ("zh", "謝謝你們的服務"), ("zh", "美の味不错 (╯°□°)╯"), ("zh", "OK的"),
    ("de", "Wo ist mein Paket?"), ("fr", "La livraison est arrivée en retard"), ("es", "La entrega llegó tarde"),
    ("it", "La consegna è arrivata in ritardo"), ("pt", "A entrega chegou atrasada"), ("nl", "De levering kwam te laat"),
    ("pl", "Dostawa przyszła za późno"), ("tr", "Teslimat çok geç geldi"), ("vi", "Giao hàng quá chậm"),
    ("id", "Barang bagus, cepat sampai"), ("fi", "Toimitus myöhästyi"),
    ("ja", "荷物が届きません"), ("ko", "배송이 너무 늦어요"), ("ru", "Где мой заказ?"), ("uk", "Де моє замовлення, дякую її"),
    ("ar", "أين طلبي"), ("fa", "سفارش من کجاست چرا"), ("th", "สินค้าดีมาก"), ("el", "Πού είναι η παραγγελία μου"),
    ("hi", "मेरा ऑर्डर कहाँ है"), ("he", "איפה ההזמנה שלי"),
    ("other", "kifurushi changu kiko wapi"),
    ("none", "👍👍"), ("none", "10/10"), ("none", ""), ("none", "!!!"),
])
def test_a_short_message_tells_its_language(code, text):
    assert language(clean(text)) == code


@pytest.mark.parametrize("text", [
    "Zwei Wochen gewartet", "Emballage abîmé", "Buenas tardes a todos", "Impossibile parlare con qualcuno",
    "Ninguém atende o telefone", "Omöjligt att nå någon", "Umulig å få tak i noen", "Nie można się dodzwonić",
    "Nikdo nebere telefon", "Senkit sem lehet elérni", "Nu răspunde nimeni", "Kimseye ulaşamıyorum",
    "Saya mau membatalkan pesanan", "Hàng của tôi đâu"])
def test_a_language_that_is_neither_is_not_taken_for_english(text):
    assert language(clean(text)) not in ("en", "zh", "none")


def test_english_and_chinese_messages_are_known_as_such(data_set):
    with gzip.open(data_set("airline_tweets") / "Tweets.csv.gz", "rt", encoding="utf-8") as file:
        import csv

        english = [row["text"] for row in csv.DictReader(file)][::10]
    with gzip.open(data_set("zh_chnsenticorp_htl") / "ChnSentiCorp_htl_all.csv.gz", "rt", encoding="utf-8") as file:
        chinese = [row["review"] for row in csv.DictReader(file)][::10]
    for code, texts in (("en", english), ("zh", chinese)):
        told = [language(clean(text)) for text in texts]
        assert sum(found == code for found in told) >= 0.995 * sum(found != "none" for found in told)
