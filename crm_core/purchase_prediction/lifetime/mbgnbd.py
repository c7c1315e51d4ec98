"""MBG/NBD: BG/NBD in which customers may leave right after their first purchase as well.

Batislam, Denizel and Filiztekin (2007), Empirical validation and comparison of models for customer base analysis,
International Journal of Research in Marketing 24(3), 201-209. Who bought once only is not sure to be there any more.
"""

from dataclasses import dataclass

from crm_core.purchase_prediction.lifetime import bgnbd
from crm_core.purchase_prediction.lifetime.history import Histories, gathered


@dataclass(frozen=True)
class MBGNBD(bgnbd.BGNBD):
    name = "mbgnbd"
    at_first = 1


def fit(frequency, recency, T, weights=None) -> MBGNBD:
    return fit_histories(gathered(frequency, recency, T, weights))


def fit_histories(histories: Histories) -> MBGNBD:
    return bgnbd.fit_histories(histories, MBGNBD)
