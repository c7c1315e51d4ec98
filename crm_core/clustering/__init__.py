"""Put customers who are alike into groups, say what each group is, keep it, and follow it over time."""

from crm_core.clustering.choice import FEATURES, LOGGED, Choice, propose_choice
from crm_core.clustering.choose_k import stability_by_k
from crm_core.clustering.grouping import Groups, cluster_customers
from crm_core.clustering.model import Model

__all__ = ["FEATURES", "LOGGED", "Choice", "Groups", "Model", "cluster_customers", "propose_choice", "stability_by_k"]
