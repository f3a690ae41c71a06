"""A byte-pair vocabulary in CLIP's file format, in which every word of the captions is one token.

vocab.json, merges.txt and tokenizer_config.json are those that transformers' CLIPTokenizer and snapc read. Bytes come
first, then bytes that end a word, then the merges in the order of their ranks, then the two special tokens: CLIP's
own order.
SPDX-License-Identifier: Apache-2.0
"""
from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np

from .captions import words

BEGIN, END, WORD_END = "<|startoftext|>", "<|endoftext|>", "</w>"
# Of a prompt, BEGIN and END included. The longest caption has 23.
MAX_TOKENS = 24
_WORDS = re.compile(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")


def byte_spellings() -> list[str]:
    """How each byte is written in the vocabulary: itself where it is printable, else a character past U+00FF."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def byte_order() -> list[int]:
    """The order of CLIP's first 256 tokens: printable bytes, then the others."""
    spellings = byte_spellings()
    return sorted(range(256), key=lambda byte: (ord(spellings[byte]) > 0xFF, byte))


def _merge(symbols: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    merged, at = [], 0
    while at < len(symbols):
        if symbols[at:at + 2] == pair:
            merged.append(symbols[at] + symbols[at + 1])
            at += 2
        else:
            merged.append(symbols[at])
            at += 1
    return tuple(merged)


def learn_merges(vocabulary: list[str]) -> list[tuple[str, str]]:
    """Byte-pair encoding (Sennrich et al. 2016) until each word is one symbol; ties go to the first in the alphabet."""
    spelled = [(*word[:-1], word[-1] + WORD_END) for word in vocabulary]
    merges = []
    while True:
        pairs = Counter(pair for symbols in spelled for pair in zip(symbols, symbols[1:]))
        if not pairs:
            return merges
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        spelled = [_merge(symbols, best) for symbols in spelled]


class Tokenizer:
    """Prompts to ids, as CLIP's tokenizer does it for Latin text (its Unicode normalization is not needed here)."""

    def __init__(self, vocabulary: list[str] | None = None):
        self.merges = learn_merges(sorted(vocabulary or words()))
        self.ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        spellings = byte_spellings()
        self.spellings = spellings
        bytes_ = [spellings[byte] for byte in byte_order()]
        tokens = [*bytes_, *(text + WORD_END for text in bytes_), *(a + b for a, b in self.merges), BEGIN, END]
        self.ids = {token: index for index, token in enumerate(tokens)}

    @property
    def size(self) -> int:
        return len(self.ids)

    def _word(self, word: str) -> list[int]:
        if word in (BEGIN, END):
            return [self.ids[word]]
        spelled = [self.spellings[byte] for byte in word.encode()]
        symbols = (*spelled[:-1], spelled[-1] + WORD_END)
        while len(symbols) > 1:
            best = min(zip(symbols, symbols[1:]), key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if best not in self.ranks:
                break
            symbols = _merge(symbols, best)
        return [self.ids[symbol] for symbol in symbols]

    def encode(self, text: str) -> np.ndarray:
        """int64 [MAX_TOKENS]: BEGIN, the prompt cut to fit, END, and END again up to the length."""
        ids = [token for word in _WORDS.findall(text.lower()) for token in self._word(word)]
        ids = [self.ids[BEGIN], *ids[:MAX_TOKENS - 2]]
        return np.array(ids + [self.ids[END]] * (MAX_TOKENS - len(ids)), np.int64)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vocab.json").write_text(json.dumps(self.ids, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        lines = ["#version: 0.2", *(f"{a} {b}" for a, b in self.merges)]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        config = {"model_max_length": MAX_TOKENS, "bos_token": BEGIN, "eos_token": END, "pad_token": END, "unk_token": END,
                  "do_lower_case": True, "tokenizer_class": "CLIPTokenizer"}
        (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
