"""What a message names, found by rules, and the same message with its personal data masked.

    entities("Ms. Lee, order W-100051 cost $25, call 138 1234 5678")
    →  person 'Lee' · order 'W-100051' · amount '$25' · phone '138 1234 5678'
    masked(["Call 138 1234 5678"])  →  ['Call ••• •••• ••••']        as long as before: places in it stay right
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from crm_core.text_mining import patterns
from crm_core.text_mining.dictionary import listed
from crm_core.text_mining.gazetteer import Gazetteer

PERSONAL = ("mail", "phone", "card", "account", "identity", "handle", "address", "person")
KINDS = (*PERSONAL, "order", "product", "place", "amount", "date", "link")
MASK = "•"


@dataclass(frozen=True)
class Entity:
    kind: str  # of KINDS
    start: int
    end: int
    text: str  # as it is written
    name: str  # as it is called: of a product its name, else as it is written


@dataclass(frozen=True, eq=False)
class Known:
    """What this shop's records say: order numbers as they look, products, places, customers' names."""

    orders: re.Pattern | None = None
    products: Gazetteer = field(default_factory=lambda: Gazetteer(()))
    places: Gazetteer = field(default_factory=lambda: _places(()))
    people: Gazetteer = field(default_factory=lambda: Gazetteer(()))


def known(ask, own) -> Known:
    """What the book knows, and the team's own words for products. `ask` is an open look or batch."""
    shapes = ask.execute(r"""
        SELECT regexp_replace(regexp_replace(order_no, '[0-9]', '9', 'g'), '[A-Za-z]', 'A', 'g') AS shape
        FROM orders WHERE deleted_at IS NULL AND length(order_no) BETWEEN 4 AND 40
        GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 20""").fetchall()
    places = ask.execute("""
        SELECT DISTINCT unnest([city, region, country]) AS place FROM customers WHERE deleted_at IS NULL""").fetchall()
    people = ask.execute("""
        SELECT DISTINCT name FROM customers WHERE deleted_at IS NULL AND length(name) BETWEEN 2 AND 60""").fetchall()
    return Known(_order_shapes([shape for (shape,) in shapes]), products_of(own),
                 _places(place for (place,) in places if place and len(place) > 1),
                 Gazetteer((name, name) for (name,) in people if _is_a_name(name)))


def products_of(own) -> Gazetteer:
    """The products of a dictionary, also written without the size of their pack."""
    pairs = {}
    for written, name in own.products:
        bare = patterns.PACK.sub("", written.strip())
        for form in dict.fromkeys((written.strip(), bare)):
            if len(form) > 1 and form.lower() not in listed("stop_en") | listed("stop_zh"):
                pairs.setdefault(form, name)
    return Gazetteer(pairs.items())


def entities(text: str, known: Known | None = None) -> list[Entity]:
    """What a cleaned text names, in its order; where two overlap, the one named first in the rules below stands."""
    known, taken, found = known or _nothing_known(), bytearray(len(text)), []
    for kind, where in _rules(known):
        for start, end, name in where(text):
            if end > start and not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Entity(kind, start, end, text[start:end], name or text[start:end]))
    return sorted(found, key=lambda entity: entity.start)


def masked(texts: Sequence[str], known: Known | None = None, writers: Sequence[str | None] | None = None) -> list[str]:
    """The texts with a dot for each letter and digit of personal data; all else stands where it stood.

    With what is `known` customers' names are masked too; of `writers`, the names of those who wrote, one a text, the
    parts are masked in what they wrote.
    """
    known, writers = known or _nothing_known(), writers if writers is not None else [None] * len(texts)
    return [_masked(text, known, writer) for text, writer in zip(texts, writers, strict=True)]


def _masked(text: str, known: Known, writer: str | None) -> str:
    spans = [(entity.start, entity.end) for entity in entities(text, known) if entity.kind in PERSONAL]
    spans += [found.span() for part in _parts(writer) for found in part.finditer(text)]
    if not spans:
        return text
    signs = list(text)
    for start, end in spans:
        signs[start:end] = [MASK if sign.isalnum() else sign for sign in signs[start:end]]
    return "".join(signs)


# --- rules ----------------------------------------------------------------------------------------

def _rules(known: Known) -> list[tuple[str, Callable]]:
    """The rules in the order in which they take signs of a text."""
    def plain(pattern, holds=lambda _found, _text: True, group=0):
        def where(text):
            return [(*found.span(group), "") for found in pattern.finditer(text) if holds(found, text)]
        return where

    def persons(text):
        return [(*found.span(found.lastindex), "") for found in patterns.person().finditer(text)]

    def places(text):
        return [place for place in known.places.find(text, capital=True) if not _opens(text, place)]

    rules = [("link", plain(patterns.LINK)), ("mail", plain(patterns.MAIL))]
    if known.orders:
        rules.append(("order", plain(known.orders)))
    return [
        *rules, ("identity", plain(patterns.CHINESE_ID)), ("identity", plain(patterns.SOCIAL)),
        ("identity", plain(patterns.IP)), ("account", plain(patterns.IBAN, _is_iban)),
        ("card", plain(patterns.CARD, _is_card)), ("handle", plain(patterns.HANDLE, _is_handle, 1)),
        ("date", plain(patterns.DATE)), ("address", plain(patterns.STREET)), ("amount", plain(patterns.AMOUNT)),
        ("order", plain(patterns.ORDER_WORD, group=1)), ("phone", plain(patterns.DIGITS, _is_phone)),
        ("product", lambda text: known.products.find(text)),
        ("person", lambda text: known.people.find(text, capital=True)), ("person", persons), ("place", places)]


