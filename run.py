"""Two commands: `python3 run.py` sets the workbench up and starts it, `python3 run.py test` runs every test.

Standard library only, for nothing is installed yet when it runs. And no syntax newer than Python 3.7, so that
an old Python can still read this file and say in one sentence which Python it needs.
"""

import argparse
import ast
import base64
import hashlib
import html
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import webbrowser

PROJECT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(PROJECT, ".venv")
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
EXE = ".exe" if os.name == "nt" else ""
PYTHON = os.path.join(BIN, "python" + EXE)
UNFINISHED = os.path.join(VENV, "unfinished")  # there while an installer works: its .venv cannot be trusted

OLDEST_PYTHON = (3, 11)
NEWER_PYTHONS = ["python3.14", "python3.13", "python3.12", "python3.11"]
DEFAULT_PORT = 8501
SETUP_BYTES = 1200 * 10**6  # 0.7 GB of packages (0.9 GB with those of the tests), and room to unpack them
DATABASE_NOT_OPENED = 3  # server.py's exit code when it has already said what is wrong with the database

# Only for a Python that comes without pip: this wheel, from the package index, runs as it is.
PYPI = "https://pypi.org/simple"
PIP_WHEEL = "pip-26.3-py3-none-any.whl"
PIP_INSTALL = ["install", "--require-hashes", "--no-input", "--retries=2"]
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"

# The names that Chrome, Chromium and Edge go by, and where they live when the PATH does not know them.
BROWSER_COMMANDS = [
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
    "microsoft-edge", "microsoft-edge-stable", "msedge",
]  # fmt: skip
MAC_BROWSERS = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
]
WINDOWS_BROWSERS = [
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
]


class Stop(Exception):
    """The command cannot go on; the message is the one sentence that says what to do."""


# What must be right before anything starts ------------------------------------------------------------------


def refuse_old_python(version):
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return
    newer = next((name for name in NEWER_PYTHONS if runs([name, "--version"])), None)
    way_out = f"run it with: {newer} run.py" if newer else "get one from https://www.python.org/downloads"
    this = f"{version[0]}.{version[1]}"
    raise Stop(f"The workbench needs Python 3.11 or newer and this is Python {this}: {way_out}")


