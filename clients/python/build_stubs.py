"""Makes the gRPC stubs (package `flopynet.policy.v1`) from proto/ whenever a wheel is built."""

import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

from grpc_tools import protoc
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = Path("flopynet/policy/v1")


class StubsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the stubs beside the package: into the wheel, never into the source tree."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self._out = tempfile.TemporaryDirectory(prefix="flopynet-stubs-")
        make_stubs(proto_folder(Path(self.root)), Path(self._out.name))
        build_data["force_include"][f"{self._out.name}/flopynet"] = "flopynet"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self._out.cleanup()


def proto_folder(root: Path) -> Path:
    """`proto/` of the repository, or of an unpacked source distribution."""
    candidates = [root.parent.parent / "proto", root / "proto"]
    for folder in candidates:
        if (folder / PACKAGE).is_dir():
            return folder
    raise FileNotFoundError(f"no {PACKAGE} in any of {[str(folder) for folder in candidates]}")


def make_stubs(proto: Path, out: Path) -> None:
    """Runs protoc over the engine's own .proto files; those of Google come with a package."""
    well_known = resources.files("grpc_tools") / "_proto"
    sources = sorted(str(path) for path in (proto / PACKAGE).glob("*.proto"))
    outputs = [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
    arguments = ["protoc", f"-I{proto}", f"-I{well_known}", *outputs, *sources]
    if protoc.main(arguments) != 0:
        raise RuntimeError(f"protoc failed: {' '.join(arguments)}")
    (out / PACKAGE / "py.typed").touch()
