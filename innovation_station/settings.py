"""Settings: what they are called, what they may be and where each value came from.

Order of precedence: the environment (``STATION_*``), then ``config.toml`` in the instance directory (the same
names in lower case, without the prefix), then, for the secret key only, the generated file, then the default.
Every wrong setting is reported at once, so that a new installation is not corrected line by line.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "STATION_"
CONFIG_FILE = "config.toml"
SECRET_KEY_FILE = "secret_key"  # noqa: S105
MIN_SECRET_KEY = 32
# Read by the start script, by the tests, or not yet: never taken for a typing error.
RESERVED = ("STATION_OIDC_", "STATION_TEST_", "STATION_CHROMIUM")

Source = Literal["environment", "config.toml", "generated", "default"]


class SettingsError(Exception):
    """Settings that cannot be used: ``problems`` holds one line for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """Every setting, checked; ``sources`` says by field name where each value came from."""

    instance: Path
    database_url: str
    secret_key: str | None
    base_url: str | None
    mail_url: str
    mail_from: str
    trusted_proxies: int
    redis_url: str | None
    locale: str
    timezone: str
    feed_past_months: int
    series_most: int
    backup_days: int
    embed_hosts: str
    external_hosts: str | None
    external_closed: tuple[IPv4Network | IPv6Network, ...] | None
    external_ports: tuple[int, ...]
    external_size_mb: int
    log_format: str
    log_level: str
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)
    warnings: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def __repr__(self) -> str:
        """Name the place, never the values: this text ends in tracebacks."""
        return f"<Settings {self.instance}>"

    @property
    def is_sqlite(self) -> bool:
        """Say whether the database is SQLite (else it is PostgreSQL)."""
        return self.database_url.startswith("sqlite")


@dataclass(frozen=True)
class Definition:
    """One setting; ``parse(text, instance)`` returns its value or raises ValueError."""

    field: str
    kind: str
    default: str | None
    description: str
    parse: Callable[[str, Path], Any]
    secret: bool = False

    @property
    def name(self) -> str:
        """Return the name in the environment."""
        return PREFIX + self.field.upper()


def _database_url(text: str, instance: Path) -> str:
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("must be an address such as sqlite:///station.db or postgresql://user@host/name") from None
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        if not url.database:
            raise ValueError("names no database: postgresql://user:password@host/NAME")
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ValueError(f"must begin with sqlite:/// or postgresql://, not {url.drivername}://")
    if not url.database or url.database == ":memory:" or url.query:
        raise ValueError("must name a file, as in sqlite:///station.db; the file is shared by all processes")
    return f"sqlite:///{(instance / url.database).absolute()}"


def _secret_key(text: str, _instance: Path) -> str:
    if len(text) < MIN_SECRET_KEY:
        raise ValueError(f"must have at least {MIN_SECRET_KEY} characters, it has {len(text)}")
    return text


def _base_url(text: str, _instance: Path) -> str:
    hint = "must be the address people type, such as https://station.example.org, without a path"
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError(hint) from None
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine or extra:
        raise ValueError(hint)
    if not re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", parts.netloc):
        raise ValueError(hint)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _mail_url(text: str, instance: Path) -> str:
    parts = urlsplit(text)
    if parts.scheme == "file":
        directory = parts.netloc + parts.path
        if not directory:
            raise ValueError("names no directory: file://DIR")
        return f"file://{(instance / directory).absolute()}"
    if parts.scheme not in ("smtp", "smtps"):
        raise ValueError("must begin with smtp://, smtps:// or file://")
    if not parts.hostname:
        raise ValueError(f"names no host: {parts.scheme}://user:password@host:port")
    return text


def _mail_from(text: str, _instance: Path) -> str:
    if not re.fullmatch(r"(?:[^<>\x00-\x1f]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)", text):
        raise ValueError("must be an address such as station@example.org or Name <station@example.org>")
    return text


def _redis_url(text: str, _instance: Path) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise ValueError("must begin with redis:// or rediss:// and name a host")
    return text


def _number(lowest: int, highest: int) -> Callable[[str, Path], int]:
    def parse(text: str, _instance: Path) -> int:
        # isdigit alone lets other scripts' digits through, and int() would take them
        if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def _hosts(text: str, _instance: Path) -> str:
    for host in text.split(","):
        if not re.fullmatch(r"\s*(?:[A-Za-z0-9_.-]+|[0-9A-Fa-f:]+)(?::[0-9]{1,5})?\s*", host):
            raise ValueError("must be hosts with commas between them, as in calendar.example.org,10.0.0.7:8080")
    return text.lower()


def _ancestors(text: str, _instance: Path) -> str:
    if text in ("*", "none"):
        return "'none'" if text == "none" else text
    found = [one.strip() for one in text.split(",")]
    if not all(re.fullmatch(r"https?://(?:\*\.)?[A-Za-z0-9.-]+(?::[0-9]{1,5})?", one) for one in found):
        raise ValueError("must be *, none, or addresses with commas between them, as in https://www.example.org")
    return " ".join(found)


