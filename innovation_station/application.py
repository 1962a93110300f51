"""Flask as this application uses it: without what costs every page something and gives it nothing."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from flask import Flask
from flask.templating import Environment


class Templates(Environment):
    """Templates that all have the same globals.

    Jinja lays a map over them for each template, in case it is given some of its own. No template of ours is; and to
    copy that map for each part of a page cost more than to fill the part.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Give the globals of a template."""
        return super().make_globals(d) if d else self.globals


class Application(Flask):
    """The application. No view of it is a coroutine, so nobody asks each time whether one is."""

    jinja_environment = Templates
    # There are as many templates as there are files. To count which was used least goes through all that are kept, at
    # each part of a page, and writes to each: half a MiB in each process that is not shared any more.
    jinja_options: dict[str, Any] = {"cache_size": -1}  # noqa: RUF012 - as Flask has it

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Give the function as it is."""
        return func
