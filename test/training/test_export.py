#!/usr/bin/env python3
"""What is exported compiles, and `snapc generate` draws PyTorch's picture from the same first latents.
SPDX-License-Identifier: Apache-2.0
"""
import math
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import torch
from PIL import Image
from torch import nn

from shapes.autoencoder import Autoencoder
from shapes.compare import EQUAL, compare, psnr
from shapes.evaluate import held_out_cases
from shapes.export import export, halve_weights
from shapes.painters import snapc_painter, torch_painter
from shapes.sampling import TextToLatents
from shapes.tokenizer import Tokenizer
from shapes.train_diffusion import build_model, model_config
from shapes.unet import UNetConfig

SNAPC = Path(os.environ["SNAP_BUILD"]) / "bin/snapc"
CACHE = Path(os.environ["SNAP_BUILD"]) / "e2e/kernels"
SCALING_FACTOR = 0.7


def networks() -> tuple[TextToLatents, Autoencoder]:
    """Of the size that is trained, with random weights, none of them zero, and as f16 holds them."""
    torch.manual_seed(0)
    model, autoencoder = build_model(model_config(Tokenizer().size, UNetConfig())).eval(), Autoencoder().eval()
    for parameter in [*model.parameters(), *autoencoder.parameters()]:
        if not parameter.any() and parameter.ndim > 1:
            nn.init.normal_(parameter, std=0.02)
        parameter.data = parameter.data.half().float()
    return model.requires_grad_(False), autoencoder.requires_grad_(False)


def snapc(*arguments) -> None:
    environment = {**os.environ, "SNAPC_CACHE": str(CACHE)}
    result = subprocess.run([SNAPC, *map(str, arguments)], capture_output=True, text=True, timeout=900, env=environment)
    if result.returncode:
        raise AssertionError(f"snapc {' '.join(map(str, arguments))}\n{result.stderr}")


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = Path(holder.name)
        cls.model, cls.autoencoder = networks()
        cls.bytes = export(cls.model, cls.autoencoder.decoder, SCALING_FACTOR, cls.folder / "pipeline")

    def test_snapc_draws_the_same_picture(self):
        snapc("compile", self.folder / "pipeline", "-o", self.folder / "compiled", "--name", "shapes", "--quiet")
        painters = (torch_painter(self.model, self.autoencoder.decoder, SCALING_FACTOR),
                    snapc_painter(SNAPC, self.folder / "compiled"))
        prompts = [case.prompt for case in held_out_cases(2)]
        for steps, guidance in ((8, 4.0), (5, 1.0)):
            self.assertGreater(painters[0](prompts, 0, steps, guidance).std((1, 2, 3)).min(), 10, "a plain picture would prove nothing")
            ratios = compare(*painters, prompts, steps, guidance, self.folder / "pairs.png")
            self.assertGreaterEqual(min(ratios), 35, f"{steps} steps, guidance {guidance}: {ratios}")
        with Image.open(self.folder / "pairs.png") as sheet:
            self.assertEqual(sheet.size, (2 * 128, 2 * 128))

    def test_psnr(self):
        gray = np.full((128, 128, 3), 100, np.uint8)
        self.assertEqual(psnr(gray, gray), EQUAL)
        self.assertAlmostEqual(psnr(gray, gray + np.uint8(5)), 20 * math.log10(255 / 5), places=9)
        self.assertAlmostEqual(psnr(np.zeros_like(gray), np.full_like(gray, 255)), 0, places=9)

    def test_weights_are_stored_in_f16(self):
        parameters = sum(parameter.numel() for module in (self.model, self.autoencoder.decoder)
                         for parameter in module.parameters())
        self.assertLess(self.bytes, 2.1 * parameters)
        for name in ("text_encoder", "unet", "vae_decoder"):
            graph = onnx.load(self.folder / f"pipeline/{name}/model.onnx").graph
            self.assertEqual({tensor.elem_type for value in (*graph.output,) for tensor in (value.type.tensor_type,)},
                             {onnx.TensorProto.FLOAT})

    def test_weights_beyond_f16_are_refused(self):
        values = onnx.numpy_helper.from_array(np.full((64, 64), 1e6, np.float32), "w")
        graph = onnx.helper.make_graph([], "g", [], [], [values])
        with self.assertRaisesRegex(ValueError, "weight 'w' reaches 1e\\+06, beyond f16"):
            halve_weights(onnx.helper.make_model(graph))


if __name__ == "__main__":
    unittest.main()
