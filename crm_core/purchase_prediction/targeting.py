"""From scores to a list of people to address: how many, whom not again so soon, and a part kept out to measure by.

    4,086 scores, the 500 highest, not contacted for 14 days, 10 % kept out   →   450 listed, 50 kept out, 61 left out

Whoever may be contacted at all is told by crm_core.contacts, channel by channel.
"""

from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core.errors import NobodyForTarget

WAYS = ("top", "chance", "profit")  # words: targeting.way.<name>


@dataclass(frozen=True)
class Wish:
    """Whom to address. Plain data: it stands in the definition of the segment."""

    way: str = "top"  # one of WAYS
    most: int = 500  # top: so many, the highest scores first
    at_least: float = 0.5  # chance: a score of at least so much (of amounts: money)
    value: float = 0.0  # profit: what a yes is worth, in money; an amount is its own value
    cost: float = 0.0  # profit: what it costs to address one customer
    quiet_days: int = 0  # leave out whoever heard from us in so many days; 0: nobody
    kept_out: float = 0.0  # share (0..1) of the chosen that is drawn to be left alone
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Targets:
    listed: pd.DataFrame  # customer_id, score, the highest first
    kept_out: pd.DataFrame  # likewise: drawn at random from those who would be listed
    heard_lately: int  # left out since they heard from us in the quiet days
    below: int  # customers whose score was not high enough

    def definition(self, run_id: int, wish: Wish, part: str) -> dict:
        """What the segment keeps of how it came about."""
        return {"run": int(run_id), "part": part, **asdict(wish)}


def choose(scores: pd.DataFrame, wish: Wish, lately: set[int] = frozenset(), amounts: bool = False) -> Targets:
    """Whom to address by scores (customer_id, score). `lately`: who heard from us. Raises NobodyForTarget."""
    rows = scores[["customer_id", "score"]].sort_values(["score", "customer_id"], ascending=[False, True])
    heard = rows.customer_id.isin(lately) if lately else pd.Series(False, rows.index)
    if wish.way == "top":
        # Somebody who heard from us lately makes room for the next one.
        chosen = rows[~heard].head(wish.most)
        passed = int(heard[rows.score >= chosen.score.iloc[-1]].sum()) if len(chosen) else int(heard.sum())
    else:
        worth = rows.score * (1.0 if amounts else wish.value) - wish.cost
        high = rows.score >= wish.at_least if wish.way == "chance" else worth > 0
        chosen, passed = rows[high & ~heard], int((high & heard).sum())
    if chosen.empty:
        raise NobodyForTarget()
    chosen = chosen.reset_index(drop=True)
    draw = np.random.default_rng(wish.seed)
    aside = np.zeros(len(chosen), dtype=bool)
    aside[draw.permutation(len(chosen))[: round(wish.kept_out * len(chosen))]] = True
    return Targets(chosen[~aside].reset_index(drop=True), chosen[aside].reset_index(drop=True), passed,
                   len(rows) - len(chosen) - passed)


def heard_lately(ask, as_of: date, days: int) -> set[int]:
    """Customers to whom something went out, a message or a campaign, in the days up to and with a day."""
    if not days:
        return set()
    found = ask.execute(
        "SELECT DISTINCT customer_id FROM ("
        "SELECT customer_id, occurred_at AS moment FROM communications WHERE direction = 'out' AND deleted_at IS NULL "
        "UNION ALL SELECT customer_id, sent_at FROM campaign_members "
        "WHERE variant <> 'control' AND deleted_at IS NULL) "
        "WHERE customer_id IS NOT NULL AND moment >= $start AND moment < $until",
        start=as_of - timedelta(days=days - 1), until=as_of + timedelta(days=1)).fetchall()
    return {customer_id for customer_id, in found}
