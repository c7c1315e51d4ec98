"""Long work beside the page: it shows progress, can be cancelled, and a click does not throw it away."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import streamlit as st

from crm_core.errors import Cancelled, CrmError
from ui import words
from ui.say import language, say

KEPT_ANSWERS = 40


class Progress:
    """What the work tells the page and the page tells the work."""

    def __init__(self):
        self.share = 0.0  # of the work done, 0 to 1
        self.cancelled = threading.Event()
        self._stops: list[Callable[[], None]] = []

    def __call__(self, share: float, *_) -> None:
        """Say how far the work is; raises Cancelled when the person has stopped it."""
        self.share = min(max(share, 0.0), 1.0)
        if self.cancelled.is_set():
            raise Cancelled()

    def on_cancel(self, stop: Callable[[], None]) -> None:
        self._stops.append(stop)

    def cancel(self) -> None:
        self.cancelled.set()
        for stop in self._stops:
            stop()


class _Jobs:
    """The jobs of this server: running ones, and the newest answers."""

    def __init__(self):
        self.executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="job")
        self.lock = threading.Lock()
        self.jobs: OrderedDict[Hashable, tuple[Future, Progress]] = OrderedDict()

    def ask(self, key: Hashable, work: Callable[[Progress], object]) -> tuple[Future, Progress]:
        with self.lock:
            if key not in self.jobs and work is None:
                raise Cancelled()  # what was started has been given up
            if key not in self.jobs:
                progress = Progress()
                self.jobs[key] = (self.executor.submit(work, progress), progress)
                for old in [old for old, (future, _) in self.jobs.items() if future.done()][:-KEPT_ANSWERS]:
                    del self.jobs[old]
            self.jobs.move_to_end(key)
            return self.jobs[key]

    def forget(self, key: Hashable) -> None:
        with self.lock:
            self.jobs.pop(key, None)


@st.cache_resource
def _jobs() -> _Jobs:
    return _Jobs()


def start(key: Hashable, work: Callable[[Progress], object]) -> None:
    """Begin work beside the page; `job` with the same key shows it and gives its answer."""
    _jobs().ask(key, work)


def job(key: Hashable, label: str, work: Callable[[Progress], object] | None = None,
        meanwhile: Callable[[], None] = lambda: None):
    """The answer of `work(progress)`, done once a key beside the page; until it is there the page shows a bar.

    The key must hold everything that the answer depends on, the data's revision too. What the work raises is
    raised here, once; asking again then starts it anew. Without `work` the key is one that was started before.
    `meanwhile` shows what else stands on the page until the answer is there.
    """
    future, progress = _jobs().ask(key, work)
    if not future.done():
        try:
            future.exception(timeout=0.25)  # what is quick needs no bar
        except TimeoutError:
            meanwhile()
            _watch(key, label, future, progress)
            st.stop()
    if future.exception():
        _jobs().forget(key)
        raise future.exception()
    return future.result()


def forget(key: Hashable) -> None:
    """Do not hand out the answer of a key again: what it points at is gone."""
    _jobs().forget(key)


@st.fragment(run_every=0.4)
def _watch(key, label: str, future: Future, progress: Progress) -> None:
    if future.done():
        st.rerun()
    st.progress(progress.share, text=label)
    if st.button(say("job.cancel"), key=f"cancel {hash(key)}", disabled=progress.cancelled.is_set()):
        progress.cancel()
        st.rerun(scope="fragment")


@contextmanager
def errors_in_words():
    """Show a CrmError as its sentence and end the page there; anything else goes through loud."""
    try:
        yield
    except Cancelled:
        st.info(say("job.cancelled"))
        st.button(say("job.again"))
        st.stop()
    except CrmError as error:
        show_error(error)
        st.stop()


def show_error(error: CrmError) -> None:
    st.error(words.markdown_safe(words.error_sentence(language(), error)))
