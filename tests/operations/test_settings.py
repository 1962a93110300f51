"""Settings: where they come from, what they may be, and what is said when they are wrong."""

import threading
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path

import pytest

from innovation_station import settings
from innovation_station.series.rules import LIMIT
from innovation_station.settings import SettingsError, load

KEY = "k" * 32


def problems(environ: dict[str, str], instance: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(environ, instance)
    return caught.value.problems


def test_defaults(tmp_path: Path) -> None:
    found = load({}, tmp_path)
    assert found.database_url == f"sqlite:///{tmp_path}/station.db"
    assert found.is_sqlite
    assert (found.secret_key, found.base_url, found.redis_url) == (None, None, None)
    assert found.mail_url == f"file://{tmp_path}/outbox"
    assert (found.locale, found.timezone, found.trusted_proxies) == ("sv", "Europe/Stockholm", 0)
    assert (found.feed_past_months, found.series_most) == (12, LIMIT)
    assert set(found.sources.values()) == {"default"}
    assert found.warnings == ()


def test_environment_goes_over_file_over_default(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('locale = "en"\ntrusted_proxies = 2\ntimezone = "Europe/Oslo"\n')
    found = load({"STATION_TIMEZONE": "Europe/Helsinki", "STATION_LOCALE": " "}, tmp_path)
    assert (found.timezone, found.locale, found.trusted_proxies) == ("Europe/Helsinki", "en", 2)
    assert found.sources["timezone"] == "environment"
    assert found.sources["locale"] == "config.toml"
    assert found.sources["log_level"] == "default"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DATABASE_URL", "sqlite:///data/x.db", "sqlite:///{instance}/data/x.db"),
        ("DATABASE_URL", "sqlite:////srv/x.db", "sqlite:////srv/x.db"),
        ("DATABASE_URL", "postgresql://u:p%40ss@h/n", "postgresql+psycopg://u:p%40ss@h/n"),
        ("DATABASE_URL", "postgres://h/n", "postgresql+psycopg://h/n"),
        ("DATABASE_URL", "postgresql+psycopg://h:5433/n?sslmode=require", "postgresql+psycopg://h:5433/n?sslmode=require"),
        ("BASE_URL", "https://Station.Example.ORG/", "https://station.example.org"),
        ("BASE_URL", "http://[::1]:8000", "http://[::1]:8000"),
        ("MAIL_URL", "smtps://u:p@mail.example.org:465", "smtps://u:p@mail.example.org:465"),
        ("MAIL_URL", "file:///var/mail-out", "file:///var/mail-out"),
        ("MAIL_FROM", "Huset <hej@example.org>", "Huset <hej@example.org>"),
        ("TRUSTED_PROXIES", "1", 1),
        ("REDIS_URL", "rediss://:secret@cache/0", "rediss://:secret@cache/0"),
        ("LOCALE", "en", "en"),
        ("TIMEZONE", "America/New_York", "America/New_York"),
        ("FEED_PAST_MONTHS", "0", 0),
        ("SERIES_MOST", "1000", 1000),
        ("EXTERNAL_CLOSED", "192.0.2.0/24, 2001:db8::/32,", (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))),
        ("EXTERNAL_CLOSED", "198.51.100.7", (ip_network("198.51.100.7/32"),)),
        ("SECRET_KEY", KEY, KEY),
    ],
)  # fmt: skip
def test_right_value_is_taken(tmp_path: Path, name: str, value: str, expected: object) -> None:
    found = getattr(load({f"STATION_{name}": value}, tmp_path), name.lower())
    assert found == (expected.format(instance=tmp_path) if isinstance(expected, str) else expected)


