"""Compile the forecast kernels into the package where there is a C compiler; without one the package is pure Python.

The library is loaded through ctypes, so it needs no Python header and serves every Python version of a platform. It is
compiled so that it gives the same bits as its numpy twin: nothing fused, nothing reordered.
"""

from __future__ import annotations

import os
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("sop_xl/demand/forecasting/kernels")
SOURCE, LIBRARY = FOLDER / "kernels.c", FOLDER / "kernels.bin"


class Kernels(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's door: called before a wheel, or an editable install, is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and mark the wheel as one of this platform; or say why not, and go on."""
        if self.target_name != "wheel" or os.environ.get("SOP_XL_KERNELS") == "numpy":
            return
        root = Path(self.root)
        (root / LIBRARY).unlink(missing_ok=True)
        try:
            compiled(root / SOURCE, root / LIBRARY)
        except Exception as error:  # any compiler fails in its own way; the numpy twin always works
            self.app.display_warning(f"forecast kernels not compiled, the slower numpy ones will be used: {error}")
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
        build_data["artifacts"].append(LIBRARY.as_posix())


def compiled(source: Path, library: Path) -> None:
    """Compile with the compiler that setuptools finds: MSVC on Windows, cc elsewhere."""
    from setuptools._distutils.ccompiler import new_compiler
    from setuptools._distutils.sysconfig import customize_compiler

    compiler = new_compiler()
    customize_compiler(compiler)
    msvc = compiler.compiler_type == "msvc"
    flags = ["/O2", "/fp:precise"] if msvc else ["-O3", "-g0", "-ffp-contract=off", "-fPIC", "-fvisibility=hidden"]
    with tempfile.TemporaryDirectory() as folder:
        objects = compiler.compile([str(source)], output_dir=folder, extra_preargs=flags)
        compiler.link_shared_object(objects, str(library), libraries=[] if msvc else ["m"])
