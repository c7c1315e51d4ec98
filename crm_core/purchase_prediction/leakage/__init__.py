"""The tripwire: what among the features would not be known yet when a chance is asked for, or is the answer itself.

    target 1, 0, 0 | cancellation_reason price, –, – | visits 2, 5, 1
    →  Leak("cancellation_reason", "after", {"share_yes": .98, "share_no": .0, …}, sure=True)
"""

from crm_core.purchase_prediction.leakage.finding import KINDS, Leak, find_leaks

__all__ = ["KINDS", "Leak", "find_leaks"]
