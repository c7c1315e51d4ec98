"""Saved models: the same scores to the last bit, and nothing from elsewhere or changed is ever run."""
import io
import json
import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import skops.io

from crm_core import saved
from crm_core.errors import (
    ModelFileForeign,
    ModelFileTooLarge,
    ModelOfAnotherVersion,
    ModelTypesRefused,
    NoModelFile,
)
from crm_core.purchase_prediction import MODELS
from crm_core.purchase_prediction.calibrating import calibrate
from crm_core.purchase_prediction.encoding import learn_encoding
from crm_core.purchase_prediction.models import Fitted, buys_again, fit

SECRET, OTHER = b"s" * 32, b"t" * 32
FEATURES = ("recency_days", "frequency", "monetary", "tenure_days", "channel")
ABOUT = {"name": "March", "as_of": "2026-03-01"}


def rows(seed: int = 0, count: int = 400) -> pd.DataFrame:
    """Customers of whom the recent and frequent ones buy again, with a gap here and there and a category."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "customer_id": np.arange(count), "cutoff": pd.Timestamp("2026-03-01"), "part": "train",
        "recency_days": draw.integers(0, 300, count).astype(float),
        "frequency": draw.integers(1, 9, count).astype(float), "monetary": draw.random(count) * 100,
        "tenure_days": draw.integers(300, 600, count).astype(float),
        "gap_squares": draw.random(count) * 900, "channel": pd.Categorical(draw.choice(["shop", "web", "app"], count))})
    frame.loc[::17, "monetary"] = np.nan
    frame["outcome"] = (draw.random(count) < 1 / (1 + frame.recency_days / 60)).astype(float)
    return frame


@pytest.fixture(scope="module")
def fitted():
    return fit("logistic", rows(), FEATURES, 0)


def packed(model, secret: bytes = SECRET) -> bytes:
    return saved.pack({"model": model}, ABOUT, secret)


def signed(zipped: bytes, secret: bytes = SECRET, **about) -> bytes:
    """A file whose signature is right, whatever is in it: what the checks behind the signature have to refuse."""
    import sklearn

    body = json.dumps({"sklearn": sklearn.__version__} | about).encode() + b"\n" + zipped
    return saved.MARK + saved._signature(body, secret) + b"\n" + body


def zipped(**members) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_json", ".json"), content)
    return buffer.getvalue()


@pytest.mark.parametrize("name", [name for name in MODELS if name != "blend"])
def test_each_way_of_predicting_comes_back_with_scores_equal_to_the_last_bit(name):
    given, others = rows(), rows(seed=1)
    model = (Fitted(name, learn_encoding(given, buys_again.NEEDS), buys_again.fit(given, 90)) if name == "bgnbd"
             else fit(name, given, FEATURES, 0))
    again = saved.unpack(packed(model), SECRET).parts["model"]
    assert (np.asarray(again.chance(others)) == np.asarray(model.chance(others))).all()


def test_a_calibrated_model_comes_back_with_its_calibration():
    model, others = fit("boosting", rows(), FEATURES, 0), rows(seed=1)
    model = replace(model, calibration=calibrate(model.margin(others), others.outcome.to_numpy()))
    again = saved.unpack(packed(model), SECRET)
    assert again.about["name"] == "March"
    assert (again.parts["model"].chance(others) == model.chance(others)).all()


def test_one_byte_changed_anywhere_is_refused(fitted):
    file = packed(fitted)
    places = [*range(len(saved.MARK) + 70), *np.linspace(len(saved.MARK), len(file) - 1, 150).astype(int)]
    for place in places:
        changed = bytearray(file)
        changed[place] ^= 1
        with pytest.raises((ModelFileForeign, NoModelFile)):
            saved.unpack(bytes(changed), SECRET)


@pytest.mark.parametrize("change", [
    lambda file: file + b"\0", lambda file: file[:-1], lambda file: file[:len(file) // 2],
    lambda file: file + zipped(more="x")])
def test_what_is_longer_or_shorter_is_refused(fitted, change):
    with pytest.raises(ModelFileForeign):
        saved.unpack(change(packed(fitted)), SECRET)


def renamed(body: bytes) -> bytes:
    """The zip with Logistic called os.system wherever a type is named."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as before, zipfile.ZipFile(buffer, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, content.replace(b'"Logistic"', b'"system"').replace(
                b'"crm_core.purchase_prediction.models.logistic"', b'"os"') if name == "schema.json" else content)
    return buffer.getvalue()


