"""Texts are read with the network cut: nothing is fetched, neither at import nor at work."""
import os
import subprocess
import sys

from tests.conftest import PROJECT

READ = '''
import sys

def cut(event, _told):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request",
                 "http.client.connect", "ftplib.connect"):
        raise RuntimeError(f"the network was asked: {event}")

sys.addaudithook(cut)
import importlib, pkgutil
import pandas as pd
import crm_core.text_mining as concern

for module in pkgutil.walk_packages(concern.__path__, "crm_core.text_mining."):
    importlib.import_module(module.name)

from crm_core.text_mining import corpus
from crm_core.text_mining.entities import masked
from crm_core.text_mining.new_words import new_words
from crm_core.text_mining.sentences import sentences

texts = ["Parcels were late, call 138 1234 5678. The parcel is broken!", "茶到得晚。T恤很好！", "Wo ist mein Paket?", "😡"]
read = corpus(pd.DataFrame({"text": texts}))
assert read.counts.sum() > 5 and read.messages.language.tolist() == ["en", "zh", "de", "none"]
assert "138" not in masked(texts)[0] and len(sentences(texts[0])) == 2 and new_words(texts) == []
try:
    __import__("urllib.request").request.urlopen("http://127.0.0.1:9/")
except RuntimeError:
    print("read, and cut off")
'''


def test_messages_are_read_with_the_network_cut_and_nothing_is_laid_down(tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path), "NLTK_DATA": str(tmp_path / "none")}
    ran = subprocess.run([sys.executable, "-B", "-c", READ], cwd=PROJECT, env=environment, capture_output=True, text=True,
                         timeout=120)
    assert ran.returncode == 0 and "read, and cut off" in ran.stdout, ran.stderr[-2000:]
    assert list(tmp_path.rglob("*")) == []
