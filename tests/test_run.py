"""One command from nothing to a healthy server, and one sentence for everything that can stand in its way.

Most tests run the real run.py in a copy of the project whose .venv borrows the packages of the running one:
nothing is fetched. With --long one test sets up from nothing.
"""
import ast
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import run

PROJECT = Path(run.PROJECT)
NOT_COPIED = shutil.ignore_patterns(".venv", ".git", ".*_cache", "__pycache__", "tests", "*.duckdb*")
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="as Linux has it")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project that is set up."""
    folder = copy_project(tmp_path_factory.mktemp("project") / "workbench")
    venv.create(folder / ".venv", symlinks=os.name != "nt")
    inside = subprocess.check_output(
        [run_py(folder).PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    )
    Path(inside.strip(), "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    stamp = run_py(folder).stamp_text("requirements.lock")
    (folder / ".venv" / "requirements.lock.installed").write_text(stamp)
    return folder


def copy_project(folder):
    shutil.copytree(PROJECT, folder, ignore=NOT_COPIED)
    return folder


def run_py(folder):
    """run.py of a copy, as a module."""
    spec = spec_from_file_location("run_of_copy", folder / "run.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def environment(**changes):
    """An environment without what this computer's pip is told, and with an index that nobody answers for."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "CRM_"))}
    env.update(PIP_CONFIG_FILE=os.devnull, PIP_INDEX_URL=f"http://127.0.0.1:{free_port()}/simple")
    env.update(no_proxy="127.0.0.1", CRM_DEMO="0")
    return {**env, **changes}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(folder, *arguments):
    return [sys.executable, str(folder / "run.py"), *arguments]