def _is_phone(found: re.Match, text: str) -> bool:
    written = found.group()
    digits = re.sub(r"\D", "", written)
    if not 7 <= len(digits) <= 15:
        return False
    if written[0] in "+(" or re.fullmatch(r"(?:0086|86)?1[3-9]\d{9}", digits):
        return True
    if patterns.CALL.search(text[max(0, found.start() - 40):found.start()]):
        return True
    if re.fullmatch(r"1?[\s.-]?\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}|[48]00[\s-]?\d{3}[\s-]?\d{4}", written):
        return True
    return (digits[0] == "0" and len(digits) >= 9) or (len(digits) in (10, 11) and digits == written)


def _is_card(found: re.Match, _text: str) -> bool:
    digits = [int(sign) for sign in found.group() if sign.isdigit()]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0 and len(set(digits)) > 1


def _is_iban(found: re.Match, _text: str) -> bool:
    signs = found.group().replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97 == 1


def _is_handle(found: re.Match, _text: str) -> bool:
    return any(sign.isdigit() or sign == "_" for sign in found[1])


def _opens(text: str, place: tuple[int, int, str]) -> bool:
    """Whether one Latin word stands at the head of a sentence: 'Nice room' and 'Reading it' are no places."""
    start, end, _ = place
    word, before = text[start:end], text[max(0, start - 3):start]
    return word.isascii() and " " not in word and bool(re.search(r"(?:^|[.!?。！？\n])\s*$", before))


def _order_shapes(shapes: list[str]) -> re.Pattern | None:
    """What looks like this shop's order numbers: 'W-100051' is a letter, a dash and as many digits, or one more."""
    forms = []
    for shape in shapes:
        if "9999" not in shape and sum(sign in "9A" for sign in shape) < 6:
            continue
        form = re.sub(r"9+|A+|[^9A]", lambda run: (
            rf"\d{{{len(run[0])},{len(run[0]) + 1}}}" if run[0][0] == "9" else
            rf"[A-Za-z]{{{len(run[0])}}}" if run[0][0] == "A" else re.escape(run[0])), shape)
        if shape.strip("9") or len(shape) >= 12:  # digits alone are an order number only where that is said
            forms.append(form)
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(dict.fromkeys(forms))})(?![A-Za-z0-9])") if forms else None


def _places(more) -> Gazetteer:
    return Gazetteer((place, place) for place in (*listed("places"), *more))


@cache
def _nothing_known() -> Known:
    return Known()


def _is_a_name(name: str) -> bool:
    """Whether a customer's name can be looked for: one Latin word, or a Chinese word by itself, is too little."""
    import rjieba

    if re.fullmatch("[\u3400-\u9fff]+", name):
        return len(name) >= 3 or not rjieba.has_word(name)
    return " " in name.strip()


@cache
def _part(part: str) -> re.Pattern:
    if part.isascii() or not re.match("[\u3400-\u9fff]", part):
        return re.compile(rf"(?<!\w){re.escape(part)}(?!\w)")
    return re.compile(re.escape(part))


def _parts(writer: str | None) -> list[re.Pattern]:
    """The parts of a name as texts have them, with a capital; of a Chinese one the whole, and the given name."""
    name = (writer or "").strip()
    if re.fullmatch("[\u3400-\u9fff]{2,4}", name):
        return [_part(part) for part in dict.fromkeys((name, name[1:])) if len(part) > 1]
    return [_part(part) for part in re.split(r"[\s.,]+", name) if len(part) > 2 and part[0].isupper()]


def writers(ask, customer_ids: Sequence[int | None]) -> list[str | None]:
    """The names of customers, one an id."""
    ids = sorted({int(number) for number in customer_ids if number is not None and number == number})
    names = dict(ask.execute("SELECT id, name FROM customers WHERE id IN (SELECT unnest($ids))", ids=ids).fetchall()
                 ) if ids else {}
    return [names.get(int(number)) if number is not None and number == number else None for number in customer_ids]


def named(texts: Sequence[str], known: Known | None = None,
          progress: Callable[[float], None] = lambda _share: None) -> list[tuple[str, str, int, int]]:
    """What texts name, personal data aside: kind, name, how many texts do, the place of the last; commonest first."""
    counts: dict[tuple[str, str], list[int]] = {}
    for place, text in enumerate(texts):
        if place % 500 == 0:
            progress(place / len(texts))
        for kind, name in {(entity.kind, entity.name) for entity in entities(text, known)
                           if entity.kind not in PERSONAL}:
            told = counts.setdefault((kind, name), [0, place])
            told[0] += 1
            told[1] = place
    return sorted(((kind, name, count, last) for (kind, name), (count, last) in counts.items()),
                  key=lambda row: (-row[2], row[0], row[1]))
