"""What customers say, in English and Chinese: what it is about, how they feel, what changed, what it goes with."""

from crm_core.text_mining.corpus import Corpus, corpus, messages
from crm_core.text_mining.dictionary import Dictionary, dictionary
from crm_core.text_mining.tokens import Tokens, tokenise

__all__ = ["Corpus", "Dictionary", "Tokens", "corpus", "dictionary", "messages", "tokenise"]