def refuse_full_disk(folder, needed):
    """`needed` in bytes."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Stop(
            f"Setting up needs {needed / 1e9:.1f} GB and the disk of {folder} has {free / 1e9:.1f} GB free: "
            "make room and run this again."
        )


def refuse_unwritable(folder):
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        raise Stop(
            f"Setting up writes into {folder} and this account may not: "
            "move the project to a folder of yours, or give yourself the right to write there."
        )


def refuse_taken_port(port):
    problem = port_problem(port)
    if problem is None:
        return
    if problem == "forbidden":
        raise Stop(f"This account may not use port {port}: name one from 1024 up, e.g. --port {DEFAULT_PORT}")
    free = next((other for other in range(port + 1, 65536) if port_problem(other) is None), DEFAULT_PORT)
    if health(port) is not None:
        raise Stop(
            f"A workbench already runs at {address(port)}: open it there, or start another with: "
            f"python3 run.py --port {free} --database OTHER.duckdb"
        )
    raise Stop(
        f"Port {port} is taken by another program: stop that one, or choose another port, "
        f"e.g. python3 run.py --port {free}"
    )


def port_problem(port):
    """None for a port that can be had, else "taken" or "forbidden"."""
    with socket.socket() as probe:
        if os.name != "nt":  # On Windows this option would let two programs share the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return "forbidden" if port < 1024 else "taken"
        except OSError:
            return "taken"
    return None


# Setting up: .venv with what the locks name -----------------------------------------------------------------


def set_up(*locks):
    """Bring .venv to what `locks` name; tells whether there was anything to do."""
    missing = [lock for lock in locks if not is_installed(lock)]
    if not missing:
        return False
    refuse_unwritable(PROJECT)
    if not any(name.endswith(".installed") for name in files_in(VENV)):
        refuse_full_disk(PROJECT, SETUP_BYTES)
        print("Setting up, once: this takes about a minute.")
    say_step(1, "A Python of its own, in .venv")
    make_venv()
    say_step(2, f"The packages of {' and '.join(missing)}")
    with open(UNFINISHED, "w"):
        pass
    install(locks)
    for lock in locks:
        with open(stamp_file(lock), "w") as stamp:
            stamp.write(stamp_text(lock))
    os.remove(UNFINISHED)
    return True


def say_step(number, words):
    print(f"{number}/3 {words}", flush=True)


def files_in(folder):
    return os.listdir(folder) if os.path.isdir(folder) else []


def is_installed(lock):
    try:
        with open(stamp_file(lock)) as stamp:
            return not os.path.exists(UNFINISHED) and stamp.read() == stamp_text(lock)
    except OSError:
        return False


def stamp_file(lock):
    return os.path.join(VENV, lock + ".installed")


def stamp_text(lock):
    """What was installed, and for which Python: after an upgrade of that .venv does not find its packages."""
    with open(os.path.join(PROJECT, lock), "rb") as file:
        return f"{hashlib.sha256(file.read()).hexdigest()} for Python {venv_version()}\n"


def venv_version():
    """The Python in .venv as "3.11", or None where none runs."""
    try:
        asked = [PYTHON, "-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        answer = quietly(asked)
    except OSError:
        return None
    return answer.stdout.decode().strip() if answer.returncode == 0 else None


def make_venv():
    version = venv_version()
    if version and not os.path.exists(UNFINISHED) and tuple(map(int, version.split("."))) >= OLDEST_PYTHON:
        return
    # --without-pip: works without Debian's python3-venv. --clear: what an interrupted set-up left is no good.
    made = quietly([sys.executable, "-m", "venv", "--without-pip", "--clear", VENV])
    if made.returncode:
        refuse_full_disk(PROJECT, 100 * 10**6)
        raise Stop(f"Python could not make {VENV} ({last_line(made)}): put that right and run this again.")


def install(locks):
    """Install the locks, each file checked against its hash: by uv, which pip fetches, or else by pip."""
    with tempfile.TemporaryDirectory(dir=VENV) as scratch:
        pip = find_pip(scratch)
        env = installer_environment(pip)
        if got_uv(pip, env, scratch):
            uv = [os.path.join(BIN, "uv" + EXE), "pip", "install", "--python", PYTHON, "--require-hashes"]
            for lock in locks:
                uv += ["-r", os.path.join(PROJECT, lock)]
            # On a terminal uv shows its bars; elsewhere they would only fill a log.
            done = subprocess.run(uv, env=env) if sys.stderr.isatty() else quietly(uv, env)
            if done.returncode == 0:
                return
            refuse_full_disk(VENV, 200 * 10**6)
            print("    uv could not: now with pip, which takes longer.", flush=True)
        elif "UV_FIND_LINKS" not in env:  # with packages in a folder, pip may do without a network
            refuse_no_network(env)
        # pip knows ways to an index that uv does not: some proxies, the system's own certificates.
        for lock in locks:
            without_uv = os.path.join(scratch, lock)
            with open(without_uv, "w", encoding="utf-8") as file:
                file.write(read(lock).replace(requirement_block(read("requirements.lock"), "uv"), ""))
            done = quietly(pip + PIP_INSTALL + ["-r", without_uv], env)
            if done.returncode:
                refuse_full_disk(VENV, 200 * 10**6)
                refuse_no_network(env)
                why = last_line(done)
                raise Stop(f"The packages could not be installed ({why}): put that right and run this again.")


def got_uv(pip, env, scratch):
    block = os.path.join(scratch, "uv.txt")
    with open(block, "w", encoding="utf-8") as file:
        file.write(requirement_block(read("requirements.lock"), "uv"))
    return quietly(pip + PIP_INSTALL + ["--only-binary=:all:", "-r", block], env).returncode == 0


def requirement_block(lock, package):
    """The lines of one package with its hashes, cut out of a lock's text."""
    lines = rf"^{re.escape(package)}==.*\\\n(?:[ \t]+--hash=\S+(?: \\)?\n)+"
    found = re.search(lines, lock, flags=re.MULTILINE)
    if not found:
        raise Stop(f"requirements.lock does not name {package}: take the file as the project has it.")
    return found.group(0)


