"""Names of organisations as they are compared: legal forms, case, accents and widths of signs are taken off."""
import pytest

from crm_core.cleaning.duplicates.names import normal_text, organisation_name


@pytest.mark.parametrize(("written", "compared"), [
    ("* AKZO NOBEL N.V.", "akzo nobel"),
    ("Akzo Nobel N V", "akzo nobel"),
    ("D.S.M. N.V.", "dsm"),
    ("D S M N. V.", "dsm"),
    ("Agilent Technologies, Inc.", "agilent technologies"),
    ("IBM Co., Ltd.", "ibm"),
    ("Telecom Italia S.p.A.", "telecom italia"),
    ("Müller & Söhne GmbH & Co. KG", "muller and sohne"),
    ("Smith & Co", "smith"),
    ("Øresund A/S", "oresund"),
    ("Nokia Oyj", "nokia"),
    ("AB Volvo (publ)", "volvo"),
    ("Kowalski Sp. z o.o.", "kowalski"),
    ("Cemex S.A.B. de C.V.", "cemex"),
    ("ООО Ромашка", "ромашка"),
    ("AKZO NOBEL N.V. Arnhem", "akzo nobel arnhem"),
])
def test_a_company_is_compared_without_its_legal_form(written, compared):
    assert organisation_name(written) == compared


@pytest.mark.parametrize(("one", "other"), [
    ("華為技術有限公司", "华为技术有限公司"),
    ("ＡＢＣ 股份有限公司", "abc"),
    ("小米集团", "小米"),
    ("上海华虹（集团）有限公司", "上海华虹"),
    ("株式会社がっこう", "がっこう株式会社"),
])
def test_chinese_and_japanese_names_are_compared_across_widths_and_kinds_of_signs(one, other):
    assert organisation_name(one) == organisation_name(other)


def test_the_city_before_a_chinese_name_tells_companies_apart():
    assert organisation_name("北京银行股份有限公司") == "北京银行"
    assert organisation_name("南京银行股份有限公司") == "南京银行"


@pytest.mark.parametrize(("written", "compared"), [
    ("Company", "company"), ("S.A.", "sa"), ("SC Johnson", "sc johnson"), ("公司", "公司"), ("AS Roma", "as roma")])
def test_a_name_that_is_nothing_but_a_form_or_only_looks_like_one_stays(written, compared):
    assert organisation_name(written) == compared


@pytest.mark.parametrize("nothing", [None, float("nan"), "", "   ", "***"])
def test_no_name_is_an_empty_one(nothing):
    assert organisation_name(nothing) == ""


def test_accents_fall_but_signs_of_other_scripts_stay_what_they_are():
    assert normal_text("Ｃａｆé Łódź Straße") == "cafe lodz strasse"
    assert normal_text("がか") == "がか"
    assert normal_text("서울") == "서울"
