#!/usr/bin/env python3
"""Times compiled models against ONNX Runtime and OpenVINO (f32), alternating in one run, and prints ratios.

usage: bench/models.py [--models DIR] [--build DIR] [--rounds N] [--threads N] [WORK ...]
WORK: text_encoder unet decoder sd15_decoder sd15_unet picture (default: the first three). DIR holds the graphs with
their weights (models/make_weights.py) and what snapc compiled from them; what is missing is made first.
Each round runs every engine twice, in turn, and times the second run (a picture, which is long, once): the engines are processes of their own that share
the machine's memory, and what one has pushed out of the page cache or the caches since the last round is not another's
time. A ratio is snapc's median over the faster peer's.

picture is a whole one of 8 guided steps at 512x512: snapc's snap_generate, from tokens to pixels, against two runs of
the text encoder, eight of the UNet on a guidance pair and one of the decoder (a peer's scheduler is not counted).
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# name: (graph folder, dimensions, input shapes)
WORKS = {
    "text_encoder": ("snapfusion/text_encoder", {"batch": 1}),
    "unet": ("snapfusion/unet", {"batch": 2, "height": 64, "width": 64}),
    "decoder": ("snapfusion/vae_decoder", {"batch": 1, "height": 64, "width": 64}),
    "sd15_decoder": ("sd15/vae_decoder", {"batch": 1, "height": 64, "width": 64}),
    "sd15_unet": ("sd15/unet", {"batch": 2, "height": 64, "width": 64}),
    "nano_unet": ("nano/unet", {"batch": 2, "height": 16, "width": 16}),
    "nano_decoder": ("nano/vae_decoder", {"batch": 1, "height": 16, "width": 16}),
}
# name: (pipeline folder, latent height and width)
PICTURES = {"picture": ("snapfusion", 64), "nano_picture": ("nano", 16)}
STEPS = 8


def cpu_name() -> str:
    info = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":")[1].strip() for line in info.splitlines() if line.startswith("model name")), "?")
    flags = next((line for line in info.splitlines() if line.startswith("flags")), "")
    isa = "AVX-512" if " avx512f" in flags else "AVX2" if " avx2" in flags else "no AVX2"
    return f"{model}, {isa}, {os.cpu_count()} cores"


def make_inputs(model: Path, dims: dict, folder: Path) -> dict:
    """Seeded inputs as .npy files: name -> path."""
    import numpy as np
    import onnx

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    graph = onnx.load(model, load_external_data=False).graph
    initializers = {t.name for t in graph.initializer}
    paths = {}
    for value in graph.input:
        if value.name in initializers:
            continue
        tensor = value.type.tensor_type
        shape = [dims[d.dim_param] if d.dim_param else d.dim_value for d in tensor.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
        if dtype.kind in "iu":
            array = rng.integers(0, 49407, shape).astype(dtype)
        elif value.name == "timestep":
            array = np.full(shape, 500, dtype)
        else:
            array = rng.standard_normal(shape).astype(dtype)
        paths[value.name] = str(folder / f"{value.name}.npy")
        np.save(paths[value.name], array)
    return paths


class Engine:
    """A worker process: one line in, one line (seconds) out."""

    def __init__(self, name: str, model: str, inputs: dict, threads: int):
        self.name = name
        command = [sys.executable, __file__, "--serve", name, model, json.dumps(inputs), str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        if ready.strip() != "ready":
            raise SystemExit(f"error: {name} could not load {model}")

    def run(self) -> float:
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> float:
        """Ends the process and returns its peak resident MiB."""
        self.process.stdin.write("end\n")
        self.process.stdin.flush()
        peak = float(self.process.stdout.readline())
        self.process.wait()
        return peak


class SnapModel:
    """A compiled model through ctypes, as an app would call it."""

    def __init__(self, snap_file: str, threads: int):
        import ctypes as c

        folder, stem = os.path.split(snap_file[: -len(".snap")])

        class Tensor(c.Structure):
            _fields_ = [("name", c.c_char_p), ("type", c.c_int), ("rank", c.c_uint32),
                        ("shape", c.POINTER(c.c_int64)), ("bytes", c.c_uint64), ("data", c.c_void_p)]

        class Options(c.Structure):
            _fields_ = [("size", c.c_uint32), ("threads", c.c_uint32), ("rest", c.c_void_p * 5)]

        class Error(c.Structure):
            _fields_ = [("status", c.c_int), ("message", c.c_char * 508)]

        library = c.CDLL(os.path.join(folder, f"lib{stem}.so"))
        library.snap_program_at.restype = c.c_void_p
        library.snap_find_input.restype = c.POINTER(Tensor)
        self.library, self.ctypes, self.snap_file = library, c, snap_file
        model, error = c.c_void_p(), Error()
        options = Options(size=c.sizeof(Options), threads=threads)
        descriptor = c.addressof(c.c_char.in_dll(library, f"{stem}_library"))
        if library.snap_open(c.c_void_p(descriptor), snap_file.encode(), c.byref(options), c.byref(model),
                             c.byref(error)):
            raise SystemExit(f"error: {snap_file}: {error.message.decode()}")
        self.model, self.error = model, error

    def check(self, status: int) -> None:
        if status:
            raise SystemExit(f"error: {self.snap_file}: {self.error.message.decode()}")


class SnapRunner(SnapModel):
    """Runs the one program of a model."""

    def __init__(self, snap_file: str, inputs: dict, threads: int):
        import numpy as np

        super().__init__(snap_file, threads)
        c, library = self.ctypes, self.library
        self.program = c.c_void_p(library.snap_program_at(self.model, 0))
        self.slots = []
        for name, path in inputs.items():
            array = np.ascontiguousarray(np.load(path))
            slot = library.snap_find_input(self.program, name.encode())
            if not slot or slot.contents.bytes != array.nbytes:
                raise SystemExit(f"error: {snap_file}: input '{name}' does not fit")
            self.slots.append((slot.contents.data, array))

    def __call__(self):
        for data, array in self.slots:
            self.ctypes.memmove(data, array.ctypes.data, array.nbytes)
        self.check(self.library.snap_run(self.model, self.program, None, self.ctypes.byref(self.error)))


class SnapPicture(SnapModel):
    """Draws a picture from a prompt."""

    def __init__(self, snap_file: str, size: int, threads: int):
        super().__init__(snap_file, threads)
        c = self.ctypes

        class Params(c.Structure):  # snap_generate_params
            _fields_ = [("size", c.c_uint32), ("steps", c.c_uint32), ("prompt", c.c_char_p),
                        ("negative_prompt", c.c_char_p), ("seed", c.c_uint64), ("guidance", c.c_double),
                        ("rest", c.c_void_p * 5)]

        self.params = Params(size=c.sizeof(Params), steps=STEPS, prompt=b"a lighthouse on a cliff above a stormy sea",
                             seed=1, guidance=7.5)
        self.rgb = (c.c_uint8 * (3 * size * size))()

    def __call__(self):
        self.check(self.library.snap_generate(self.model, self.ctypes.byref(self.params), self.rgb,
                                              self.ctypes.c_uint64(len(self.rgb)), self.ctypes.byref(self.error)))


def peer(name: str, model: str, inputs: dict, threads: int):
    """A function that runs the model once on one of the peers."""
    import numpy as np

    feeds = {key: np.load(path) for key, path in inputs.items()}
    if name == "onnxruntime":
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return lambda: session.run(None, feeds)
    import openvino as ov

    core = ov.Core()
    graph = core.read_model(model)
    graph.reshape({key: list(array.shape) for key, array in feeds.items()})
    config = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    if name == "openvino_f32":
        config["INFERENCE_PRECISION_HINT"] = "f32"
    request = core.compile_model(graph, "CPU", config).create_infer_request()
    return lambda: request.infer(feeds)


def serve(name: str, model: str, inputs_json: str, threads_text: str) -> None:
    import resource

    inputs, threads = json.loads(inputs_json), int(threads_text)
    if isinstance(inputs, list):  # of a picture: its size, or (model, inputs, runs) of each graph
        if name == "snapc":
            run = SnapPicture(model, *inputs, threads)
        else:
            graphs = [(peer(name, graph, feeds, threads), runs) for graph, feeds, runs in inputs]
            run = lambda: [call() for call, runs in graphs for _ in range(runs)]
    else:
        run = SnapRunner(model, inputs, threads) if name == "snapc" else peer(name, model, inputs, threads)
    run()
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        if not isinstance(inputs, list):  # a picture is long enough
            run()
        start = time.perf_counter()
        run()
        print(time.perf_counter() - start, flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


def compile_once(work: str, graph: str, target: str, flags: list, models: Path, build: Path, snapc: Path):
    """Writes the weights of models/GRAPH and compiles `target` of it, where that is not done: its folder, NAME.snap."""
    source, compiled = models / graph, build / work
    subprocess.run([sys.executable, ROOT / "models/make_weights.py", ROOT / "models" / graph, source], check=True,
                   stdout=subprocess.DEVNULL)
    snap = compiled / f"{work}.snap"
    if not snap.exists() or snap.stat().st_mtime < snapc.stat().st_mtime:
        subprocess.run([snapc, "compile", source / target, "-o", compiled, "--name", work, *flags], check=True)
    return source, snap


def prepare(work: str, models: Path, build: Path, snapc: Path) -> tuple[Path, Path, dict]:
    graph, dims = WORKS[work]
    flags = [x for name, size in dims.items() for x in ("--dim", f"{name}={size}")]
    source, snap = compile_once(work, graph, "model.onnx", flags, models, build, snapc)
    inputs = make_inputs(source / "model.onnx", dims, build / "inputs" / work)
    # The first `snapc run` links the archive into the shared object that is timed here.
    flags = [x for name, path in inputs.items() for x in ("--input", f"{name}={path}")]
    subprocess.run([snapc, "run", snap.parent, *flags, "-o", build / "outputs" / work, "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    return source / "model.onnx", snap, inputs


def prepare_picture(work: str, models: Path, build: Path, snapc: Path) -> tuple[Path, dict]:
    """The compiled pipeline, and what each engine is told of the work."""
    pipeline, latent = PICTURES[work]
    source, snap = compile_once(work, pipeline, "", ["--steps", str(STEPS)], models, build, snapc)
    subprocess.run([snapc, "generate", snap.parent, "a cat", "-o", snap.parent / "linked.png", "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)  # links the archive into the shared object that is timed here
    graphs = []
    for graph, batch, runs in (("text_encoder", 1, 2), ("unet", 2, STEPS), ("vae_decoder", 1, 1)):
        model = source / graph / "model.onnx"
        dims = {"batch": batch, "height": latent, "width": latent}
        graphs.append((str(model), make_inputs(model, dims, build / "inputs" / f"{work}-{graph}"), runs))
    return snap, {"snapc": [8 * latent], "onnxruntime": graphs, "openvino_f32": graphs, "openvino_default": graphs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", nargs="*", metavar="WORK", help=" ".join([*WORKS, *PICTURES]))
    parser.add_argument("--models", type=Path, default=ROOT / "out/models")
    parser.add_argument("--build", type=Path, default=ROOT / "out/bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bf16", action="store_true", help="also OpenVINO with its default precision")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    args = parser.parse_args()
    snapc = ROOT / "build/bin/snapc"
    engines = ["snapc", "onnxruntime", "openvino_f32"] + (["openvino_default"] if args.bf16 else [])
    unknown = [work for work in args.work if work not in WORKS and work not in PICTURES]
    if unknown:
        parser.error(f"unknown work {', '.join(unknown)}; known: {', '.join([*WORKS, *PICTURES])}")

    print(f"{cpu_name()}; {platform.platform()}; {args.threads} threads; {args.rounds} rounds, engines in turn")
    print(f"{'work':14}" + "".join(f"{e + ' s':>20}{'MiB':>7}" for e in engines) + f"{'ratio':>8}  (spread)")
    figures = {}
    for work in args.work or ["text_encoder", "unet", "decoder"]:
        if work in PICTURES:
            snap, told = prepare_picture(work, args.models, args.build, snapc)
            running = [Engine(e, str(snap), told[e], args.threads) for e in engines]
        else:
            model, snap, inputs = prepare(work, args.models, args.build, snapc)
            running = [Engine(e, str(snap if e == "snapc" else model), inputs, args.threads) for e in engines]
        times = {engine.name: [] for engine in running}
        for _ in range(args.rounds):
            for engine in running:
                times[engine.name].append(engine.run())
        peaks = {engine.name: engine.close() for engine in running}
        median = {name: statistics.median(values) for name, values in times.items()}
        rival = min(("onnxruntime", "openvino_f32"), key=median.get)
        ratios = sorted(a / b for a, b in zip(times["snapc"], times[rival]))
        figures[work] = {"seconds": times, "peak_mib": peaks, "ratio": median["snapc"] / median[rival], "peer": rival}
        print(f"{work:14}" + "".join(f"{median[e]:20.4f}{peaks[e]:7.0f}" for e in engines)
              + f"{figures[work]['ratio']:8.2f}  ({ratios[0]:.2f} to {ratios[-1]:.2f}, against {rival})", flush=True)
    if args.json:
        args.json.write_text(json.dumps({"cpu": cpu_name(), "threads": args.threads, "works": figures}, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:])
    else:
        main()
