"""Writes a pipeline for snapc: python -m shapes.export --help.

The layout is that of diffusers' ONNX pipelines. Weights are stored in f16 and cast to f32 in the graph, which halves
the files; what is computed stays f32 unless the compiler is told otherwise.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import argparse
import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from .autoencoder import LATENT_CHANNELS, Decoder
from .latents import load_decoder, scaling_factor
from .sampling import LATENT_SIZE, TextToLatents
from .scenes import SIZE
from .schedule import CONFIG
from .tokenizer import MAX_TOKENS, Tokenizer
from .train_diffusion import load_diffusion

OPSET = 17
DIFFUSERS_VERSION = "0.42.1"
# Smaller initializers (biases, norms, constants of the graph) stay as they are: their bytes do not count, their precision may.
LEAST_HALVED = 1024


def to_onnx(model: nn.Module, inputs: dict[str, Tensor], output: str, dynamic: dict[str, list[str]]) -> onnx.ModelProto:
    """A graph with the given names; `dynamic` names the leading dimensions of inputs that are free."""
    axes = {name: {axis: label for axis, label in enumerate(labels) if label} for name, labels in dynamic.items()}
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, tuple(inputs.values()), file, input_names=list(inputs), output_names=[output],
                          dynamic_axes=axes, opset_version=OPSET, dynamo=False)
    return onnx.load_from_string(file.getvalue())


def halve_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Large f32 initializers become f16, each behind a cast to f32."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < LEAST_HALVED:
            continue
        values = numpy_helper.to_array(tensor)
        if np.abs(values).max(initial=0) > np.finfo(np.float16).max:
            raise ValueError(f"weight '{tensor.name}' reaches {np.abs(values).max():g}, beyond f16")
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.f16"))
        casts.append(helper.make_node("Cast", [f"{name}.f16"], [name], name=f"{name}/Cast", to=TensorProto.FLOAT))
    # Before all others: nodes come in the order of their inputs.
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def decoder_graph(decoder: Decoder) -> onnx.ModelProto:
    latents = torch.zeros(1, LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE)
    return to_onnx(decoder, {"latent_sample": latents}, "sample", {"latent_sample": ["batch", "", "height", "width"]})


def unet_graph(model: TextToLatents) -> onnx.ModelProto:
    inputs = {"sample": torch.zeros(2, LATENT_CHANNELS, LATENT_SIZE, LATENT_SIZE), "timestep": torch.zeros(1),
              "encoder_hidden_states": torch.zeros(2, MAX_TOKENS, model.unet.config.context)}
    return to_onnx(model.unet, inputs, "out_sample",
                   {"sample": ["batch", "", "height", "width"], "encoder_hidden_states": ["batch"]})


def text_graph(model: TextToLatents) -> onnx.ModelProto:
    ids = torch.zeros(1, MAX_TOKENS, dtype=torch.int64)
    return to_onnx(model.text_encoder, {"input_ids": ids}, "last_hidden_state", {"input_ids": ["batch"]})


def write_json(path: Path, fields: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(fields, indent=2) + "\n")


def export(model: TextToLatents, decoder: Decoder, scaling_factor: float, out: Path) -> int:
    """Writes the whole pipeline; returns its bytes."""
    version = {"_diffusers_version": DIFFUSERS_VERSION}
    graphs = {"text_encoder": text_graph(model), "unet": unet_graph(model), "vae_decoder": decoder_graph(decoder)}
    for name, graph in graphs.items():
        (out / name).mkdir(parents=True, exist_ok=True)
        (out / name / "model.onnx").write_bytes(halve_weights(graph).SerializeToString())
    Tokenizer().save(out / "tokenizer")
    write_json(out / "scheduler/scheduler_config.json", {**CONFIG, **version})
    write_json(out / "unet/config.json", {"_class_name": "UNet2DConditionModel", **version, "in_channels": LATENT_CHANNELS,
                                          "out_channels": LATENT_CHANNELS, "sample_size": LATENT_SIZE})
    write_json(out / "vae_decoder/config.json", {"_class_name": "AutoencoderKL", **version, "latent_channels": LATENT_CHANNELS,
                                                 "sample_size": SIZE, "scaling_factor": scaling_factor})
    onnx_model = ["diffusers", "OnnxRuntimeModel"]
    write_json(out / "model_index.json", {
        "_class_name": "OnnxStableDiffusionPipeline", **version, "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": onnx_model, "tokenizer": ["transformers", "CLIPTokenizer"], "unet": onnx_model,
        "vae_decoder": onnx_model})
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--diffusion", type=Path, required=True)
    parser.add_argument("--autoencoder", type=Path, required=True)
    parser.add_argument("--latents", type=Path, required=True, help="whose latents.json has the scaling factor")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--decoder", type=Path, help="a distilled decoder instead of the autoencoder's")
    arguments = parser.parse_args()
    decoder = load_decoder(arguments.autoencoder, arguments.decoder)
    factor = scaling_factor(arguments.latents)
    written = export(load_diffusion(arguments.diffusion), decoder, factor, arguments.out)
    print(f"{arguments.out}: {written / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
