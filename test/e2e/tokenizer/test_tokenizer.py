#!/usr/bin/env python3
"""Compares the tokenizer with transformers' CLIPTokenizer on varied prompts, id by id.

usage: test_tokenizer.py TOKENIZE_LINES TOKENIZER_DIR [--count 1000] [--seed 1] [--every-character]
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import random
import subprocess
import sys
import unicodedata

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

MAX_TOKENS = 77
WORDS = """a an the of in on with by portrait photograph astronaut riding horse mars oil painting watercolour highly
detailed 8k uhd trending artstation cinematic lighting cat sofa lighthouse cliff stormy sea HDR DSLR f/1.8 50mm
bokeh cyberpunk city at night, neon rain-soaked streets; 35mm film (grain) [masterpiece] {best:1.2} "quoted" 'single'
naïve café façade Ångström Straße ŒUVRE Ñandú crème brûlée İstanbul ıspanak Ⅻ ½ ² ① ﬁne ﬀ K Å Ω
it's they're I'm we've she'll he'd don't rock'n'roll IT'S THEY'RE 'tis o'clock dogs' ''s 'S 'RE 'LL
don’t it’s – — … « » 「カギ」 100% $9.99 €5 £3 #tag @user user@example.com https://example.com/a?b=c&d=1 C++ C#
3.14159 1,000,000 1e-5 0x1F 007 2026-11-23 a/b\\c a_b a|b a~b ^_^ :-) <3 </w> <|startoftext|> <|endoftext|>
<|ENDOFTEXT|> <|endoftext|>! antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis""".split()
SCRIPTS = ["кот на диване в стиле Ван Гога ЁЖИК", "γάτα στον καναπέ ΟΔΥΣΣΕΥΣ Σίσυφος", "חתול על הספה שָׁלוֹם",
           "قطة على الأريكة مُحَمَّد ١٢٣", "सोफे पर बिल्ली क्षेत्र १२३", "โซฟาแมวนอน ๑๒๓", "沙发上的猫，星夜，梵高", "ソファの上の猫 ガギグ ｶﾞｷﾞ",
           "소파 위의 고양이 한글", "mèo trên ghế sofa Việt Nam", "კატა დივანზე ᲙᲐᲢᲐ", "կատու բազմոցի վրա", "ድመት ሶፋ ላይ ፩፪፫",
           "ᏣᎳᎩ ꮳꮃꭹ", "ⲕⲟⲡⲧ ⰃⰎⰀ", "𝔉𝔯𝔞𝔨𝔱𝔲𝔯 𝐁𝐨𝐥𝐝 𝟘𝟙𝟚", "𐐀𐐁𐐂 𐓀𐓁 𞤀𞤁", "བོད་ཡིག", "ខ្មែរ", "မြန်မာ", "ગુજરાતી தமிழ் తెలుగు ಕನ್ನಡ മലയാളം"]
EMOJI = ["🐱", "👩‍🚀", "👨‍👩‍👧‍👦", "🇫🇷", "👍🏽", "❤️", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "☃", "™", "🫠"]
SPACES = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u1680", "\u2003", "\u2028", "\u202f", "\u3000", "\u0085", "\x0b", "\x0c", "\x1c", "\x1f"]
ODD = ["\x01", "\x1b", "\x7f", "\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u180e", "\ufffd", "\ufffe", "\ue000",
       "\U000e0001", "\U0010ffff", "e\u0301", "a\u0323\u0302", "a\u0302\u0323", "\u0301", "\u0344", "\u0958", "\u1100\u1161\u11a8",
       "\uac00\u11a8", "\u212b", "\u2126", "\u0dd9\u0dcf", "\u0cca", "\u1e9e", "\u01c5", "\u03a3", "\u2adc", "\U0001d15e", "\uf900"]


def assigned_characters():
    """Characters whose properties no Unicode version of the last years has changed, by Python's own database."""
    return [chr(c) for c in range(1, 0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]


def make_prompts(count, seed):
    generator = random.Random(seed)
    pick = generator.choice
    characters = assigned_characters()
    marks = [c for c in characters if unicodedata.combining(c)]
    letters = [c for c in characters if c.islower() or c.isupper()]

    def words():
        return pick(SPACES[:3]).join(pick(WORDS) for _ in range(generator.randint(1, 12)))

    def scripts():
        return " ".join(generator.sample(pick(SCRIPTS).split(" ") + generator.sample(WORDS, 3), 3))

    def anything():
        return "".join(pick(characters) for _ in range(generator.randint(1, 24)))

    def combining():
        return "".join(pick(letters) + "".join(pick(marks) for _ in range(generator.randint(0, 4)))
                       for _ in range(generator.randint(1, 8)))

    def mixed():
        pools = [WORDS, SCRIPTS, EMOJI, SPACES, ODD, [".", ",", "!", "?!", "...", "''", "\"", "'", "’s", "'s", "--", "0", "42"]]
        return "".join(pick(pick(pools)) for _ in range(generator.randint(1, 14)))

    def upper():
        return "".join(pick((str.upper, str.title, str.swapcase))(pick(WORDS + SCRIPTS)) + pick(SPACES) for _ in range(4))

    def long():
        return pick([lambda: words() * 30, lambda: pick(letters) * 3000, lambda: "!" * 5000, lambda: "12 " * 200,
                     lambda: "a " * 20000, lambda: anything() * 60, lambda: "e" + "\u0301\u0323" * 700,
                     # 74 to 78 tokens: on both sides of the limit
                     lambda: "cat " * generator.randint(73, 78)])()

    prompts = ["", " ", "\n", "a", "!", "'", "<|endoftext|>", "<|startoftext|>a<|endoftext|>b", "\u0301", *WORDS, *EMOJI, *ODD,
               *SPACES, *SCRIPTS]
    kinds = [words, scripts, anything, combining, mixed, mixed, upper, long]
    while len(prompts) < count:
        prompts.append(pick(kinds)().replace("\0", ""))
    return prompts[:max(count, 1)]


def run_ours(program, folder, prompts):
    data = "".join(prompt + "\0" for prompt in prompts).encode()
    result = subprocess.run([program, folder, str(MAX_TOKENS)], input=data, stdout=subprocess.PIPE, check=True)
    rows = []
    for line in result.stdout.decode().splitlines():
        fields = line.split()
        cut = fields[-1] == "cut"
        rows.append(([int(f) for f in (fields[:-1] if cut else fields)], cut))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", metavar="TOKENIZE_LINES")
    parser.add_argument("folder", metavar="TOKENIZER_DIR")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every-character", action="store_true", help="also each assigned character, in three places")
    arguments = parser.parse_args()

    from transformers import CLIPTokenizer

    reference = CLIPTokenizer.from_pretrained(arguments.folder)
    prompts = make_prompts(arguments.count, arguments.seed)
    if arguments.every_character:
        prompts += [f"a{c}B 1{c} e\u0323{c}\u0301" for c in assigned_characters()]

    ours = run_ours(arguments.program, arguments.folder, prompts)
    if len(ours) != len(prompts):
        print(f"{len(prompts)} prompts went in, {len(ours)} came out", file=sys.stderr)
        return 1
    wrong = 0
    for prompt, (ids, cut) in zip(prompts, ours):
        full = reference(prompt)["input_ids"]
        expected = reference(prompt, padding="max_length", truncation=True, max_length=MAX_TOKENS)["input_ids"]
        if ids != expected or cut != (len(full) > MAX_TOKENS):
            wrong += 1
            if wrong <= 20:
                print(f"{prompt[:80]!r} {[hex(ord(c)) for c in prompt[:8]]}\n  ours     {ids[:20]}{' cut' if cut else ''}\n"
                      f"  expected {expected[:20]}{' cut' if len(full) > MAX_TOKENS else ''}", file=sys.stderr)
    print(f"{len(prompts)} prompts, {wrong} differ from transformers' CLIPTokenizer")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
