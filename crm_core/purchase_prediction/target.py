"""What is predicted: a yes or no, an amount or a kind, of each customer, within a horizon or in a column."""

import json
from dataclasses import asdict, dataclass

# Whoever has not ordered for longer has left already: of them nobody asks who leaves, unless somebody does.
USUALLY_ACTIVE_DAYS = 365
KINDS = ("buys", "spends", "buys_category", "leaves", "column")
CAMPAIGN = "campaign"  # campaign:<id> as a column: who responded to it
NOTHING, ANOTHER = ":nothing", ":another"  # kinds of buys_category beside the categories; words: target.nothing …


@dataclass(frozen=True)
class Target:
    """What is asked about each customer. Words: target.<kind>."""

    kind: str = "buys"  # one of KINDS
    horizon_days: int = 90  # dated kinds look this far forward from the end of the cutoff day
    active_days: int = 0  # leaves: of customers with an order in this many days before the cutoff; 0: of all
    column: str = ""  # column: what is the answer, as crm_core.features names it (extra:Response), or campaign:<id>
    column_kind: str = "yes_no"  # column: yes_no or number
    value: str = ""  # column with kinds: the one that counts as yes; "" where the column itself says yes and no

    @property
    def dated(self) -> bool:
        """Whether the answer is looked for after a cutoff, so that examples can be taken from the past."""
        return self.kind != "column"

    @property
    def answer(self) -> str:
        """yes_no, amount or category: what a model of it gives."""
        if self.kind == "column":
            return "amount" if self.column_kind == "number" else "yes_no"
        return {"spends": "amount", "buys_category": "category"}.get(self.kind, "yes_no")

    @property
    def campaign_id(self) -> int | None:
        """The campaign whose answers are the target: who responded, of those who were reached."""
        start, _, number = self.column.partition(":")
        return int(number) if self.kind == "column" and start == CAMPAIGN and number.isdigit() else None

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Target":
        known = Target.__dataclass_fields__
        return Target(**{name: value for name, value in json.loads(text).items() if name in known})
