"""How customers feel: a mood a message, with the words that decide it.

Without labels the known words of both languages are weighed by rules (scoring) and lend their mood to the other words
of the texts at hand (spreading). The team's own labels, where there are some, teach on top of that (taught).
"""

from crm_core.text_mining.sentiment.moods import MOODS, NEGATIVE, NEUTRAL, POSITIVE, Moods, moods
from crm_core.text_mining.sentiment.taught import LEAST_LABELS

__all__ = ["LEAST_LABELS", "MOODS", "NEGATIVE", "NEUTRAL", "POSITIVE", "Moods", "moods"]
