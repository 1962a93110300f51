"""Put fonts, catalogues, templates and static files into what hatchling builds.

A file of its own, under the name hatchling looks for: the hook needs hatchling, which the installed program
does not have, and ``assets.py`` must be loaded by path, because importing it from its package would import
Flask, which an isolated build does not have.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Build the assets, and map the top-level folders into the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the assets; for a real wheel, name the folders to include."""
        root = Path(self.root)
        _load_assets(root).build(root)
        # An editable install finds both folders beside the package. Including them there too would put
        # copies into site-packages that grow stale.
        if version != "editable":
            for folder in ("templates", "static"):
                build_data["force_include"][str(root / folder)] = f"innovation_station/{folder}"


def _load_assets(root: Path) -> Any:
    path = root / "innovation_station" / "assets.py"
    spec = importlib.util.spec_from_file_location("station_assets", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up while it loads
    spec.loader.exec_module(module)
    return module
