"""Prompt agreement on held-out captions: python -m shapes.evaluate --help.

Each caption is drawn once, from first latents of its own seed, and the checker says what of it holds. With --compiled
the pictures are drawn by `snapc generate` from the same captions and first latents instead, so both columns of a
table are of one thing. With --classifier a line also has the Fréchet distance of the pictures to true ones.

agreement.jsonl has one line per model, steps and guidance. A line that was made from the same bytes is not made again,
so a cut evaluation goes on; a model that was trained anew takes its line's place.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
import functools
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Callable

import numpy as np

from .captions import caption
from .checker import Verdict, judge
from .classifier import load_classifier, picture_features
from .draw import draw
from .files import digest, read_lines, write_lines
from .frechet import REFERENCE_COUNT, REFERENCE_SEED, frechet_distance, gaussian, true_pictures
from .painters import EVALUATION_SEED, Painter, load_torch_painter, snapc_painter
from .scenes import Scene, generator, scene
from .sheet import write_sheet
from .snapc import SNAPC

BATCH = 25
AGREEMENT = "agreement.jsonl"
Line = dict[str, Any]


@dataclass(frozen=True)
class Case:
    scene: Scene
    prompt: str


def held_out_cases(count: int, seed: int = EVALUATION_SEED) -> list[Case]:
    scenes = [scene(seed, index, held_out=True) for index in range(count)]
    return [Case(one, caption(one, generator(seed, index))) for index, one in enumerate(scenes)]


def draw_cases(paint: Painter, cases: list[Case], steps: int, guidance: float) -> np.ndarray:
    """uint8 [N, 128, 128, 3]."""
    return np.concatenate([paint([case.prompt for case in cases[first:first + BATCH]], first, steps, guidance)
                           for first in range(0, len(cases), BATCH)])


def percentages(verdicts: list[Verdict]) -> dict[str, float]:
    names = ["agrees", *(field.name for field in fields(Verdict))]
    return {name: round(100 * float(np.mean([getattr(verdict, name) for verdict in verdicts])), 1) for name in names}


def agreement(cases: list[Case], pictures: np.ndarray) -> dict[str, dict[str, float]]:
    """Percentages of captions of which each part holds: of all, and by the number of objects."""
    verdicts = [judge(case.scene, picture) for case, picture in zip(cases, pictures)]
    result = {"all": {"captions": len(cases), **percentages(verdicts)}}
    for objects in (1, 2, 3):
        some = [verdict for verdict, case in zip(verdicts, cases) if len(case.scene.items) == objects]
        if some:
            result[f"{objects} objects"] = {"captions": len(some), **percentages(some)}
    return result


def frechet_judge(classifier: Path, cases: list[Case], reference_count: int) -> Callable[[np.ndarray], dict[str, float]]:
    """A function that measures drawn pictures of the cases; `frechet_true` is what the cases' true pictures get."""
    features = functools.partial(picture_features, load_classifier(classifier))
    reference = gaussian(features(true_pictures(REFERENCE_SEED, reference_count)))

    def distance(pictures: np.ndarray) -> float:
        return round(frechet_distance(gaussian(features(pictures)), reference), 4)

    perfect = distance(np.stack([draw(case.scene) for case in cases]))
    return lambda pictures: {"frechet": distance(pictures), "frechet_true": perfect}


def keep_line(path: Path, line: Line) -> None:
    """Puts a line into the file, in the place of those of the same name and guidance."""
    lines = [one for one in read_lines(path) if (one["name"], one["guidance"]) != (line["name"], line["guidance"])]
    write_lines(path, [*lines, line])


