"""Telephone numbers as E.164, held against libphonenumber (package phonenumbers) on generated numbers of every country."""
import random

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult

from tests import reference_files
from tests.stepping import table_after, told, words

NAMED = words("CN HK TW US GB DE AT FR IT ES BR JP KR IN AU MX AR RU CH NL BE SE NO DK PL PT TR ZA CA NZ SG MY TH VN HU CZ IE IL AE")
KINDS = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.VOIP)


def standard(store, rows: list[tuple], **settings):
    """(phone, country) → the phones afterwards, and what was told."""
    frame, tried = table_after(store, {"phone": [phone for phone, *_ in rows], "country": [country for _, country, *_ in rows]},
                               "standard_phone", column="phone", country_column="country", **settings)
    return frame["phone"].tolist(), told(tried)


def numbers_of(region: str, draw: random.Random, most: int) -> list:
    """Valid numbers of a region: the examples with other last digits."""
    found = []
    for kind in KINDS:
        example = phonenumbers.example_number_for_type(region, kind)
        for _ in range(most if example else 0):
            digits = phonenumbers.national_significant_number(example)
            changed = digits[:-4] + "".join(draw.choice("0123456789") for _ in digits[-4:])
            number = phonenumbers.parse(f"+{example.country_code}{changed}")
            if phonenumbers.is_valid_number_for_region(number, region):
                found.append(number)
    return found


def writings(number, region: str) -> list[str]:
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return [national, international, e164, "".join(sign for sign in national if sign.isdigit()), "00" + e164[1:], e164[1:],
            national.translate(str.maketrans("0123456789", "０１２３４５６７８９")), international.replace(" ", "-"),
            phonenumbers.format_out_of_country_calling_number(number, region)]


def by_phonenumbers(text: str, region: str) -> tuple[str | None, bool]:
    """What libphonenumber makes of a text, and whether it is a valid number; None where it is none that is possible."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None, False
    possible = phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    return (phonenumbers.format_number(number, PhoneNumberFormat.E164) if possible else None), phonenumbers.is_valid_number(number)


def test_the_table_is_what_the_pinned_phonenumbers_says():
    assert reference_files.PHONES.read_text(encoding="utf-8") == reference_files.phones()


def test_numbers_as_people_write_them(store):
    rows = [
        ("0171 5550101", "Germany", "+491715550101"), ("030/1234567", "Deutschland", "+49301234567"), ("+49 (0)171 5550101", None, "+491715550101"),
        ("06 6982 1234", "IT", "+390669821234"), ("+39 (0)6 69821234", None, "+390669821234"), ("(212) 555-0142", "USA", "+12125550142"),
        ("1-212-555-0142", "US", "+12125550142"), ("138 0013 8000", "中国", "+8613800138000"), ("010-62781234", "China", "+861062781234"),
        ("0086 138 0013 8000", "CN", "+8613800138000"), ("８６１３８００１３８０００", "CN", "+8613800138000"), ("9123 4567", "香港", "+85291234567"),
        ("02-2345 6789", "Taiwan", "+886223456789"), ("011 15 2345-6789", "AR", "+5491123456789"), ("06 1 234 5678", "HU", "+3612345678"),
        ("8 (912) 345-67-89", "Россия", "+79123456789"), ("011 44 20 7946 0958", "US", "+442079460958"), ("Tel.: 020 7946 0958", "UK", "+442079460958"),
        ("020 7946 0958 ext. 12", "GB", "+442079460958 x12"), ("0755-86013388转8001", "CN", "+8675586013388 x8001"),
    ]
    found, notes = standard(store, rows)
    assert dict(zip([row[0] for row in rows], found, strict=True)) == {phone: asked for phone, _, asked in rows}
    assert "phones_left" not in notes


def test_what_is_no_number_there_stays_and_is_counted(store):
    rows = [("12", "DE"), ("n/a", "US"), ("1-800-FLOWERS", "US"), ("(123) 456-7890", "US"), ("030 123456", "Atlantis"), ("030 123456", None),
            ("030 123456 / 0171 5550101", "DE"), ("", "US"), (None, "US")]
    found, notes = standard(store, rows)
    assert found == ["12", "n/a", "1-800-FLOWERS", "(123) 456-7890", "030 123456", "030 123456", "030 123456 / 0171 5550101", None, None]
    assert notes["phones_left"] == {"count": 7}


def test_a_country_by_default_is_for_rows_without_one_and_only_for_them(store):
    rows = [("030 123456", None), ("030 123456", "Atlantis"), ("01 5122233", "AT")]
    assert standard(store, rows, default_country="Germany")[0] == ["+4930123456", "030 123456", "+4315122233"]


def test_a_default_that_is_no_country_is_said(store):
    _, tried = table_after(store, {"phone": ["030 123456"]}, "standard_phone", column="phone", default_country="Atlantis")
    assert (tried.state, tried.reason) == ("skipped", ("country_unknown", {"value": "Atlantis"}))


def test_the_extension_can_have_a_column_of_its_own(store):
    frame, _ = table_after(store, {"phone": ["020 7946 0958 ext. 12", "020 7946 0958"]}, "standard_phone", column="phone",
                           default_country="GB", extension="own_column")
    assert frame["phone"].tolist() == ["+442079460958"] * 2 and frame["phone_extension"].tolist() == ["12", None]


@pytest.mark.parametrize("regions", [NAMED, sorted(set(phonenumbers.SUPPORTED_REGIONS) - set(NAMED) - {"AC", "TA", "XK"})], ids=["named", "others"])
def test_valid_numbers_become_what_libphonenumber_makes_of_them(store, regions):
    draw, rows = random.Random(11), []
    for region in regions:
        for number in numbers_of(region, draw, 3 if region in NAMED else 1):
            for text in writings(number, region):
                asked, valid = by_phonenumbers(text, region)
                if valid:
                    rows.append((text, region, asked))
    found, _ = standard(store, rows)
    differ = [(row, given) for row, given in zip(rows, found, strict=True) if row[2] != given]
    assert len(rows) > 5 * len(regions) and differ == []


def test_any_digits_at_all_become_a_number_that_libphonenumber_calls_possible_or_stay(store):
    draw, rows = random.Random(13), []
    for region in NAMED:
        for _ in range(60):
            text = "".join(draw.choice("0123456789") for _ in range(draw.randint(3, 13)))
            rows.append((draw.choice(["", "", "0", "+", "00"]) + text, region))
    found, _ = standard(store, rows)
    wrong = [(text, region, given, by_phonenumbers(text, region)) for (text, region), given in zip(rows, found, strict=True)
             if given != text and given != by_phonenumbers(text, region)[0]]
    missed = [(text, region, given) for (text, region), given in zip(rows, found, strict=True)
              if by_phonenumbers(text, region)[1] and given != by_phonenumbers(text, region)[0]]
    assert wrong == [] and missed == []


def test_twice_is_once(store):
    draw, rows = random.Random(17), []
    for region in NAMED[:20]:
        for number in numbers_of(region, draw, 1):
            rows += [(text, region) for text in writings(number, region)]
        rows += [("".join(draw.choice("0123456789 -()+") for _ in range(12)), region) for _ in range(40)]
    once, _ = standard(store, rows)
    assert standard(store, [(phone, country) for phone, (_, country) in zip(once, rows, strict=True)])[0] == once
