#!/usr/bin/env python3
"""A text-to-image pipeline with ONNX Runtime and numpy: the reference for `snapc generate`.

usage: reference_pipeline.py DIR "PROMPT" -o OUT [--negative TEXT] [--latents FIRST.npy | --seed N] [--steps 8]
                             [--guidance 7.5]

Writes what `snapc generate --save` writes: embeddings.npy, latents-0.npy … latents-STEPS.npy, image.npy; and image.png.
Hand latents-0.npy to `snapc generate --latents`, then let compare_pictures.py judge. The tokenizer is transformers'.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent))
from ddim import Ddim  # noqa: E402

NUMPY_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int64)": np.int64,
               "tensor(int32)": np.int32}


class Model:
    """One graph, loaded when needed and dropped after: the UNet alone takes 3 GB."""

    def __init__(self, folder, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options,
                                                    providers=["CPUExecutionProvider"])
        self.types = {tensor.name: NUMPY_TYPES[tensor.type] for tensor in self.session.get_inputs()}

    def __call__(self, **inputs):
        cast = {name: np.asarray(values).astype(self.types[name]) for name, values in inputs.items()}
        return self.session.run(None, cast)[0].astype(np.float64)


def tokenize(folder, text):
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(folder)
    ids = tokenizer(text, padding="max_length", truncation=True, max_length=tokenizer.model_max_length)["input_ids"]
    return np.array([ids], np.int64)


def read_json(path):
    return json.loads(path.read_text()) if path.exists() else {}


def generate(folder, prompt, negative, latents, steps, guidance, threads, save):
    """Returns the picture, uint8 [H, W, 3]; save(name, values) gets every intermediate."""
    encoder = Model(folder / "text_encoder", threads)
    # diffusers' order: the negative prompt's row first.
    context = np.concatenate([encoder(input_ids=tokenize(folder / "tokenizer", text)) for text in (negative, prompt)])
    del encoder
    save("embeddings", context)

    scheduler = Ddim(read_json(folder / "scheduler/scheduler_config.json"))
    unet = Model(folder / "unet", threads)
    save("latents-0", latents)
    for index, timestep in enumerate(scheduler.timesteps(steps)):
        start = time.monotonic()
        without, with_prompt = unet(sample=np.concatenate([latents, latents]), timestep=[timestep],
                                    encoder_hidden_states=context)
        output = without + guidance * (with_prompt - without)
        latents = scheduler.step(output[None], int(timestep), latents, steps)
        save(f"latents-{index + 1}", latents)
        print(f"step {index + 1}/{steps}: {time.monotonic() - start:.2f} s", file=sys.stderr)
    del unet

    factor = read_json(folder / "vae_decoder/config.json").get("scaling_factor", 0.18215)
    image = Model(folder / "vae_decoder", threads)(latent_sample=latents / factor)
    save("image", image)
    return np.round(np.clip(image[0] / 2 + 0.5, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("prompt")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--negative", default="")
    parser.add_argument("--latents", type=Path, metavar="FIRST.npy")
    parser.add_argument("--seed", type=int, default=0, help="of numpy's noise, when no latents are given")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--guidance", type=float, default=7.5)
    parser.add_argument("--size", metavar="WxH", help="of the picture; default: from unet/config.json")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()

    config = read_json(arguments.folder / "unet/config.json")
    if arguments.latents:
        latents = np.load(arguments.latents)
    else:
        height = width = config.get("sample_size", 64)
        if arguments.size:
            width, height = (int(n) // 8 for n in arguments.size.split("x"))
        shape = (1, config.get("in_channels", 4), height, width)
        latents = np.random.default_rng(arguments.seed).standard_normal(shape).astype(np.float32)

    arguments.out.mkdir(parents=True, exist_ok=True)

    def save(name, values):
        np.save(arguments.out / f"{name}.npy", np.asarray(values).astype(np.float32))

    picture = generate(arguments.folder, arguments.prompt, arguments.negative, latents.astype(np.float64),
                       arguments.steps, arguments.guidance, arguments.threads, save)
    Image.fromarray(picture).save(arguments.out / "image.png")
    print(arguments.out / "image.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
