"""Put customers who are alike into groups, say what each group is, keep it, and follow it over time."""

from crm_core.clustering.agreement import Agreement, agreement
from crm_core.clustering.choice import FEATURES, LOGGED, Choice, choice_of, propose_choice
from crm_core.clustering.choose_k import stability_by_k
from crm_core.clustering.grouping import Groups, cluster_customers
from crm_core.clustering.model import Model
from crm_core.clustering.proposals import Proposal, propose_transforms
from crm_core.clustering.selecting import Shape, against_the_others, inside, places
from crm_core.clustering.steps import Step, collected

__all__ = ["FEATURES", "LOGGED", "Agreement", "Choice", "Groups", "Model", "Proposal", "Shape", "Step",
           "against_the_others", "agreement", "choice_of", "cluster_customers", "collected", "inside",
           "places", "propose_choice", "propose_transforms", "stability_by_k"]
