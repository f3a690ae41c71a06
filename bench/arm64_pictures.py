#!/usr/bin/env python3
"""Counts the instructions that whole arm64 programs and a picture of 8 guided steps take, ours and ONNX Runtime's, exactly,
under qemu-aarch64 (bench/arm64.py: single operators).

usage: bench/arm64_pictures.py [--pipeline NAME] [--by-kernel] [--precision P]... [--program P]... [--no-peer] [--cpu CPU]
       bench/arm64_pictures.py --block NAME... [--precision P]... [--no-peer] [--cpu CPU]

snapc compiles models/NAME (nano, or snapfusion) for arm64-linux, in f32 and in f16; bench/arm64/programs.c runs each
program once on one thread, of a processor without SVE. ONNX Runtime runs the three graphs the pipeline was made of, in f32:
the second run of the text encoder on a prompt, the UNet on a guidance pair, the decoder. A picture is two runs of the text
encoder, one of what depends on the prompt alone (prepare; a part of the peer's UNet), 8 steps and one decoding; schedulers
are not counted.

qemu multiplies some 20 million vectors a second, so a step at full size takes hours. --by-kernel runs each distinct kernel
of a program alone, once, and adds up its calls: what a program runs besides is a thousandth, as the sum that is printed
for nano shows. What was counted is kept in CACHE/pictures.json; a run that was cut off goes on.

--block counts a block cut out of the full-size UNet, for a guidance pair: resnet (640 channels, 32x32) or transformer (self- and
cross-attention and feed-forward of the same); here the peer's first run counts, since two take long. Their layouts at the
cuts are the ONNX ones, which costs both sides what a whole model need not spend.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from arm64_support import (PEERS, ROOT, count, fmla, make_peers, make_qemu, make_runner, parse_arguments, peer_command,
                           run)

STEPS = 8
# pipeline: the latents' height and width
LATENT = {"nano": 16, "snapfusion": 64}
# our program: the peer's graph, its batch
GRAPHS = {"encode_text": ("text_encoder", 1), "step": ("unet", 2), "decode": ("vae_decoder", 1)}


# block: graph, its dimensions, inputs and outputs
BLOCKS = {
    "resnet": ("unet", {"batch": 2, "height": 64, "width": 64},
               ["/att.0.0/Add_output_0", "/res.0/nonlinearity_1/Mul_output_0"], ["/res.1_1/Div_output_0"]),
    "transformer": ("unet", {"batch": 2, "height": 64, "width": 64},
                    ["/res.1_1/Div_output_0", "encoder_hidden_states"], ["/att.1.0/Add_output_0"]),
}


class State:
    """Counts on disk by what was counted, so that none is counted twice."""

    def __init__(self, path: Path):
        self.path = path
        self.known = json.loads(path.read_text()) if path.exists() else {}

    def get(self, name: str, command: list) -> dict:
        if name not in self.known:
            start = time.monotonic()
            self.known[name] = count(command)
            self.path.write_text(json.dumps(self.known, indent=0))
            print(f"{time.monotonic() - start:8.1f} s {self.known[name]['all']:10.1f} M  {name[:120]}", file=sys.stderr,
                  flush=True)
        return self.known[name]


def cut_block(models: Path, name: str, path: Path) -> None:
    """Writes the block as a model of its own, shapes static, weights inside."""
    import onnx
    from onnx.external_data_helper import load_external_data_for_tensor, uses_external_data

    graph, sizes, inputs, outputs = BLOCKS[name]
    model = onnx.load(models / graph / "model.onnx", load_external_data=False)
    for value in model.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in sizes:
                dim.dim_value = sizes[dim.dim_param]
    model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    block = onnx.utils.Extractor(model).extract_model(inputs, outputs)
    for value in block.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if not dim.HasField("dim_value"):  # the batch, which shape inference loses on the time embedding's way
                dim.dim_value = sizes["batch"]
    for tensor in block.graph.initializer:
        if uses_external_data(tensor):
            load_external_data_for_tensor(tensor, str(models / graph))
            tensor.ClearField("data_location")
            del tensor.external_data[:]
    onnx.save(block, path)


def compile_for_arm64(models: Path, precision: str, flags: list, args) -> tuple[Path, dict]:
    """The folder of what was compiled and what `snapc inspect` says of it."""
    out = args.scratch / precision
    subprocess.run([args.build / "bin/snapc", "compile", models, "-o", out, "--name", "picture", "--target", "arm64-linux",
                    "--cpu", args.cpu, "--precision", precision, *map(str, flags), "--quiet", "--cache",
                    args.cache / "kernel-cache"], check=True, stdout=subprocess.DEVNULL)
    return out, json.loads(run([args.build / "bin/snapc", "inspect", out, "--json"]))


def counted_programs(model: dict, args) -> list:
    """Programs that a picture runs, or the single one of a model, in their order; of those that --program names."""
    return [program for program in model["programs"]
            if program["runs_per_picture"] and (not args.program or program["name"] in args.program)]


def count_programs(out: Path, model: dict, args, qemu: list, state: State) -> dict:
    """Program -> counts of one run of it."""
    program = out / "programs"
    run(["aarch64-linux-gnu-gcc", "-O2", "-std=c11", "-static", f"-I{ROOT}/runtime/include", "-DSNAP_LIBRARY=picture_library",
         ROOT / "bench/arm64/programs.c", out / "libpicture.a", "-lpthread", "-lm", "-o", program])
    return {one["name"]: state.get(f"{model['build_id']} {one['name']}",
                                   [*qemu, program, out / "picture.snap", one["name"]])
            for one in counted_programs(model, args)}


def count_by_kernel(out: Path, model: dict, args, qemu: list, state: State) -> dict:
    """The same, as the sum of the kernels."""
    keys = [kernel["key"] for kernel in model["kernels"]]
    runner = make_runner(keys, args.cpu, out / "kernels", args.build, args.cache)
    sums = {}
    for program in counted_programs(model, args):
        sums[program["name"]] = dict.fromkeys(("all", "fmla4s", "fmla8h"), 0.0)
        for call in program["calls"]:
            counts = state.get(f"{args.cpu} {keys[call['kernel']]}", [*qemu, runner, call["kernel"]])
            for kind in sums[program["name"]]:
                sums[program["name"]][kind] += counts[kind]
    return sums


def count_peer(models: Path, args, qemu: list, state: State) -> dict:
    """Our program -> counts of ONNX Runtime's graph."""
    python = peer_command(args.cache, qemu)
    counts = {}
    for program, (graph, batch) in GRAPHS.items():
        if args.program and program not in args.program:
            continue
        sizes = [f"batch={batch}", *(f"{side}={LATENT[args.pipeline]}" for side in ("height", "width"))]
        counts[program] = state.get(
            f"onnxruntime {PEERS['onnxruntime']} {args.pipeline}/{graph} {' '.join(sizes)}",
            [*python, ROOT / "bench/arm64/peer_onnxruntime.py", models / graph / "model.onnx", *sizes])
    return counts