def pairs(name: str, *values: str) -> list[tuple[str, str]]:
    """Return a name with each of some values."""
    return [(name, value) for value in values]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *pairs("DATABASE_URL", "station.db", "mysql://h/n", "sqlite://", "sqlite:///:memory:"),
        *pairs("DATABASE_URL", "postgresql://h", "sqlite:///a?mode=ro"),
        *pairs("BASE_URL", "station.example.org", "ftp://h", "https://h/path", "https://h?x=1", "https://u@h"),
        *pairs("BASE_URL", "https://", "https://h:99999", "https://h\\evil", "https://h#x"),
        *pairs("MAIL_URL", "http://h", "smtp://", "file://", "mail.example.org"),
        *pairs("MAIL_FROM", "nobody", "a@b@c", "a b@c", "x@y>\x0bBcc: z@z"),
        *pairs("TRUSTED_PROXIES", "-1", "one", "1.5", "11", "٣", "1" * 5000, "1e3", "0x1"),
        *pairs("REDIS_URL", "localhost", "http://h", "redis://"),
        *pairs("LOCALE", "de", "SV", "sv_SE", "../sv"),
        *pairs("TIMEZONE", "Stockholm", "Europe", "../../etc/passwd", "/etc/localtime", "+01:00", "x" * 5000),
        *pairs("FEED_PAST_MONTHS", "121", "always"),
        *pairs("SERIES_MOST", "0", "1001", "many"),
        *pairs("EXTERNAL_CLOSED", "inside", "192.0.2.7/24", "192.0.2.0/33", "192.0.2.0-192.0.2.9"),
        *pairs("LOG_FORMAT", "xml"),
        *pairs("LOG_LEVEL", "INFO", "loud"),
        *pairs("SECRET_KEY", "short"),
    ],
)
def test_wrong_value_is_refused_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    (line,) = problems({f"STATION_{name}": value}, tmp_path)
    assert line.startswith(f"STATION_{name} ")
    assert line.isprintable()
    assert len(line) < 250


def test_wrong_settings_are_named_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('locale = "de"\ntrusted_proxies = ["1"]\n')
    lines = problems({"STATION_TIMEZONE": "Mars", "STATION_DATABASE_URL": "mysql://u:hush@h/n"}, tmp_path)
    assert [line.split(" must")[0] for line in lines] == [
        "STATION_DATABASE_URL",
        "config.toml: trusted_proxies",
        "config.toml: locale",
        "STATION_TIMEZONE",
    ]
    assert "hush" not in "".join(lines)


def test_broken_config_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("locale = sv")
    (line,) = problems({}, tmp_path)
    assert "config.toml: not valid TOML" in line
    (tmp_path / "config.toml").write_bytes(b'locale = "\xff"')
    assert len(problems({}, tmp_path)) == 1


def test_short_secret_is_not_repeated(tmp_path: Path) -> None:
    (line,) = problems({"STATION_SECRET_KEY": "hunter2-hunter2"}, tmp_path)
    assert "hunter2" not in line
    assert "it has 15" in line


def test_unknown_names_are_told_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('time_zone = "Europe/Oslo"\noidc_issuer = "x"\n')
    found = load({"STATION_SECRET": "x", "STATION_OIDC_CLIENT": "x", "STATION_CHROMIUM": "x", "PATH": "x"}, tmp_path)
    assert found.warnings == (
        "STATION_SECRET is not a setting; did you mean STATION_SECRET_KEY?",
        "config.toml: time_zone is not a setting; did you mean timezone?",
    )


def test_settings_do_not_print_their_values(tmp_path: Path) -> None:
    found = load({"STATION_SECRET_KEY": KEY}, tmp_path)
    assert KEY not in repr(found)
    assert KEY not in str(found)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://u:p@h/n", "postgresql+psycopg://u:***@h/n"),
        ("postgresql+psycopg://u:p@ss:w@h/n", "postgresql+psycopg://u:***@h/n"),
        ("postgresql+psycopg://h/n?password=hush&sslmode=require", "postgresql+psycopg://h/n?password=***&sslmode=require"),
        ("rediss://:hush@cache/0", "rediss://:***@cache/0"),
        ("sqlite:////srv/x.db", "sqlite:////srv/x.db"),
    ],
)  # fmt: skip
def test_password_in_address_is_hidden(url: str, shown: str) -> None:
    assert settings.hide_password(url) == shown


def test_secret_key_is_generated_once(tmp_path: Path) -> None:
    instance = tmp_path / "new"
    key = settings.ensure_secret_key(instance)
    assert len(key) >= 43
    assert settings.ensure_secret_key(instance) == key
    assert (instance / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in instance.iterdir()] == ["secret_key"]
    found = load({}, instance)
    assert (found.secret_key, found.sources["secret_key"]) == (key, "generated")
    assert load({"STATION_SECRET_KEY": KEY}, instance).secret_key == KEY


def test_those_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def start(_number: int) -> str:
        together.wait(10)
        return settings.ensure_secret_key(tmp_path / "new")

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(start, range(8)))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret_key"]


def test_empty_key_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    with pytest.raises(SettingsError, match="is empty"):
        settings.ensure_secret_key(tmp_path)


def test_instance_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.default_instance({"STATION_INSTANCE": "here"}) == tmp_path / "here"
    assert load({"STATION_INSTANCE": str(tmp_path)}).instance == tmp_path
    checkout = Path(settings.__file__).parent.parent
    assert settings.default_instance({}) in (checkout / "instance", tmp_path / "instance")