def find_pip(scratch):
    """A pip that installs into .venv, as the beginning of a command."""
    own = [sys.executable, "-m", "pip"]
    if runs(own + ["--version"]):
        return own + ["--python", PYTHON]
    return [PYTHON, os.path.join(fetch_pip(scratch), "pip")]


def fetch_pip(scratch):
    """Download the one pip that this file knows the hash of; a wheel can be run as it is."""
    index = os.environ.get("PIP_INDEX_URL", PYPI).rstrip("/")
    page_address = index + "/pip/"
    try:
        page = download(page_address).decode("utf-8", "replace")
        links = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page)]
        link = next(link for link in links if link.split("#")[0].endswith("/" + PIP_WHEEL))
        wheel = download(urllib.parse.urljoin(page_address, link.split("#")[0]))
    except (OSError, StopIteration, ValueError) as error:
        raise no_network(index, error)
    if hashlib.sha256(wheel).hexdigest() != PIP_SHA256:
        raise Stop("The package index gave a pip that is not the one expected: check PIP_INDEX_URL.")
    path = os.path.join(scratch, PIP_WHEEL)
    with open(path, "wb") as file:
        file.write(wheel)
    return path


def installer_environment(pip):
    """The environment for pip and uv: uv, which reads no pip.conf, is told what pip is told here."""
    env = clean_environment()
    env.update(PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_PROGRESS_BAR="off")
    told = pip_settings(pip, env)
    words = {name: value.split() for name, value in told.items()}
    if "index-url" in told:
        env.setdefault("UV_DEFAULT_INDEX", told["index-url"].strip())
    if "extra-index-url" in told:
        env.setdefault("UV_INDEX", " ".join(words["extra-index-url"]))
    if "find-links" in told:
        env.setdefault("UV_FIND_LINKS", ",".join(words["find-links"]))
    if "trusted-host" in told:
        env.setdefault("UV_INSECURE_HOST", " ".join(words["trusted-host"]))
    if "proxy" in told:
        env.setdefault("ALL_PROXY", told["proxy"].strip())
    if "cert" in told:
        env.setdefault("SSL_CERT_FILE", told["cert"].strip())
    # Like pip, take a package from whichever index has it: the hashes keep any index from slipping one in.
    env.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return env


def pip_settings(pip, env):
    """What pip.conf and PIP_* say: {"index-url": "https://..."}; install.* overrules global.*, PIP_* both."""
    listed = quietly(pip + ["config", "list"], env).stdout.decode("utf-8", "replace")
    settings = {}
    for section in ("global", "install", ":env:"):
        for name, value in re.findall(rf"^{section}\.([\w-]+)=(.+)$", listed, flags=re.MULTILINE):
            settings[name] = str(ast.literal_eval(value))
    return settings


def download(url):
    """The bytes at `url`, which may hold a name and password, with the certificates that pip is told of."""
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    if parts.username:
        pair = urllib.parse.unquote(parts.username) + ":" + urllib.parse.unquote(parts.password or "")
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    certificates = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    tls = ssl.create_default_context(cafile=certificates)
    with urllib.request.urlopen(request, timeout=20, context=tls) as answer:
        return answer.read()


def refuse_no_network(env):
    index = env.get("UV_DEFAULT_INDEX", PYPI).rstrip("/")
    try:
        download(index + "/pip/")
    except (OSError, ValueError) as error:
        raise no_network(index, error)