def print_table(runs: dict, columns: dict, picture_too: bool) -> None:
    """A row per program and perhaps one of the picture, a column per engine; ratios to the first, the peer."""
    def cells(counts: list) -> str:
        text = [f"{c['all']:.1f} ({fmla(c):.1f})" if c else "" for c in counts]
        peer, f32, f16 = (c["all"] if c else 0 for c in counts)
        ratios = [f"{a / b:.2f}" if a and b else "" for a, b in ((f32, peer), (f16, peer), (f16, f32))]
        return " | ".join([*text, *ratios]) + " |"

    print("| program | runs | " + " | ".join(columns) + " | f32 / peer | f16 / peer | f16 / f32 |")
    print("|" + "---|" * (5 + len(columns)))
    picture = [dict.fromkeys(("all", "fmla4s", "fmla8h"), 0.0) for _ in columns]
    complete = [True] * len(columns)
    for program, times in runs.items():
        counts = [column.get(program) for column in columns.values()]
        for at, one in enumerate(counts):
            complete[at] &= bool(one) or (at == 0 and program == "prepare")
            for kind in picture[at]:
                picture[at][kind] += times * one[kind] if one else 0
        print(f"| {program} | {times} | {cells(counts)}")
    if picture_too:
        print(f"| picture | | {cells([sum_ if whole else None for sum_, whole in zip(picture, complete)])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", choices=LATENT, default="nano")
    parser.add_argument("--by-kernel", action="store_true", help="each kernel alone instead of whole programs")
    parser.add_argument("--block", action="append", choices=BLOCKS, help="count blocks instead; may be repeated")
    parser.add_argument("--precision", action="append", choices=("f32", "f16"), help="only this one of ours")
    parser.add_argument("--program", action="append", choices=("encode_text", "prepare", "step", "decode"),
                        help="only this one, which makes no picture; may be repeated")
    parser.add_argument("--no-peer", action="store_true", help="ours only")
    parser.add_argument("--cpu", default="generic", help="processor model of snapc (default: %(default)s)")
    parser.add_argument("--models", type=Path, default=ROOT / "out/models", help="where graphs with their weights are or go")
    args = parse_arguments(parser)
    if args.block:
        args.pipeline = "snapfusion"
    models = args.models.resolve() / args.pipeline
    run([sys.executable, ROOT / "models/make_weights.py", ROOT / "models" / args.pipeline, models])
    qemu, state = make_qemu(args.cache), State(args.cache / "pictures.json")
    peer = not args.no_peer and make_peers(args.cache)
    columns, runs = {"peer": {}, "f32": {}, "f16": {}}, {}
    with tempfile.TemporaryDirectory(prefix="snap-arm64-", dir=args.cache) as scratch:  # gigabytes at full size
        args.scratch = Path(scratch)
        for block in args.block or []:
            model = args.scratch / f"{block}.onnx"
            cut_block(models, block, model)
            if peer:
                command = [*peer_command(args.cache, qemu), ROOT / "bench/arm64/peer_onnxruntime.py", "--first", model]
                columns["peer"][block] = state.get(f"onnxruntime {PEERS['onnxruntime']} block {block}", command)
            for precision in args.precision or ("f32", "f16"):
                # The default cap is for whole models.
                out, inspected = compile_for_arm64(model, precision, ["--max-weights", "1000000"], args)
                columns[precision][block], = count_programs(out, inspected, args, qemu, state).values()
            runs[block] = 1
        if not args.block:
            if peer:
                columns["peer"] = count_peer(models, args, qemu, state)
            for precision in args.precision or ("f32", "f16"):
                out, inspected = compile_for_arm64(models, precision, ["--steps", STEPS], args)
                runs = {one["name"]: one["runs_per_picture"] for one in counted_programs(inspected, args)}
                counted = count_by_kernel if args.by_kernel else count_programs
                columns[precision] = counted(out, inspected, args, qemu, state)
    print(f"{args.pipeline}, --cpu {args.cpu}: millions of instructions of one run, FMLA in brackets; "
          f"peer: ONNX Runtime {PEERS['onnxruntime']}, f32")
    print_table(runs, columns, not args.block and not args.program)


if __name__ == "__main__":
    main()
