"""Values split, joined and replaced."""


def test_a_text_is_split_into_columns_and_the_last_takes_the_rest(cleaned):
    told, after = cleaned({"name": ["Ada Maria Wong", "Bo", None]}, "split", column="name", separator=" ",
                          into=["first", "rest"])
    assert (after["first"], after["rest"]) == (["Ada", "Bo", None], ["Maria Wong", None, None])
    assert after["name"] == ["Ada Maria Wong", "Bo", None]
    assert ("nothing_to_split", {"count": 1}) in told.notes


def test_splitting_into_a_column_that_is_there_leaves_what_has_no_part(cleaned):
    _, after = cleaned({"name": ["Ada-Bern", "Bo"], "city": ["x", "Basel"]}, "split", column="name", separator="-",
                       into=["person", "city"])
    assert after["city"] == ["Bern", "Basel"]


def test_columns_are_joined_without_what_is_missing(cleaned):
    _, after = cleaned({"street": ["Weg", None, None], "no": [3, 4, 5]}, "join", columns=["street", "no"], into="address",
                       separator=" ")
    assert after["address"] == ["Weg 3", "4", "5"]


def test_a_plain_text_is_replaced_as_it_stands(cleaned):
    assert cleaned({"x": ["a.b", "A.B"]}, "replace", columns=["x"], find=".", by="-")[1]["x"] == ["a-b", "A-B"]
    assert cleaned({"x": ["a.b", "A.Bx"]}, "replace", columns=["x"], find="a.b", by="\\1", ignore_case=True)[1]["x"] == [
        "\\1", "\\1x"]


def test_a_regular_expression_may_keep_groups(cleaned):
    told, after = cleaned({"x": ["Wong, Ada", "Bo"]}, "replace", columns=["x"], find="^(\\w+), (\\w+)$", by="\\2 \\1",
                          regular=True)
    assert (after["x"], told.cells) == (["Ada Wong", "Bo"], {"x": 1})


def test_a_group_may_be_written_as_spreadsheets_write_it(cleaned):
    _, after = cleaned({"x": ["Wong, Ada"]}, "replace", columns=["x"], find="^(\\w+), (\\w+)$", by="$2 $1", regular=True)
    assert after["x"] == ["Ada Wong"]


def test_what_becomes_empty_is_missing(cleaned):
    assert cleaned({"x": ["-", "a"]}, "replace", columns=["x"], find="-")[1]["x"] == [None, "a"]