def refusal(folder, *arguments, **changes):
    """The one sentence that run.py ends with."""
    ended = subprocess.run(
        command(folder, *arguments), env=environment(**changes), capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr.strip()


@contextlib.contextmanager
def started(folder, *arguments, **changes):
    """run.py's process and what it printed until the server was healthy."""
    process = subprocess.Popen(
        command(folder, "--no-browser", *arguments), env=environment(**changes),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("The workbench is at"):
                break
        yield process, "".join(lines)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def answer(port, path="/healthz"):
    # Closed at once: a server that stops waits for whoever is still connected.
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())


def is_free(port):
    return run.port_problem(port) is None


# Starting ---------------------------------------------------------------------------------------------------


def test_a_second_start_installs_nothing_serves_and_ends_with_its_terminal(project, tmp_path):
    port, database = free_port(), str(tmp_path / "shop.duckdb")
    with started(project, "--port", str(port), "--database", database) as (process, said):
        assert said == f"The workbench is at http://127.0.0.1:{port} (Ctrl-C stops it).\n"
        assert answer(port) == {"status": "ok", "revision": 0}
        assert os.path.exists(database)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "\nStopped.\n"
        assert process.returncode == 0
    assert is_free(port)


def test_a_second_workbench_is_told_where_the_first_one_is_and_that_its_file_is_in_use(project, tmp_path):
    port, database = free_port(), str(tmp_path / "shop.duckdb")
    with started(project, "--port", str(port), "--database", database):
        assert f"A workbench already runs at http://127.0.0.1:{port}" in refusal(project, "--port", str(port))
        sentence = refusal(project, "--no-browser", "--port", str(free_port()), "--database", database)
        assert database in sentence or "shop.duckdb" in sentence


def test_a_file_that_is_no_database_is_named_and_left_as_it_was(project, tmp_path):
    notes = tmp_path / "notes.duckdb"
    notes.write_text("not a database\n" * 1000)
    sentence = refusal(project, "--no-browser", "--port", str(free_port()), "--database", str(notes))
    assert "notes.duckdb" in sentence
    assert notes.read_text() == "not a database\n" * 1000


def test_a_taken_port_says_which_other_one_is_free(project):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sentence = refusal(project, "--port", str(port))
    assert sentence.startswith(f"Port {port} is taken by another program")
    assert is_free(int(sentence.rsplit("--port ", 1)[1]))


# Setting up -------------------------------------------------------------------------------------------------


def test_without_a_network_the_set_up_names_the_index_and_the_way_out(tmp_path):
    folder = copy_project(tmp_path / "workbench")
    assert refusal(folder, "--setup-only").startswith("The package index 127.0.0.1 could not be reached")
    assert "PIP_INDEX_URL" in refusal(folder, "--setup-only")


def test_what_an_interrupted_set_up_left_is_made_anew(tmp_path):
    folder = copy_project(tmp_path / "workbench")
    half_made = folder / ".venv" / "lib" / "half a package"
    half_made.mkdir(parents=True)
    (folder / ".venv" / "unfinished").touch()
    refusal(folder, "--setup-only")  # gets as far as the index
    assert not half_made.exists()
    assert run_py(folder).venv_version() == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert not run_py(folder).is_installed("requirements.lock")


def test_an_old_python_is_told_which_one_it_needs():
    with pytest.raises(run.Stop, match=r"needs Python 3\.11 or newer and this is Python 3\.9: "):
        run.refuse_old_python((3, 9, 2))
    run.refuse_old_python((3, 11, 0))


def test_run_py_can_be_read_by_an_old_python():
    ast.parse((PROJECT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def test_a_full_disk_says_how_much_room_is_needed(tmp_path):
    with pytest.raises(run.Stop, match=r"needs 1000000000\.0 GB .* make room"):
        run.refuse_full_disk(tmp_path, 10**18)
    run.refuse_full_disk(tmp_path, 1)


@ON_LINUX
def test_a_folder_that_cannot_be_written_is_named():
    with pytest.raises(run.Stop, match=r"/proc and this account may not"):
        run.refuse_unwritable("/proc")


def test_the_installer_is_cut_out_of_the_lock_with_its_hashes():
    block = "uv==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    before = "urllib3==1 \\\n    --hash=sha256:aa\n    # via requests\n"
    after = "    # via -r requirements.txt\n"
    assert run.requirement_block(before + block + after, "uv") == block
    assert run.requirement_block((PROJECT / "requirements.lock").read_text(), "uv").count("sha256") > 10


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_the_locks_hold_hashes_and_no_address_of_the_computer_that_made_them(lock):
    lines = (PROJECT / lock).read_text().splitlines()
    assert not [line for line in lines if "://" in line or line.startswith("-")]
    pinned = [number for number, line in enumerate(lines) if "==" in line and not line.startswith(" ")]
    assert pinned and all("--hash=sha256:" in lines[number + 1] for number in pinned)


def test_uv_is_told_what_pip_is_told(tmp_path, monkeypatch):
    base = [sys._base_executable, "-m", "pip"]
    if not run.runs([*base, "--version"]):
        pytest.skip("needs a pip")
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://a/simple\nextra-index-url =\n  https://b/simple\n  https://c/simple\n"
        "[install]\nindex-url = https://d/simple\n"
    )
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels /more")
    env = run.installer_environment(base)
    assert env["UV_DEFAULT_INDEX"] == "https://d/simple"
    assert env["UV_INDEX"].split() == ["https://b/simple", "https://c/simple"]
    assert env["UV_FIND_LINKS"] == "/wheels,/more"


@pytest.mark.long
def test_from_nothing_one_command_installs_and_serves(tmp_path):
    folder, port = copy_project(tmp_path / "workbench"), free_port()
    env = {**os.environ, "CRM_DEMO": "0"}
    subprocess.run(command(folder, "--setup-only"), env=env, check=True, timeout=600)
    began = time.monotonic()
    with started(folder, "--port", str(port), "--database", str(tmp_path / "shop.duckdb")) as (_, said):
        assert said.startswith("The workbench is at")
        assert time.monotonic() - began < 10
        assert answer(port)["status"] == "ok"


# Testing ----------------------------------------------------------------------------------------------------


@ON_LINUX
def test_where_there_is_no_browser_the_sentence_says_how_to_get_one(project, tmp_path):
    sentence = refusal(project, "test", REQUIRE_BROWSER="1", PATH=str(tmp_path))
    assert sentence.startswith("No Chrome, Chromium or Edge was found")
    assert "sudo apt install chromium" in sentence


def test_a_browser_that_is_named_and_not_there_is_refused(project):
    assert "no-such-browser" in refusal(project, "test", CRM_BROWSER="/no-such-browser")
