"""A fitted model as a file and back: signed by this book, of a fixed list of types, never run before both are checked.

    CRM workbench model 1                         what it is
    5f2c…                                         HMAC-SHA256 of all that follows, by the secret of this book
    {"choice": …, "sklearn": "1.9.0", …}          what it predicts, in one line of JSON
    PK…                                           the models as skops keeps them: a zip of arrays and plain data

No pickle anywhere: reading a pickle runs what it says. skops makes objects only of types that are named, and here these
stand in a list that does not depend on the file. A file that was not signed by this book, or of which one byte is
another, is refused before anything in it is opened (docs/decisions/0076).
"""

import hashlib
import hmac
import io
import json
import zipfile
from dataclasses import dataclass

from crm_core.errors import (
    ModelFileForeign,
    ModelFileTooLarge,
    ModelOfAnotherVersion,
    ModelTypesRefused,
    NoModelFile,
)

MARK = b"CRM workbench model 1\n"
SIGNED = 64  # hex digits of the signature
MOST_BYTES = 64 * 2**20  # of a file
MOST_UNPACKED = 512 * 2**20  # of all that is zipped in it
MOST_MEMBERS = 20_000

_OWN = "crm_core.purchase_prediction."
_TEXTS = "crm_core.text_mining."
_BOOSTING = "sklearn.ensemble._hist_gradient_boosting."
# What a model may be made of. A new kind of model adds its types here, by name; tests/test_saved.py holds every way
# of predicting against it.
TYPES = frozenset({
    "builtins.dict", "builtins.list", "builtins.tuple", "builtins.str", "builtins.int", "builtins.float",
    "builtins.bool", "builtins.NoneType",
    "numpy.ndarray", "numpy.dtype", "numpy.bool", "numpy.int32", "numpy.int64", "numpy.uint8", "numpy.uint32",
    "numpy.uint64", "numpy.float32", "numpy.float64", "numpy.random._generator.Generator",
    _OWN + "encoding.Encoding", *(_OWN + f"calibrating.{name}" for name in (
        "Calibration", "Beta", "Isotonic", "Temperature")),
    *(_OWN + f"models.{name}" for name in (
        "fitted.Fitted", "recency_rule.RecencyRule", "logistic.Logistic", "naive_bayes.NaiveBayes", "svm.Svm",
        "boosting.Boosting", "blend.Blend", "blend.Weights", "poisson.Poisson", "buys_again.BuysAgain")),
    _OWN + "spend.Spending", _OWN + "amounts.Amounts", _OWN + "trees.tree.Tree", _OWN + "trees.tree.Node",
    *(_OWN + f"lifetime.{name}" for name in (
        "bgnbd.BGNBD", "nbd.NBD", "mbgnbd.MBGNBD", "pareto_nbd.ParetoNBD", "gamma_gamma.GammaGamma")),
    _BOOSTING + "gradient_boosting.HistGradientBoostingClassifier",
    _BOOSTING + "gradient_boosting.HistGradientBoostingRegressor",
    _BOOSTING + "binning._BinMapper", _BOOSTING + "predictor.TreePredictor",
    *(f"sklearn._loss.{place}{name}" for place in ("loss.", "_loss.Cy") for name in (
        "HalfBinomialLoss", "HalfMultinomialLoss", "HalfSquaredError", "HalfPoissonLoss", "HalfGammaLoss")),
    *(f"sklearn._loss.link.{name}" for name in (
        "LogitLink", "MultinomialLogit", "IdentityLink", "LogLink", "Interval")),
    "sklearn.preprocessing._label.LabelEncoder", "sklearn.linear_model._ridge.Ridge", "sklearn.svm._classes.SVR",
    # Boosting's own way with categories: it checks an array by a function of scikit-learn's.
    "sklearn.compose._column_transformer.ColumnTransformer", "sklearn.preprocessing._encoders.OrdinalEncoder",
    "sklearn.preprocessing._function_transformer.FunctionTransformer", "functools.partial", "builtins.slice",
    "sklearn.utils.validation.check_array",
    *(_TEXTS + name for name in (
        "vectors.Vectors", "vectors.Block", "linear.Linear", "linear.Calibration", "classes.naive_bayes.NaiveBayes",
        "classes.learning.Classes")),
})
# How skops puts an object together. Nodes that call what a file names (methods, operators, constructors) are not among
# them; a function can only be one of the list.
LOADERS = frozenset({
    "DictNode", "ListNode", "TupleNode", "SliceNode", "JsonNode", "ObjectNode", "NdArrayNode", "DTypeNode", "TypeNode",
    "LossNode", "TreeNode", "RandomGeneratorNode", "RandomStateNode", "FunctionNode", "PartialNode", "CachedNode"})


