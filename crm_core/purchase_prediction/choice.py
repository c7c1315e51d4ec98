"""What a prediction is asked for: of what, by which features, by which models, with how much gap."""

import json
from dataclasses import asdict, dataclass, field

from crm_core.purchase_prediction.target import Target

# In the order in which they are tried; words: model.<name>.
MODELS = ("recency_rule", "logistic", "poisson", "additive", "boosting", "naive_bayes", "cart", "c45", "id3", "svm",
          "bgnbd", "blend")


@dataclass(frozen=True)
class Choice:
    target: Target = field(default_factory=Target)
    features: tuple[str, ...] = ()  # (): what is proposed for the target
    excluded: tuple[str, ...] = ()  # features that a person took out: suspected of leaking, or not wanted
    models: tuple[str, ...] = MODELS  # those that are tried
    model: str | None = None  # the one to use; None: the one that did best on the part for it
    gap_days: int = 0
    segment_id: int | None = None  # only its members; None: everybody

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Choice":
        kept = {name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(text).items()
                if name in Choice.__dataclass_fields__}
        return Choice(**(kept | {"target": Target(**kept["target"])}))