def _networks(text: str, _instance: Path) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError:
        raise ValueError("must be networks with commas between them, as in 192.0.2.0/24,2001:db8::/32") from None


def _ports(text: str, _instance: Path) -> tuple[int, ...]:
    numbers = [one.strip() for one in text.split(",")]
    if not all(re.fullmatch(r"[0-9]{1,5}", one) and 0 < int(one) < 65536 for one in numbers):
        raise ValueError("must be port numbers with commas between them, as in 80,443")
    return tuple(int(one) for one in numbers)


def _choice(*choices: str) -> Callable[[str, Path], str]:
    def parse(text: str, _instance: Path) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def _timezone(text: str, _instance: Path) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # OSError: the name of a directory, as in "Europe"
        raise ValueError("must be the name of a time zone, such as Europe/Stockholm") from None
    return text


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "database_url",
        "URL",
        "sqlite:///station.db",
        "The database: sqlite:///FILE (relative to the instance directory) or postgresql://USER:PASSWORD@HOST/NAME.",
        _database_url,
        secret=True,
    ),
    Definition(
        "secret_key",
        "text",
        None,
        "Signs cookies and form tokens; at least 32 characters. `run` generates one into the instance "
        "directory, `serve` wants one.",
        _secret_key,
        secret=True,
    ),
    Definition(
        "base_url",
        "URL",
        None,
        "The address people use, as in https://station.example.org. Links in feeds and mails start with it, "
        "and requests for other host names are refused.",
        _base_url,
    ),
    Definition(
        "mail_url",
        "URL",
        "file://outbox",
        "Where mail goes: smtp://USER:PASSWORD@HOST:PORT, smtps://... or file://DIR (one file a message; "
        "relative to the instance directory).",
        _mail_url,
        secret=True,
    ),
    Definition("mail_from", "address", "station@localhost", "The sender of all mail.", _mail_from),
    Definition(
        "trusted_proxies",
        "number",
        "0",
        "How many reverse proxies stand in front. Exactly that many X-Forwarded-* entries are believed, none when 0.",
        _number(0, 10),
    ),
    Definition(
        "redis_url",
        "URL",
        None,
        "Optional: redis://HOST, shared memory for several servers.",
        _redis_url,
        secret=True,
    ),
    Definition(
        "locale",
        "sv or en",
        "sv",
        "The language for those who have not chosen one and whose browser names none.",
        _choice("sv", "en"),
    ),
    Definition("timezone", "zone name", "Europe/Stockholm", "The time zone of the house.", _timezone),
    Definition(
        "feed_past_months",
        "number",
        "12",
        "How many months of past bookings a feed keeps.",
        _number(0, 120),
    ),
    Definition("series_most", "number", "200", "How many dates a series may have.", _number(1, 1000)),
    Definition(
        "backup_days",
        "number",
        "7",
        "After how many days without a backup staff and doctor are told; 0 for never, where others see to it.",
        _number(0, 365),
    ),
    Definition(
        "embed_hosts",
        "addresses",
        "*",
        "Whose pages may show our public events in a frame: * for everybody, none, or addresses as in "
        "https://www.example.org,https://*.example.com.",
        _ancestors,
    ),
    Definition(
        "external_hosts",
        "hosts",
        None,
        "Hosts in the own network from which calendars may be fetched, as in calendar.example.org,10.0.0.7:8080. All "
        "others must lie on the open internet.",
        _hosts,
    ),
    Definition(
        "external_closed",
        "networks",
        None,
        "Networks with public addresses that only your own house reaches, as in 192.0.2.0/24,2001:db8::/32. No "
        "calendar is fetched from them, nor from this machine or from private addresses.",
        _networks,
    ),
    Definition("external_ports", "ports", "80,443", "The ports from which calendars may be fetched.", _ports),
    Definition("external_size_mb", "number", "5", "How many megabytes a fetched calendar may have.", _number(1, 50)),
    Definition(
        "log_format",
        "auto, json or text",
        "auto",
        "How log lines look; auto is text on a terminal and JSON elsewhere.",
        _choice("auto", "json", "text"),
    ),
    Definition(
        "log_level",
        "level",
        "info",
        "The least important log line that is written.",
        _choice("debug", "info", "warning", "error"),
    ),
)
INSTANCE_DESCRIPTION = (
    "The directory of the database, the generated key and config.toml. Only in the environment; "
    "by default instance/ in a checkout, else ./instance."
)


def default_instance(environ: Mapping[str, str]) -> Path:
    """Return the instance directory as an absolute path; it need not exist."""
    if named := environ.get("STATION_INSTANCE", "").strip():
        return Path(named).expanduser().absolute()
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").is_file():
        return checkout / "instance"
    return Path("instance").absolute()


