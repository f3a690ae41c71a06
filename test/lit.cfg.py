# How lit runs the tests of import/ dialects/ passes/ interpret/ emit/ cli/: shell lines with FileCheck.
# usage: cmake --build BUILD --target check-lit, or lit BUILD/test/lit/passes
# SPDX-License-Identifier: Apache-2.0
import os
import shutil

import lit.formats

config.name = "snapc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["unit", "e2e", "support", "inputs", "Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.join(config.source_dir, "test")
config.test_exec_root = os.path.join(config.build_dir, "test", "lit")

venv = os.path.join(config.source_dir, ".venv", "bin")
folders = [os.path.join(config.build_dir, "bin"), config.llvm_tools, venv, config.environment["PATH"]]
config.environment["PATH"] = os.pathsep.join(folders)
if "ASAN_OPTIONS" in os.environ:
    config.environment["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]

config.substitutions += [
    ("%models", os.path.join(config.source_dir, "models")),
    ("%python", os.path.join(venv, "python3")),
    ("%snap_source", config.source_dir),
    ("%snap_build", config.build_dir),
    ("%mlir_include", os.path.join(os.path.dirname(config.llvm_tools), "include")),
]

# What a test may ask for with REQUIRES.
for feature, tool in [
    ("snapc", os.path.join(config.build_dir, "bin", "snapc")),
    ("qemu-aarch64", "qemu-aarch64"),
    ("aarch64-gcc", "aarch64-linux-gnu-gcc"),
]:
    if shutil.which(tool):
        config.available_features.add(feature)
