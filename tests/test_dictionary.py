"""The team's own words: read from the records, as a file, and what they change; words that no list has."""
import pytest

from crm_core.errors import RuleBroken, TermsUnreadable
from crm_core.text_mining import Dictionary, dictionary
from crm_core.text_mining.dictionary import keep_terms, listed, read_terms, write_terms
from crm_core.text_mining.new_words import new_words


def kept(store) -> list[tuple]:
    with store.look() as look:
        return look.execute("SELECT kind, language, term, meaning, weight FROM text_terms WHERE deleted_at IS NULL "
                            "ORDER BY id").fetchall()


def test_own_words_and_products_are_one_dictionary(store):
    with store.batch("add", "words") as batch:
        keep_terms(batch, [
            {"kind": "stop", "language": "en", "term": "Tea"}, {"kind": "keep", "language": "zh", "term": "云朵杯"},
            {"kind": "synonym", "language": "en", "term": "mug", "meaning": "Cup"},
            {"kind": "product", "language": "zh", "term": "法压壶", "meaning": "French Press"},
            {"kind": "mood", "language": "en", "term": "sick", "weight": 2.5}])
        batch.add("products", {"product_no": "P-1", "name": "Green Tea"})
    with store.look() as look:
        own = dictionary(look)
    assert own == Dictionary(frozenset(["tea"]), frozenset(["云朵杯"]), (("mug", "cup"),),
                             (("green tea", "Green Tea"), ("法压壶", "French Press")), (("sick", 2.5),))


def test_own_words_go_out_and_come_back_as_they_were(store):
    rows = [{"kind": "mood", "language": "en", "term": "meh, so so", "meaning": None, "weight": -0.5},
            {"kind": "stop", "language": "zh", "term": "哈哈", "meaning": None, "weight": None},
            {"kind": "synonym", "language": "en", "term": "=cup", "meaning": "mug", "weight": None}]
    assert read_terms(write_terms(rows)) == rows


def test_a_file_with_other_heads_encoding_and_separator_is_read():
    content = "类别;语言;词;情绪\n停用词;中文;哈哈;\n情绪词;中文;垃圾;-3,5\n".encode("gb18030")
    called = {"column": {"类别": "kind", "语言": "language", "词": "term", "情绪": "weight"},
              "kind": {"停用词": "stop", "情绪词": "mood"}, "language": {"中文": "zh"}}
    assert [(row["kind"], row["language"], row["term"], row["weight"]) for row in read_terms(content, called)] == [
        ("stop", "zh", "哈哈", None), ("mood", "zh", "垃圾", -3.5)]


@pytest.mark.parametrize("content, missing", [
    (b"", "term"), (b"word\nx\n", "kind"), (b"kind,language,term,weight\nmood,en,sick,very\n", "sick"),
    (b"\x00\x01\x02", "term")])
def test_a_file_that_is_none_is_refused_with_what_is_missing(content, missing):
    with pytest.raises(TermsUnreadable) as refused:
        read_terms(content)
    assert refused.value.facts == {"missing": missing}


def test_words_that_are_there_are_changed_and_a_change_can_be_undone(store):
    row = {"kind": "mood", "language": "en", "term": "sick", "weight": 2.0}
    with store.batch("import", "a.csv") as batch:
        keep_terms(batch, [row])
    with store.batch("import", "b.csv") as batch:
        assert keep_terms(batch, [row | {"weight": -3.0}, row | {"term": "meh"}]) == {
            "added": 1, "changed": 1, "unchanged": 0}
    store.undo(batch.number)
    assert kept(store) == [("mood", "en", "sick", None, 2.0)]


@pytest.mark.parametrize("row", [
    {"kind": "synonym", "language": "en", "term": "mug"}, {"kind": "mood", "language": "en", "term": "sick"},
    {"kind": "mood", "language": "en", "term": "sick", "weight": 9.0},
    {"kind": "nonsense", "language": "en", "term": "x"}])
def test_a_word_that_would_do_nothing_is_refused(store, row):
    with pytest.raises(RuleBroken), store.batch("add", "words") as batch:
        keep_terms(batch, [row])
    assert kept(store) == []


def test_lists_that_come_along_have_no_word_twice_and_no_capital():
    for name in ("stop_en", "stop_zh", "abbreviations_en", "surnames_zh"):
        assert listed(name) == {word.lower().strip() for word in listed(name)}


def test_a_word_that_the_segmenter_tears_is_found_and_a_known_one_is_not():
    before = ["这款", "我的", "买了", "新的", "送了", "收到", "昨天", "老板", "那个", "两个"]
    after = ["很好看", "破了", "漏水", "不错", "到了", "太小", "喜欢", "碎掉", "退货", "真美"]
    texts = [f"{one}云朵杯{other},质量不行" for one, other in zip(before, after, strict=True)]
    texts += ["物流三天才到", "客服一直没有回复我", "包装很结实,里面完好", "味道比去年淡了许多", "请问周末门店开门吗", "发票抬头写错了",
              "退款还没有收到,已经两周", "孩子特别爱喝这个茶", "希望能有小份装", "快递员把箱子扔在楼下", "颜色跟图片不一样"]
    found = [new.word for new in new_words(texts)]
    assert "云朵杯" in found and not {"质量", "朵杯", "云朵"} & set(found)
    assert "云朵杯" not in [new.word for new in new_words(texts, Dictionary(keep=frozenset(["云朵杯"])))]


@pytest.mark.parametrize("texts", [[], [""], ["no Chinese here"], ["好"], ["好评好评好评"] * 50, ["😀"] * 9])
def test_where_there_is_too_little_no_new_word_is_proposed(texts):
    assert new_words(texts) == []
