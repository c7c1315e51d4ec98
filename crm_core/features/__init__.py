"""What is known of customers as of a day, a row each: for whatever groups them or predicts what they do."""

from crm_core.features.catalogue import Feature
from crm_core.features.gathering import gather, known, own_fields, people

__all__ = ["Feature", "gather", "known", "own_fields", "people"]
