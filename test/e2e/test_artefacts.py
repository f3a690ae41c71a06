#!/usr/bin/env python3
"""What snapc compile writes: the same bytes every time, and the right format, symbols and platform for every target."""
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import support

sys.path.insert(0, str(support.ROOT / "test/unit/runtime"))
import check_symbols  # what the runtime may need of each system

LLVM = "/usr/lib/llvm-19/bin"
# What kernels may call besides: the scalar functions of f32, all in libm.
KERNEL_SYMBOLS = set("""acosf acoshf asinf asinhf atanf atanhf ceilf cosf coshf erff exp2f expf floorf fmaf fmaxf fminf fmodf
    log2f logf memset_pattern16 nearbyintf powf rintf roundf sinf sinhf sqrtf tanf tanhf truncf""".split())


def allowed_symbols(target: str) -> set[str]:
    return KERNEL_SYMBOLS | set(check_symbols.COMMON) | set(check_symbols.TARGETS[target][0])
def members(archive: Path, folder: Path) -> list[Path]:
    subprocess.run([f"{LLVM}/llvm-ar", "x", archive.resolve()], cwd=folder, check=True)
    return sorted(folder.glob("*.o"))


class Artefacts(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="snapc-artefacts-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def compile_decoder(self, out: Path, *flags: str) -> Path:
        """A small model with convolutions, norms and attention."""
        model = support.nano() / "vae_decoder/model.onnx"
        support.snapc("compile", model, "-o", out, "--name", "decoder", *support.dim_flags("vae_decoder"), "--quiet",
                      *flags)
        return out

    def undefined(self, archive: Path) -> set[str]:
        """Symbols that no member defines."""
        text = support.run(f"{LLVM}/llvm-nm", "--format=posix", archive).stdout
        defined, needed = set(), set()
        for line in text.splitlines():
            parts = line.split()
            if len(parts) >= 2 and not line.endswith(":"):
                (needed if parts[1] in "Uw" else defined).add(parts[0])
        return needed - defined

    def test_same_command_twice_gives_the_same_bytes(self):
        first = self.compile_decoder(self.folder / "a")
        # The second time without the kernel cache: objects do not depend on it, nor on their neighbours.
        second = self.compile_decoder(self.folder / "b", "--cache", str(self.folder / "cache"))
        for name in ("libdecoder.a", "decoder.h", "decoder.snap"):
            self.assertEqual((first / name).read_bytes(), (second / name).read_bytes(), name)

    def test_a_pipeline_compiled_twice_gives_the_same_bytes(self):
        # Its weights file also holds the tokenizer and the schedule.
        snaps = []
        for name in ("pipeline-a", "pipeline-b", "pipeline-c"):
            support.snapc("compile", support.nano(), "-o", self.folder / name, "--name", "nano", "--quiet")
            snaps.append((self.folder / name / "nano.snap").read_bytes())
        self.assertEqual(snaps[0], snaps[1])
        self.assertEqual(snaps[0], snaps[2])

    def test_ios_objects_say_their_platform_and_need_only_libsystem(self):
        out = self.compile_decoder(self.folder / "ios", "--target", "arm64-ios")
        objects = members(out / "libdecoder.a", self.folder)
        self.assertGreater(len(objects), 20)
        for path in objects:
            commands = support.run(f"{LLVM}/llvm-objdump", "--macho", "--private-headers", path).stdout
            self.assertRegex(commands, r"MH_MAGIC_64\s+ARM64", path.name)
            platform = re.search(r"cmd LC_BUILD_VERSION\s+cmdsize \d+\s+platform (\w+)", commands)
            self.assertIsNotNone(platform, f"{path.name} has no LC_BUILD_VERSION")
            self.assertIn(platform.group(1).lower(), ("ios", "2"), path.name)
        needed = {symbol.removeprefix("_") for symbol in self.undefined(out / "libdecoder.a")}
        self.assertLessEqual(needed, allowed_symbols("arm64-ios"))

    def test_every_target_gives_its_format(self):
        expected = {"arm64-macos": "mach-o arm64", "arm64-android": "elf64-littleaarch64",
                    "arm64-linux": "elf64-littleaarch64", "x86_64-linux": "elf64-x86-64"}
        model = support.nano() / "text_encoder/model.onnx"
        snaps = {}
        for target, form in expected.items():
            out = self.folder / target
            support.snapc("compile", model, "-o", out, "--name", "text", "--target", target, "--quiet",
                          *support.dim_flags("text_encoder"))
            listing = support.run(f"{LLVM}/llvm-objdump", "-a", out / "libtext.a").stdout
            formats = set(re.findall(r"file format (.*)", listing))
            self.assertEqual(formats, {form}, target)
            needed = {s.removeprefix("_") if "macos" in target else s for s in self.undefined(out / "libtext.a")}
            needed.discard("GLOBAL_OFFSET_TABLE_")
            needed.discard("_GLOBAL_OFFSET_TABLE_")
            self.assertLessEqual(needed, allowed_symbols(target), target)
            snaps[target] = (out / "text.snap").read_bytes()[:16]
        self.assertEqual(len(set(snaps.values())), 1, "NAME.snap has one format everywhere")

    def test_header_compiles_as_c_and_cxx(self):
        out = self.compile_decoder(self.folder / "h")
        for compiler, language in (("cc", "c"), ("c++", "c++")):
            source = self.folder / "use.c"
            source.write_text('#include "decoder.h"\n'
                              "int main(void) { snap_model *m = 0; snap_error e; (void)DECODER_ARENA_BYTES;\n"
                              '  return decoder_open("decoder.snap", 0, &m, &e) == SNAP_OK ? 0 : 1; }\n')
            program = self.folder / f"use-{language}"
            support.run(compiler, "-x", language, "-Wall", "-Wextra", "-Werror", "-pedantic", f"-I{out}", source,
                        "-x", "none", out / "libdecoder.a", "-lm", "-lpthread", "-o", program)
            support.run(program, cwd=out)

    def test_picture_is_the_same_every_time(self):
        nano = support.compiled_nano()
        pictures = []
        # Often enough to see a race: threads that write the same element in turns differ only now and then.
        for threads in ("1", "2", "2", "3", "2", "4", "2", "3", "2", "4"):
            picture = self.folder / "picture.png"
            support.snapc("generate", nano, "a red circle", "-o", picture, "--seed", "3", "--steps", "2", "--threads",
                          threads, "--quiet")
            pictures.append(picture.read_bytes())
            self.assertTrue(pictures[-1] == pictures[0], f"run {len(pictures)}, {threads} threads")


if __name__ == "__main__":
    unittest.main()
