"""What messages need: taught by examples, with every answer explained, and "don't know" where it does not know."""

from crm_core.text_mining.classes.learning import Classes, learn
from crm_core.text_mining.classes.naive_bayes import Factors, factors
from crm_core.text_mining.classes.queue import Queue, prepare

__all__ = ["Classes", "Factors", "Queue", "factors", "learn", "prepare"]
