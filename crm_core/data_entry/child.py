"""Work on a person's file in a process of its own, with limits on time and memory.

A hostile or broken file can then cost no more than its own import. The two sides talk in lines of JSON: the
parent sends one job, the child answers with progress, and at last with its answer or with the error's name and
facts. When the parent dies the child sees its input end, and dies too.
"""
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from crm_core import errors
from crm_core.errors import Cancelled, CrmError, NoRoomOnDisk, ReaderStopped

PROJECT = Path(__file__).parent.parent.parent
PROGRESS_EVERY_S = 0.1


@dataclass(frozen=True)
class Limits:
    memory_mb: int = 2048  # of address space: a file takes much less, a malicious one gets no more
    base_s: float = 120.0
    s_per_mb: float = 2.0  # a file of 500 MB may take a quarter of an hour more

    def seconds(self, size: int) -> float:
        return self.base_s + self.s_per_mb * size / (1 << 20)


def run_in_child(job: str, arguments: dict, *, name: str, size: int, progress=None, cancel=None,
                 limits: Limits | None = None) -> dict:
    """The answer of the job `read` or `check`, worked out in a child process.

    `progress(share)` is called now and then; what it raises stops the child. `cancel` is a threading.Event or a
    function that says whether to stop. Raises Cancelled, ReaderStopped and whatever CrmError the job raises.
    """
    limits = limits or Limits()
    stopped = getattr(cancel, "is_set", cancel) or (lambda: False)
    until = time.monotonic() + limits.seconds(size)
    environment = {key: value for key, value in os.environ.items() if key.upper() in (
        "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH", "HOME", "USERPROFILE")}
    environment |= {
        "PYTHONPATH": str(PROJECT), "PYTHONIOENCODING": "utf-8",
        # What reserves address space without using it would meet the limit: other memory pools, an arena a thread.
        "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2",
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    child = subprocess.Popen(
        [sys.executable, "-c", "from crm_core.data_entry.child import main; main()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=PROJECT)
    said: queue.Queue = queue.Queue()
    complaints: list[bytes] = []
    threading.Thread(target=lambda: [said.put(line) for line in (*child.stdout, b"")], daemon=True).start()
    listener = threading.Thread(target=lambda: complaints.append(child.stderr.read()), daemon=True)
    listener.start()
    try:
        child.stdin.write(json.dumps({"job": job, "memory_mb": limits.memory_mb, **arguments}).encode() + b"\n")
        child.stdin.flush()
        while True:
            if stopped():
                raise Cancelled()
            if time.monotonic() > until:
                raise ReaderStopped(name=name, limit="time")
            try:
                line = said.get(timeout=0.05)
            except queue.Empty:
                continue
            if not line:
                child.wait()
                listener.join(timeout=5)
                complaint = b"".join(complaints).decode("utf-8", "replace")
                if child.returncode < 0 or "MemoryError" in complaint or "bad_alloc" in complaint:
                    raise ReaderStopped(name=name, limit="memory")
                raise RuntimeError(f"the reading process ended with {child.returncode}:\n{complaint[-4000:]}")
            message = json.loads(line)
            if "progress" in message:
                if progress:
                    progress(message["progress"])
            elif "error" in message:
                raise getattr(errors, message["error"])(**message["facts"])
            else:
                return message["answer"]
    except BrokenPipeError:
        raise ReaderStopped(name=name, limit="memory") from None
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            with suppress(OSError, ValueError):
                pipe.close()


# --- in the child -------------------------------------------------------------------------------


def _limit_memory(memory_mb: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; the limit on time holds there
        return
    size = memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# What libraries print must not get between the messages: they go out by a descriptor of their own.
_messages = None


def _keep_the_line_clear() -> None:
    global _messages
    _messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)


def _say(message: dict) -> None:
    _messages.write(json.dumps(message, ensure_ascii=False, default=str) + "\n")
    _messages.flush()


def _progress() -> Callable[[float], None]:
    told_at = 0.0

    def tell(share: float) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= PROGRESS_EVERY_S:
            told_at = time.monotonic()
            _say({"progress": round(min(share, 1.0), 4)})

    return tell


def _die_with_the_parent() -> None:
    def wait() -> None:
        # The descriptor itself: a thread that waits inside sys.stdin holds its lock against the process's end.
        while os.read(0, 1024):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _receive() -> dict:
    line = b""
    while not line.endswith(b"\n"):
        some = os.read(0, 65536)
        if not some:
            os._exit(1)
        line += some
    return json.loads(line)


def main() -> None:
    _keep_the_line_clear()
    request = _receive()
    _die_with_the_parent()
    name, job = request["name"], request.pop("job")
    sys.modules["numpy"] = None  # Arrow and DuckDB do without it, and loading it is half of the child's start
    _limit_memory(request.pop("memory_mb"))
    try:
        if job == "read":
            from crm_core.data_entry.reading import work
        else:
            from crm_core.data_entry.checking import work
        _say({"answer": work(request, _progress())})
    except CrmError as error:
        _say({"error": type(error).__name__, "facts": error.facts})
    except (MemoryError, ImportError) as error:
        # A library that finds no room to load itself says so in its own way.
        if isinstance(error, ImportError) and "failed to map" not in str(error) and "cannot allocate" not in str(error):
            raise
        _say({"error": "ReaderStopped", "facts": {"name": name, "limit": "memory"}})
    except OSError as error:
        if error.errno not in (28, 122):  # ENOSPC, EDQUOT
            raise
        _say({"error": NoRoomOnDisk.__name__, "facts": {"path": request["folder"]}})
    os._exit(0)  # nothing is left to be tidied up, and libraries' threads need not be waited for