def no_network(index, error):
    reason = str(getattr(error, "reason", "") or error) or type(error).__name__
    host = urllib.parse.urlsplit(index).hostname or index  # never with the password that may stand there
    return Stop(
        f"The package index {host} could not be reached ({reason}): connect this computer to the internet, "
        "or name your own index in PIP_INDEX_URL, and run this again."
    )


def quietly(command, env=None):
    """Run it to its end and keep what it says."""
    nothing, kept = subprocess.DEVNULL, subprocess.PIPE
    return subprocess.run(command, env=env or clean_environment(), stdin=nothing, stdout=kept, stderr=kept)


def runs(command):
    try:
        return quietly(command).returncode == 0
    except OSError:
        return False


def last_line(finished):
    lines = (finished.stderr or finished.stdout or b"").decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip().rstrip(".") if lines else f"exit code {finished.returncode}"


def read(name):
    with open(os.path.join(PROJECT, name), encoding="utf-8") as file:
        return file.read()


def clean_environment():
    # Packages of another project that PYTHONPATH points to must not come before ours.
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


# Starting ---------------------------------------------------------------------------------------------------


def project_environment():
    """The environment of the server and of the tests."""
    env = clean_environment()
    # Threads of the numeric libraries that wait by spinning make small models 40 times slower on a busy
    # computer. They are read when numpy is first imported, hence here and not in the code.
    env.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    env.setdefault("OPENBLAS_NUM_THREADS", "1")
    env.setdefault("PYTHONUTF8", "1")
    env.setdefault("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "false")
    return env


def start(port, database, empty, open_browser):
    """Run the server until it ends or Ctrl-C; returns the exit code."""
    env = project_environment()
    env.setdefault("CRM_DATABASE", os.path.join(PROJECT, "data", "workbench.duckdb"))
    if database:
        env["CRM_DATABASE"] = os.path.abspath(database)
    if empty:
        env["CRM_DEMO"] = "0"
    env["STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE"] = "true"  # the address is said below, once it answers
    command = [PYTHON, "-m", "streamlit", "run", os.path.join(PROJECT, "server.py")]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    # A closed terminal or a service manager ends the server as Ctrl-C does. The server, in a session of its
    # own, gets none of these but is ended below, once and in order. (On Windows Ctrl-C reaches both.)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: sys.exit(0))
    server = subprocess.Popen(command, cwd=PROJECT, env=env, start_new_session=os.name != "nt")
    try:
        report = wait_until_healthy(server, port)
        if report is None:
            return explain_exit(server.returncode)
        if report.get("status") != "ok":
            raise Stop(f"The server runs but cannot read its database ({report.get('error')}).")
        print(f"The workbench is at {address(port)} (Ctrl-C stops it).", flush=True)
        if open_browser and has_display():
            webbrowser.open(address(port))
        return explain_exit(server.wait())
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0
    finally:
        end(server)


def wait_until_healthy(server, port):
    """What /healthz says once it says anything; None when the server ended before."""
    began = time.monotonic()
    patience_s = 5
    while server.poll() is None:
        report = health(port)
        if report is not None:
            return report
        if time.monotonic() - began > patience_s:
            print("Still starting: the first start fills the demo shop.", flush=True)
            patience_s = float("inf")
        time.sleep(0.05)
    return None


def health(port):
    """The answer of a workbench at this port, {"status": "ok", ...}, or None where none answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        report = json.loads(connection.getresponse().read().decode("utf-8"))
        return report if isinstance(report, dict) and "status" in report else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def address(port):
    return f"http://127.0.0.1:{port}"


def has_display():
    # On a Linux without a screen, webbrowser would start a text browser over this terminal.
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in screens)


def explain_exit(code):
    if code == 0:
        return 0
    if code != DATABASE_NOT_OPENED:
        print(f"The server ended by itself (exit code {code}): its last words are above.", file=sys.stderr)
    return 1


def end(server):
    if os.name != "nt":  # there it would cut the server off while Ctrl-C is ending it
        server.terminate()
    try:
        server.wait(timeout=10)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):  # a second Ctrl-C: no more waiting
        server.kill()
        server.wait()


# Testing ----------------------------------------------------------------------------------------------------


def test(arguments):
    """Lint, then every test; returns the exit code."""
    # All: on two processors at once, a file on one; then the browser's, which would wait for each other. Named tests
    # are few, and a person may want to stop in one.
    if [argument for argument in arguments if not argument.startswith("--")]:
        runs = [arguments]
    else:
        runs = [["-m", "not browser", "-n", "2", "--dist", "loadfile"] + arguments, ["-m", "browser"] + arguments]
    env = project_environment()
    browser = find_browser(env)
    if browser:
        env["CRM_BROWSER"] = browser
    elif env.get("REQUIRE_BROWSER") == "1":
        raise Stop(no_browser())
    else:
        print(no_browser() + " The tests that need none run now.", flush=True)
        runs = runs[:1] if len(runs) > 1 else [one if "-m" in one else ["-m", "not browser"] + one for one in runs]
    if set_up("requirements.lock", "requirements-test.lock"):
        say_step(3, "The tests")
    linted = subprocess.run([PYTHON, "-m", "ruff", "check", "."], cwd=PROJECT, env=env).returncode
    failed = [subprocess.run([PYTHON, "-m", "pytest"] + one, cwd=PROJECT, env=env).returncode for one in runs]
    if linted:
        print("ruff found the faults above.", file=sys.stderr)
    return 1 if linted or any(failed) else 0


def find_browser(env):
    """The path of a Chrome, Chromium or Edge: CRM_BROWSER, else the PATH, else the usual places; or None."""
    named = env.get("CRM_BROWSER")
    if named:
        path = shutil.which(named)
        if path is None:
            raise Stop(f"CRM_BROWSER names {named}, and there is no such program: name another or unset it.")
        return path
    places = []
    if sys.platform == "darwin":
        places = MAC_BROWSERS + [os.path.expanduser("~") + path for path in MAC_BROWSERS]
    if os.name == "nt":
        roots = [env[name] for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA") if name in env]
        places = [os.path.join(root, path) for path in WINDOWS_BROWSERS for root in roots]
    found = [shutil.which(command) for command in BROWSER_COMMANDS] + places
    return next((path for path in found if path and os.path.exists(path)), None)


def no_browser():
    if sys.platform == "darwin":
        way = "brew install --cask chromium"
    elif os.name == "nt":
        way = "winget install Google.Chrome"
    else:
        way = "sudo apt install chromium"
    return (
        f"No Chrome, Chromium or Edge was found for the browser tests: install one ({way}) "
        "or name it in CRM_BROWSER."
    )


# The command line -------------------------------------------------------------------------------------------


def port_number(text):
    port = int(text)
    if not 1 <= port <= 65535:
        raise ValueError(text)
    return port


def options(arguments):
    parser = argparse.ArgumentParser(
        prog="run.py", description="Set the workbench up and start it. `run.py test` runs the tests instead."
    )
    parser.add_argument("--port", type=port_number, default=DEFAULT_PORT, help=f"default: {DEFAULT_PORT}")
    parser.add_argument("--database", metavar="PATH", help="default: data/workbench.duckdb")
    parser.add_argument("--empty", action="store_true", help="start a new database without the demo shop")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    parser.add_argument("--setup-only", action="store_true", help="set up and do not start")
    return parser.parse_args(arguments)


def main(arguments):
    refuse_old_python(sys.version_info)
    if arguments[:1] == ["test"]:
        return test(arguments[1:])
    chosen = options(arguments)
    if not chosen.setup_only:
        refuse_taken_port(chosen.port)  # now, not after a minute of setting up
    if set_up("requirements.lock") and not chosen.setup_only:
        say_step(3, "The workbench")
    if chosen.setup_only:
        print("All is set up. Start it with: python3 run.py")
        return 0
    return start(chosen.port, chosen.database, chosen.empty, not chosen.no_browser)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as stop:
        print(stop, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on.", file=sys.stderr)
        sys.exit(130)
