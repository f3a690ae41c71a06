#!/usr/bin/env python3
"""The small vocabulary: a token per word, and the same ids as transformers' CLIPTokenizer reads from its files.
SPDX-License-Identifier: Apache-2.0
"""
import os
import tempfile
import unittest
from pathlib import Path

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from shapes.captions import caption, words  # noqa: E402
from shapes.scenes import generator, scene  # noqa: E402
from shapes.tokenizer import BEGIN, END, MAX_TOKENS, Tokenizer, byte_order, byte_spellings  # noqa: E402

CAPTIONS = [caption(scene(31, index), generator(32, index)) for index in range(2000)]
OTHERS = ["", "A Red CIRCLE", "a red circle!!", "it's 2 stars, isn't it?", "lighthouse on a cliff", "a_b  c\td", "<|endoftext|>",
          "café ñandú", "100% red", "circles squares", "...", "a " * 60]


class TokenizerTest(unittest.TestCase):
    def setUp(self):
        self.tokenizer = Tokenizer()

    def test_every_word_is_one_token(self):
        for word in words():
            ids = self.tokenizer.encode(word)
            self.assertEqual(list(ids[[0, 2]]), [self.tokenizer.ids[BEGIN], self.tokenizer.ids[END]], word)
        self.assertEqual(len(set(self.tokenizer.encode(word)[1] for word in words())), len(words()))

    def test_captions_fit(self):
        end = self.tokenizer.ids[END]
        self.assertTrue(all(self.tokenizer.encode(text)[-1] == end for text in CAPTIONS))
        self.assertTrue(all(self.tokenizer.encode(text).shape == (MAX_TOKENS,) for text in CAPTIONS[:20] + OTHERS))

    def test_equals_transformers(self):
        from transformers import CLIPTokenizer
        with tempfile.TemporaryDirectory() as folder:
            self.tokenizer.save(Path(folder))
            theirs = CLIPTokenizer.from_pretrained(folder)
            self.assertEqual(theirs.model_max_length, MAX_TOKENS)
            for text in CAPTIONS[:500] + OTHERS:
                expected = theirs(text, padding="max_length", truncation=True, max_length=MAX_TOKENS)["input_ids"]
                self.assertEqual(list(self.tokenizer.encode(text)), expected, text)

    def test_bytes_are_clips(self):
        # The published vocabulary begins with these.
        spellings = byte_spellings()
        self.assertEqual([spellings[byte] for byte in byte_order()][:3], ["!", '"', "#"])
        self.assertEqual((spellings[0], spellings[ord(" ")], spellings[0xAD]), ("Ā", "Ġ", "Ń"))
        self.assertEqual(sorted(byte_order()), list(range(256)))


if __name__ == "__main__":
    unittest.main()