def write_first(pictures: np.ndarray, path: Path) -> None:
    width = min(8, len(pictures))
    write_sheet([pictures[row * width:(row + 1) * width] for row in range(min(3, len(pictures) // width))], path)


def evaluate(prepare: Callable[[], Painter], identity: Line, out: Path, guidance: list[float], classifier: Path | None) -> None:
    """Brings `out`'s lines of one model up to date. `identity` has its name, steps, captions, digests and, with a
    classifier, the number of true pictures; `prepare` loads it, once there is a line to make."""
    cases = held_out_cases(identity["captions"])
    made = read_lines(out / AGREEMENT)
    paint = functools.cache(prepare)
    measure = functools.cache(lambda: frechet_judge(classifier, cases, identity["true_pictures"]) if classifier else
                              lambda pictures: {})
    for scale in guidance:
        wanted = {**identity, "guidance": scale}
        title = f"{identity['name']}, guidance {scale:g}"
        if any(wanted.items() <= one.items() for one in made):
            print(f"{title}: is there", flush=True)
            continue
        pictures = draw_cases(paint(), cases, identity["steps"], scale)
        result = agreement(cases, pictures)
        distances = measure()(pictures)
        write_first(pictures, out / f"sheet-{identity['name']}-{scale:g}.png")
        keep_line(out / AGREEMENT, {**wanted, **distances, **result})
        print("\n".join([title, *(f"  {kind:10} " + "  ".join(f"{key} {value}" for key, value in values.items())
                                  for kind, values in [*result.items(), *([("Fréchet", distances)] if distances else [])])]),
              flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--diffusion", type=Path)
    parser.add_argument("--autoencoder", type=Path)
    parser.add_argument("--decoder", type=Path, help="a distilled decoder instead of the autoencoder's")
    parser.add_argument("--latents", type=Path)
    parser.add_argument("--compiled", type=Path, help="what `snapc compile` wrote; draws with snapc instead of PyTorch")
    parser.add_argument("--snapc", type=Path, default=SNAPC)
    parser.add_argument("--classifier", type=Path, help="weights by shapes.classifier: lines get a Fréchet distance")
    parser.add_argument("--true-pictures", type=int, default=REFERENCE_COUNT, help="that the distance is to")
    parser.add_argument("--out", type=Path, required=True, help="gets agreement.jsonl and a sheet of the first pictures")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--guidance", type=float, nargs="+", default=[4.0], help="scales, each evaluated")
    parser.add_argument("--count", type=int, default=500)
    arguments = parser.parse_args()
    if arguments.compiled:
        # NAME.snap names the build, kernels and all; beside it lies what the first use links.
        drawn_by, made_of = "snapc", sorted(arguments.compiled.glob("*.snap"))
        if not made_of:
            parser.error(f"{arguments.compiled}: no NAME.snap in it; expected what `snapc compile` wrote")
        prepare = functools.partial(snapc_painter, arguments.snapc, arguments.compiled)
    elif arguments.diffusion and arguments.autoencoder and arguments.latents:
        decoder = arguments.decoder or arguments.autoencoder
        drawn_by, made_of = "PyTorch", [arguments.diffusion, decoder, arguments.latents / "latents.json"]
        prepare = functools.partial(load_torch_painter, arguments.diffusion, arguments.autoencoder, arguments.decoder,
                                    arguments.latents)
    else:
        parser.error("expected --compiled, or --diffusion, --autoencoder and --latents")
    arguments.out.mkdir(parents=True, exist_ok=True)
    model: Path = arguments.compiled or arguments.diffusion
    # A checkpoint, of a model that is still training, does not take the place of the model.
    parts = [model.parent.name, *([model.stem] if model.stem != "final" else [])] if model.suffix else [model.name]
    name = "-".join([*parts,
                     *(["distilled-decoder"] if arguments.decoder else []), drawn_by, str(arguments.steps)])
    identity = {"name": name, "drawn_by": drawn_by, "steps": arguments.steps, "captions": arguments.count,
                "weights": digest(made_of), "classifier": digest([arguments.classifier]) if arguments.classifier else None,
                "true_pictures": arguments.true_pictures if arguments.classifier else None}
    evaluate(prepare, identity, arguments.out, arguments.guidance, arguments.classifier)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
