#!/usr/bin/env python3
"""snapc compile --gpu metal: what it refuses and writes, and the nano pipeline drawn through runtime/metal on a device
of the tests' own (test/support/metal), every kernel on the shim with its checks on.
SPDX-License-Identifier: Apache-2.0
"""
import json
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import support
from compare_pictures import picture, psnr
from test_artefacts import LLVM, allowed_symbols, check_symbols, members

DRIVER, CHECKER = support.BUILD / "bin/metal_generate", support.BUILD / "bin/metal_check"
SHIM = support.BUILD / "test-shim-cache"
PROMPT, SEED = "a red circle", "3"
NOT_PERMITTED, DEVICE_REMOVED = "7", "11"  # MTLCommandBufferError


class Compile(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="snapc-metal-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def compile_text(self, name, *flags, check=True):
        return support.snapc("compile", support.nano() / "text_encoder/model.onnx", "-o", self.folder / name, "--name", "text",
                             "--quiet", "--precision", "f16", *support.dim_flags("text_encoder"), *flags, check=check)

    def test_refuses_what_has_no_metal(self):
        for flags, says in ((("--gpu", "metal"), "--gpu metal: x86_64-linux has no Metal; give --target arm64-ios or arm64-macos"),
                            (("--gpu", "metal", "--target", "arm64-android"), "arm64-android has no Metal"),
                            (("--gpu", "vulkan", "--target", "arm64-ios"), "--gpu vulkan: expected metal")):
            result = self.compile_text("no", *flags, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn(says, result.stderr)
        self.assertFalse((self.folder / "no").exists())

    def test_same_bytes_and_one_build_id(self):
        names = ["libtext.a", "text.h", "text.snap", "text.metal", "text-metallib.sh", "text-metallib.cmake"]
        for target, sdk in (("arm64-ios", "iphoneos"), ("arm64-macos", "macosx")):
            for out in ("a", "b"):
                self.compile_text(out, "--target", target, "--gpu", "metal")
            self.assertEqual(sorted(path.name for path in (self.folder / "a").iterdir()), sorted(names))
            for name in names:
                self.assertEqual((self.folder / "a" / name).read_bytes(), (self.folder / "b" / name).read_bytes(), name)
            build = re.search(r'TEXT_BUILD_ID "(\w{32})"', (self.folder / "a/text.h").read_text()).group(1)
            source = (self.folder / "a/text.metal").read_text()
            self.assertTrue(source.startswith(f"// text.metal, build {build}\n"))
            self.assertIn(f"kernel void snap_build_{build}() {{}}", source)
            script = (self.folder / "a/text-metallib.sh")
            self.assertTrue(script.stat().st_mode & 0o100, "the script can be run")
            self.assertEqual(script.read_text().count(f"xcrun -sdk {sdk} metal"), 2)
            subprocess.run(["sh", "-n", script], check=True)

    def test_without_a_gpu_nothing_of_it_is_there(self):
        self.compile_text("cpu", "--target", "arm64-ios")
        self.assertEqual(sorted(path.name for path in (self.folder / "cpu").iterdir()), ["libtext.a", "text.h", "text.snap"])
        self.assertNotIn(b"objc_msgSend", (self.folder / "cpu/libtext.a").read_bytes())


    # What an app links with; each library promises what the archive may need of it.
    STUBS = {"/usr/lib/libSystem.B.dylib": None,
             "/usr/lib/libobjc.A.dylib": [symbol for symbol in check_symbols.METAL if symbol.startswith(("objc_", "sel_"))],
             "/System/Library/Frameworks/Metal.framework/Metal": ["MTLCreateSystemDefaultDevice"]}

    def test_apple_archives_link_with_libsystem_libobjc_and_metal(self):
        for target, platform in (("arm64-ios", "ios"), ("arm64-macos", "macos")):
            self.compile_text(target, "--target", target, "--gpu", "metal")
            archive, work = self.folder / target / "libtext.a", self.folder / f"link-{target}"
            work.mkdir()
            for path in members(archive, work):
                commands = support.run(f"{LLVM}/llvm-objdump", "--macho", "--private-headers", path).stdout
                self.assertRegex(commands, r"MH_MAGIC_64\s+ARM64", path.name)
                self.assertRegex(commands, rf"(?i)cmd LC_BUILD_VERSION\s+cmdsize \d+\s+platform {platform}\b", path.name)
            stubs = []
            for library, symbols in self.STUBS.items():
                symbols = symbols or sorted(allowed_symbols(target) | {"getpagesize", "dyld_stub_binder"})
                stubs.append(work / f"{Path(library).name}.tbd")
                stubs[-1].write_text(f"--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-{platform} ]\ninstall-name: '{library}'\n"
                                     f"exports:\n  - targets: [ arm64-{platform} ]\n"
                                     f"    symbols: [ {', '.join('_' + symbol for symbol in symbols)} ]\n...\n")
            # The linker refuses whatever none of the stubs has.
            link = ["ld64.lld-19", "-arch", "arm64", "-platform_version", platform, "17.0", "17.0", "-dylib", "-all_load",
                    "-install_name", "text.dylib", "-o", work / "text.dylib", archive]
            self.assertIn("undefined symbol: MTLCreateSystemDefaultDevice",
                          support.run(*link, *stubs[:-1], check=False).stderr.replace("_MTL", "MTL"))
            support.run(*link, *stubs)
            used = support.run(f"{LLVM}/llvm-objdump", "--macho", "--dylibs-used", work / "text.dylib").stdout
            self.assertEqual(set(re.findall(r"^\t(/\S+)", used, re.M)), set(self.STUBS))

    def test_every_dispatch_for_a_phone_is_in_its_place(self):
        out = support.compiled_nano("nano-ios-metal", "--precision", "f16", "--target", "arm64-ios", "--gpu", "metal")
        report = json.loads(support.run(CHECKER, out, SHIM).stdout)
        self.assertEqual(report["command_buffers"], 6)
        plan = json.loads(support.snapc("inspect", out, "--json").stdout)
        metal = plan["metal"]
        self.assertEqual({row["name"]: row["dispatches"] for row in metal["programs"]}, report["dispatches_of"])
        self.assertEqual(len(metal["functions"]), report["compiled_pipelines"])
        self.assertEqual(plan["target"], "arm64-ios")
        source = (out / "nano.metal").read_text()
        for function in metal["functions"]:
            self.assertIn(f"kernel void {function['name']}(", source)
            self.assertLessEqual(function["threadgroup_bytes"], 32768)
            self.assertGreater(function["dispatches"], 0)
        # A run that failed can be done again: nothing of the state is read and later written by one program.
        for program in plan["programs"]:
            read = []
            for call in program["calls"]:
                *inputs, output = [(a["offset"], a["offset"] + a["bytes"]) if a["space"] == "state" else (0, 0) for a in call["args"]]
                self.assertFalse(any(output[0] < end and begin < output[1] for begin, end in read), program["name"])
                read += inputs
        self.assertRegex(support.snapc("inspect", out).stdout, r"\nMetal: \d+ functions, constants [0-9.]+ KiB\n")


class Pictures(unittest.TestCase):
    """The device is slow: a step of 0.37 GMAC takes about 5 s of a core."""

    @classmethod
    def setUpClass(cls):
        cls.gpu = support.compiled_nano("nano-metal", "--precision", "f16", "--gpu", "metal", "--metal-anywhere")
        cls.cpu = support.compiled_nano()
        cls.folder = Path(tempfile.mkdtemp(prefix="snapc-metal-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def draw(self, steps, *fails):
        """Draws on both; what the device said and how alike the pictures are."""
        result = support.run(DRIVER, self.gpu, PROMPT, self.folder / "gpu.png", steps, SEED, SHIM, *fails, check=False)
        report = json.loads(result.stdout.splitlines()[-1]) if result.stdout else {}
        self.assertEqual(result.returncode, 0, f"{report.get('problems')}\n{result.stderr}")
        support.snapc("generate", self.cpu, PROMPT, "-o", self.folder / "cpu.png", "--steps", steps, "--seed", SEED, "--quiet")
        return report, psnr(picture(self.folder / "gpu.png"), picture(self.folder / "cpu.png"))

    def test_nano_draws_its_picture(self):
        steps = 8
        report, ratio = self.draw(steps)
        print(f"metal f16, {steps} steps: PSNR {ratio:.1f} dB against the CPU's f32 (limit 35)", flush=True)
        self.assertGreaterEqual(ratio, 35)
        # One command buffer a run: two prompts, what depends on them, the steps, the decoder.
        self.assertEqual(report["command_buffers"], 2 + 1 + steps + 1)
        of = report["dispatches_of"]
        self.assertEqual(report["dispatches"], 2 * of["encode_text"] + of["prepare"] + steps * of["step"] + of["decode"])

    def test_the_cpu_goes_on_when_the_gpu_is_lost(self):
        # In the first step, after 100 dispatches; the GPU is not asked again.
        report, ratio = self.draw(2, 3, DEVICE_REMOVED)
        self.assertEqual(report["command_buffers"], 4)
        print(f"metal f16, lost in the first step: PSNR {ratio:.1f} dB (limit 35)", flush=True)
        self.assertGreaterEqual(ratio, 35)

    def test_the_gpu_goes_on_after_the_background(self):
        report, ratio = self.draw(1, 3, NOT_PERMITTED)
        self.assertEqual(report["command_buffers"], 5)
        self.assertGreaterEqual(ratio, 35)


if __name__ == "__main__":
    unittest.main()