def test_other_names_of_types_are_refused_signed_or_not(fitted):
    head, _, body = packed(fitted).partition(b"PK")
    changed = renamed(b"PK" + body)
    with pytest.raises(ModelFileForeign):
        saved.unpack(head + changed, SECRET)
    with pytest.raises(ModelTypesRefused) as told:
        saved.unpack(signed(changed), SECRET)
    assert "os.system" in told.value.facts["types"]


def test_a_comment_or_a_member_put_into_the_zip_is_refused(fitted):
    head, _, body = packed(fitted).partition(b"PK")
    buffer = io.BytesIO(b"PK" + body)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"harmless"
        archive.writestr("more.txt", "harmless too")
    with pytest.raises(ModelFileForeign):
        saved.unpack(head + buffer.getvalue(), SECRET)


def test_a_model_of_another_book_is_refused(fitted):
    with pytest.raises(ModelFileForeign):
        saved.unpack(packed(fitted, OTHER), SECRET)


class Runs:
    """What a pickle can do when it is read."""

    ran = False

    def __reduce__(self):
        return setattr, (Runs, "ran", True)


@pytest.mark.parametrize("file", [
    b"", b"not a model", saved.MARK, zipped(a="b"), pickle.dumps(Runs()), skops.io.dumps({"a": 1})])
def test_a_file_that_is_no_model_is_refused_and_never_run(file):
    with pytest.raises(NoModelFile):
        saved.unpack(file, SECRET)
    assert Runs.ran is False


def test_a_file_beyond_any_model_is_refused_before_it_is_looked_into():
    with pytest.raises(ModelFileTooLarge):
        saved.unpack(saved.MARK + b"x" * saved.MOST_BYTES, SECRET)


# --- behind the signature -------------------------------------------------------------------------


def test_types_beyond_the_list_are_refused_even_with_a_right_signature():
    import datetime
    import operator
    from functools import partial

    from sklearn.linear_model import SGDClassifier

    class Stranger:
        pass

    for stranger in ({"model": SGDClassifier()}, {"model": operator.itemgetter(0)}, {"model": np.exp},
                     {"model": partial(print, "x")}, {"model": datetime.timedelta}):
        with pytest.raises(ModelTypesRefused):
            saved.unpack(signed(skops.io.dumps(stranger)), SECRET)
    with pytest.raises(ModelTypesRefused):
        saved.pack({"model": SGDClassifier()}, ABOUT, SECRET)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(saved, "MOST_UNPACKED", 2**20)
    bomb = zipped(schema_json="{}", big=b"\0" * 2**24)
    assert len(bomb) < 2**16
    with pytest.raises(ModelFileTooLarge):
        saved.unpack(signed(bomb), SECRET)


@pytest.mark.parametrize("inside", [b"", b"PK", zipped(other="x"), zipped(schema_json="{")])
def test_a_broken_inside_is_refused(inside):
    with pytest.raises(NoModelFile):
        saved.unpack(signed(inside), SECRET)


def test_a_model_of_another_version_of_scikit_learn_is_refused_with_both_versions(fitted):
    body = packed(fitted).partition(b"PK")[2]
    with pytest.raises(ModelOfAnotherVersion) as told:
        saved.unpack(signed(b"PK" + body, sklearn="1.0.2"), SECRET)
    assert told.value.facts["found"] == "1.0.2"
