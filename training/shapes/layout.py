"""Which blocks of a trained UNet a smaller or larger one has: actions on its layout, and the weights that go with it.

A block is called as its module is: "up.0.1.resnet" or "up.0.1.transformers.0". The number of layers is fixed by the
skip connections, so a ResNet is removed by leaving its shortcut ("-"), and added by putting it back.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from .sampling import TextToLatents
from .unet import UNetConfig

REMOVE, RESTORE, COPY = "remove", "restore", "copy"


@dataclass(frozen=True)
class Action:
    """`remove` turns a block to its shortcut; `restore` puts a removed one back; `copy` puts a second one behind it."""

    kind: str
    block: str

    def __str__(self) -> str:
        return f"{self.kind} {self.block}"


@dataclass(frozen=True)
class Layer:
    """What is left of a layer: its ResNet or not, and which of its transformers in their order; a copy's number comes twice."""

    place: str
    resnet: bool
    transformers: tuple[int, ...]

    def text(self) -> str:
        """As in UNetConfig."""
        return ("r" if self.resnet else "-") + "a" * len(self.transformers)

    def blocks(self) -> list[str]:
        """Copies named by what they copy."""
        return [f"{self.place}.resnet"] * self.resnet + [f"{self.place}.transformers.{index}" for index in self.transformers]


@dataclass(frozen=True)
class Design:
    """A UNet as a selection of the blocks of `whole`."""

    whole: UNetConfig
    layers: tuple[Layer, ...]

    @staticmethod
    def of(config: UNetConfig) -> Design:
        """All of it."""
        layers = []
        for place, stage in stages(config):
            for index, text in enumerate(stage.split()):
                layers.append(Layer(f"{place}.{index}", text[0] == "r", tuple(range(len(text) - 1))))
        return Design(config, tuple(layers))

    def config(self) -> UNetConfig:
        texts: dict[str, list[str]] = {}
        for layer in self.layers:
            texts.setdefault(layer.place.rpartition(".")[0], []).append(layer.text())
        made = {place: " ".join(some) for place, some in texts.items()}
        return dataclasses.replace(
            self.whole, mid=made["mid"],
            **{way: tuple(made[f"{way}.{index}"] for index in range(len(getattr(self.whole, way)))) for way in ("down", "up")})

    def key(self) -> str:
        """Tells designs apart, which their layouts do not where one of two transformers is gone."""
        return " ".join(f"{layer.place}:{'r' if layer.resnet else '-'}{''.join(map(str, layer.transformers))}"
                        for layer in self.layers)

    def blocks(self) -> list[str]:
        return [block for layer in self.layers for block in layer.blocks()]

    def milliseconds(self, blocks: dict[str, float], rest: float) -> float:
        """Of a guided step: the sum of its blocks' and of what no block is. A copy takes as long as its original."""
        return rest + sum(blocks[block] for block in self.blocks())

    def removals(self) -> list[Action]:
        """Of every block, all copies of it together."""
        return [Action(REMOVE, block) for block in dict.fromkeys(self.blocks())]

    def additions(self) -> list[Action]:
        """Every removed block again, and every transformer twice: but once, as a copy's own worth is not known untrained."""
        own, whole = self.blocks(), Design.of(self.whole).blocks()
        return [Action(RESTORE, block) for block in whole if block not in own] + [
            Action(COPY, block) for block in own if ".transformers." in block and own.count(block) == 1]

    def after(self, action: Action) -> Design:
        place, index = _split(action.block)
        layers = tuple(_edited(layer, action.kind, index) if layer.place == place else layer for layer in self.layers)
        if layers == self.layers:
            raise ValueError(f"cannot {action}: this UNet is {self.key()}")
        return Design(self.whole, layers)


def stages(config: UNetConfig) -> list[tuple[str, str]]:
    """Places and layouts, in the order in which they are run."""
    return [*((f"down.{index}", stage) for index, stage in enumerate(config.down)), ("mid", config.mid),
            *((f"up.{index}", stage) for index, stage in enumerate(config.up))]


def _split(block: str) -> tuple[str, int | None]:
    """The layer's place, and a transformer's number in it: None for the ResNet."""
    if block.endswith(".resnet"):
        return block[:-len(".resnet")], None
    place, _, index = block.rpartition(".transformers.")
    return place, int(index)


def _edited(layer: Layer, kind: str, index: int | None) -> Layer:
    if index is None:
        return dataclasses.replace(layer, resnet=kind == RESTORE)
    if kind == REMOVE:
        return dataclasses.replace(layer, transformers=tuple(one for one in layer.transformers if one != index))
    present = index in layer.transformers
    if present != (kind == COPY):
        return layer
    return dataclasses.replace(layer, transformers=tuple(sorted((*layer.transformers, index))))


def transfer(robust: TextToLatents, design: Design) -> TextToLatents:
    """The design with the trained weights of its blocks; text encoder and all that is no block as they are.

    A copy is what it copies but for its last projection, which is zero: so it changes nothing before it is trained
    (SnapFusion's copies start as they are, and are trained for much longer).
    """
    model = TextToLatents(robust.text_encoder.config, design.config())
    source, state = robust.state_dict(), {}
    numbers = {f"unet.{layer.place}.transformers": layer.transformers for layer in design.layers}
    for name in model.state_dict():
        state[name] = _weight(name, source, numbers)
    model.load_state_dict(state)
    return model.requires_grad_(False).eval()


def _weight(name: str, source: dict[str, Tensor], numbers: dict[str, tuple[int, ...]]) -> Tensor:
    prefix, found, rest = name.partition(".transformers.")
    if not found:
        return source[name]
    number, _, parameter = rest.partition(".")
    chosen = numbers[f"{prefix}.transformers"]
    index, original = int(number), chosen[int(number)]
    value = source[f"{prefix}.transformers.{original}.{parameter}"]
    is_copy = index > 0 and chosen[index - 1] == original
    return torch.zeros_like(value) if is_copy and parameter.startswith("proj_out.") else value
