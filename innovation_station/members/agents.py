"""What a browser calls itself, in words that its owner knows it by."""

from __future__ import annotations

import re

from innovation_station.i18n import gettext as _

# The first that is found: most browsers also claim to be the ones after them.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR|Opera", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Vivaldi", "Vivaldi"),
    ("Firefox|FxiOS", "Firefox"), ("Chromium", "Chromium"), ("Chrome|CriOS", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("CrOS", "ChromeOS"), ("Mac OS X|Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def described(agent: str) -> str:
    """Say «Firefox on Windows», as far as it can be told."""
    browser = next((name for pattern, name in _BROWSERS if re.search(pattern, agent)), None)
    system = next((name for pattern, name in _SYSTEMS if re.search(pattern, agent)), None)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("An unknown browser")