def load(environ: Mapping[str, str], instance: Path | None = None) -> Settings:
    """Read and check all settings; ``instance`` defaults to what the environment or the checkout says.

    Raises SettingsError that names every wrong setting. Reads files, writes none.
    """
    instance = (instance or default_instance(environ)).absolute()
    problems: list[str] = []
    from_file = _read_config_file(instance, problems)
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for definition in DEFINITIONS:
        try:
            text, source = _find(definition, environ, from_file, instance)
        except OSError as error:
            problems.append(f"{error.filename}: cannot be read: {error.strerror}")
            continue
        sources[definition.field] = source
        try:
            if text is not None and not text.isprintable():
                raise ValueError("contains control characters")
            values[definition.field] = None if text is None else definition.parse(text, instance)
        except ValueError as error:
            problems.append(_problem(definition, text, source, error))
    if problems:
        raise SettingsError(problems)
    return Settings(instance=instance, **values, sources=sources, warnings=tuple(_unknown_names(environ, from_file)))


def ensure_secret_key(instance: Path) -> str:
    """Return the generated key of this instance, made on first use (mode 0600).

    Two processes that start at once get the same key: the file appears by a link, complete or not at all.
    """
    target = instance / SECRET_KEY_FILE
    if existing := read_secret_key(instance):
        return existing
    instance.mkdir(parents=True, exist_ok=True)
    draft = instance / f".{SECRET_KEY_FILE}.{secrets.token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its key is the key
            os.link(draft, target)
    finally:
        draft.unlink()
    key = read_secret_key(instance)
    if key is None:
        raise SettingsError([f"{target} is empty: delete it, a new one is generated."])
    return key


def read_secret_key(instance: Path) -> str | None:
    """Return the generated key, or None when there is none. OSError when the file cannot be read."""
    try:
        return (instance / SECRET_KEY_FILE).read_text(encoding="ascii", errors="replace").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None


def shown(definition: Definition, settings: Settings) -> str:
    """Return a value as it may be shown to the operator: secrets and passwords in addresses hidden."""
    value = getattr(settings, definition.field)
    if value is None:
        return "(not set)"
    if definition.field == "secret_key":
        return f"(set, {len(value)} characters)"
    return hide_password(str(value)) if definition.secret else str(value)


def hide_password(url: str) -> str:
    """Return an address with its password replaced, also one given in the query."""
    url = re.sub(r"(?<=://)([^:/@]*):.*@", r"\1:***@", url)
    return re.sub(r"(?i)([?&][^=&]*(?:pass|secret|token|key)[^=&]*)=[^&]*", r"\1=***", url)


def _read_config_file(instance: Path, problems: list[str]) -> dict[str, Any]:
    path = instance / CONFIG_FILE
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: not valid TOML: {error}")
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}")
    return {}


def _find(
    definition: Definition, environ: Mapping[str, str], from_file: Mapping[str, Any], instance: Path
) -> tuple[str | None, Source]:
    """Return the text of a setting and its source; an empty text counts as not set."""
    if text := environ.get(definition.name, "").strip():
        return text, "environment"
    value = from_file.get(definition.field)
    if isinstance(value, (str, int)) and not isinstance(value, bool) and (text := str(value).strip()):
        return text, "config.toml"
    if value is not None and value != "":
        return f"{value!r}", "config.toml"
    if definition.field == "secret_key" and (key := read_secret_key(instance)):
        return key, "generated"
    return definition.default, "default"


def _problem(definition: Definition, text: str | None, source: Source, error: ValueError) -> str:
    place = {"environment": definition.name, "generated": str(SECRET_KEY_FILE)}.get(
        source, f"{CONFIG_FILE}: {definition.field}"
    )
    # a value is repeated only when it cannot be a secret; repr keeps control characters off the terminal
    given = "" if definition.secret or text is None else f" (it is {text[:60]!r})"
    return f"{place} {error}{given}"


def _unknown_names(environ: Mapping[str, str], from_file: Mapping[str, Any]) -> list[str]:
    known = {definition.name for definition in DEFINITIONS} | {"STATION_INSTANCE"}
    fields = {definition.field for definition in DEFINITIONS}
    names = (name for name in environ if name.startswith(PREFIX) and not name.startswith(RESERVED))
    lines = [_unknown(name, known) for name in sorted(set(names) - known)]
    in_file = (name for name in from_file if not name.startswith("oidc_"))
    return lines + [f"{CONFIG_FILE}: {_unknown(name, fields)}" for name in sorted(set(in_file) - fields)]


def _unknown(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    shown_name = name if name.isidentifier() else repr(name[:60])
    return f"{shown_name} is not a setting" + (f"; did you mean {close[0]}?" if close else ".")