@dataclass(frozen=True, eq=False)
class SavedModel:
    about: dict  # plain data: choice, as_of, features, sklearn and what else was noted
    parts: dict  # name → a fitted model: "model", and "rule" where there is one


def secret_of(ask) -> bytes:
    """What this book signs its files with."""
    return bytes.fromhex(ask.execute("SELECT value FROM secrets WHERE name = 'models'").fetchone()[0])


def pack(parts: dict, about: dict, secret: bytes) -> bytes:
    """Fitted models and what is to be known of them as a signed file. Raises ModelTypesRefused."""
    import sklearn
    import skops.io

    zipped = skops.io.dumps(parts, compression=zipfile.ZIP_DEFLATED, compresslevel=6)
    _check_types(zipped)
    told = json.dumps(about | {"sklearn": sklearn.__version__}, ensure_ascii=False).encode()
    body = told + b"\n" + zipped
    return MARK + _signature(body, secret) + b"\n" + body


def unpack(data: bytes, secret: bytes) -> SavedModel:
    """The models of a file that this book has signed.

    Raises ModelFileTooLarge, NoModelFile, ModelFileForeign, ModelOfAnotherVersion, ModelTypesRefused.
    """
    import sklearn

    about, zipped = _opened(data, secret)
    if about["sklearn"] != sklearn.__version__:
        raise ModelOfAnotherVersion(found=about["sklearn"], known=sklearn.__version__)
    _check_types(zipped)
    import skops.io

    strange = set(skops.io.get_untrusted_types(data=zipped)) - TYPES
    if strange:
        raise ModelTypesRefused(types=", ".join(sorted(strange)[:3]))
    return SavedModel(about, skops.io.loads(zipped, trusted=sorted(TYPES)))


def told_of(data: bytes, secret: bytes) -> dict:
    """What a file says of its model, without making the model. Raises as `unpack` does."""
    return _opened(data, secret)[0]


def _opened(data: bytes, secret: bytes) -> tuple[dict, bytes]:
    if len(data) > MOST_BYTES:
        raise ModelFileTooLarge(size=len(data) // 2**20, most=MOST_BYTES // 2**20)
    start = len(MARK) + SIGNED + 1
    if not data.startswith(MARK) or len(data) <= start:
        raise NoModelFile()
    signature, body = data[len(MARK):start], data[start:]
    if not hmac.compare_digest(signature, _signature(body, secret) + b"\n"):
        raise ModelFileForeign()
    told, _, zipped = body.partition(b"\n")
    return json.loads(told), zipped


def _signature(body: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, MARK + body, hashlib.sha256).hexdigest().encode()


def _check_types(zipped: bytes) -> None:
    """The zip is of a size that can be, and names no type and no way of making one beyond the lists."""
    from skops.io._protocol import PROTOCOL

    try:
        archive = zipfile.ZipFile(io.BytesIO(zipped))
    except zipfile.BadZipFile as error:
        raise NoModelFile() from error
    with archive:
        members = archive.infolist()
        size = sum(member.file_size for member in members)
        if len(members) > MOST_MEMBERS or size > MOST_UNPACKED:
            raise ModelFileTooLarge(size=size // 2**20, most=MOST_UNPACKED // 2**20)
        try:
            schema = json.loads(archive.read("schema.json"))
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise NoModelFile() from error
    types, loaders = set(), set()
    _collect(schema, types, loaders)
    strange = sorted(types - TYPES) + sorted(loaders - LOADERS)
    if strange or schema.get("protocol") != PROTOCOL:
        raise ModelTypesRefused(types=", ".join(strange[:3]) or f"skops {schema.get('protocol')}")


def _collect(node, types: set[str], loaders: set[str]) -> None:
    if isinstance(node, dict):
        if "__class__" in node:
            types.add(f"{node.get('__module__')}.{node['__class__']}")
        if "__loader__" in node:
            loaders.add(str(node["__loader__"]))
        for below in node.values():
            _collect(below, types, loaders)
    elif isinstance(node, list):
        for below in node:
            _collect(below, types, loaders)
