"""Who we are to Salesforce: read from the environment or .streamlit/secrets.toml when needed, and kept nowhere."""
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from crm_core.errors import AddressNotSafe, ConnectionNotSetUp, SecretsUnreadable

NAMES = ("username", "password", "security_token", "domain", "instance_url", "consumer_key", "consumer_secret",
         "privatekey_file", "access_token")
SECRET = ("password", "security_token", "consumer_secret", "access_token")
# Each is a way to sign in; the first whose names are all there is taken.
WAYS = {
    "access token": ("access_token", "instance_url"),
    "key": ("username", "consumer_key", "privatekey_file"),
    "password and app": ("username", "password", "consumer_key", "consumer_secret"),
    "app": ("consumer_key", "consumer_secret", "domain"),
    "password": ("username", "password"),
}


class Credentials:
    """Values by name that neither print nor pickle: `credentials["password"]`."""

    __slots__ = ("_values", "way")

    def __init__(self, values: Mapping[str, str], way: str):
        self._values, self.way = dict(values), way

    def __getitem__(self, name: str) -> str | None:
        return self._values.get(name)

    def __repr__(self) -> str:
        return f"<credentials: {self.way}>"

    def __reduce__(self):
        raise TypeError("credentials are not kept")

    @property
    def secrets(self) -> list[str]:
        """What must never be said; the longest first, so that none is left in half."""
        return sorted((value for name, value in self._values.items() if name in SECRET), key=len, reverse=True)


def variable(name: str) -> str:
    """`username` → `SALESFORCE_USERNAME`"""
    return f"SALESFORCE_{name.upper()}"


def salesforce_credentials(environment: Mapping[str, str], secrets: Path | None = None) -> Credentials:
    """From the environment, else from the section [salesforce] of a secrets file; the environment wins name by name.

    Raises ConnectionNotSetUp (naming what is missing), SecretsUnreadable, AddressNotSafe.
    """
    values = _from_file(secrets) if secrets and secrets.is_file() else {}
    values |= {name: environment[variable(name)] for name in NAMES if environment.get(variable(name))}
    if values.get("instance_url"):
        values["instance_url"], host = _address(values["instance_url"])
        if "domain" not in values and host.endswith(".salesforce.com"):
            values["domain"] = host.removesuffix(".salesforce.com")  # acme.my.salesforce.com → acme.my
    for way, names in WAYS.items():
        if all(values.get(name) for name in names):
            return Credentials(values, way)
    # What is nearest to complete tells what to set; most people have a name, a password and a token.
    ways = sorted(WAYS.values(), key=lambda names: names != WAYS["password"])
    wanted = min(ways, key=lambda names: sum(not values.get(name) for name in names))
    raise ConnectionNotSetUp(columns=[variable(name) for name in wanted if not values.get(name)])


def _from_file(path: Path) -> dict[str, str]:
    try:
        section = tomllib.loads(path.read_text(encoding="utf-8")).get("salesforce", {})
    except (OSError, ValueError):
        section = None
    if not isinstance(section, dict):  # raised here, so that no text of the file hangs on the error
        raise SecretsUnreadable(path=str(path))
    return {name: str(section[name]) for name in NAMES if section.get(name)}


def _address(url: str) -> tuple[str, str]:
    """The address without its path, and its host. Only this computer may be spoken to in clear text."""
    parts = urlsplit(url if "//" in url else f"https://{url}")
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host in ("127.0.0.1", "localhost", "::1")):
        raise AddressNotSafe(host=host)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", host
