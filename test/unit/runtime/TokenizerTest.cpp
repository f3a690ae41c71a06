//===- TokenizerTest.cpp --------------------------------------------------===//
//
// The rules, on a vocabulary made by hand. That CLIP's own gives the ids of
// transformers is test/e2e/tokenizer/test_tokenizer.py's.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/tokenizer.h"

#include "TestPlan.h"
#include "TestTokenizer.h"

#include <gtest/gtest.h>

using namespace snap::runtime;
using namespace snap::test;

namespace {

using Ids = std::vector<int32_t>;

class TokenizerTest : public testing::Test {
protected:
  TokenizerTest() : table(testTokenizerTable()) {
    snap_error error = {};
    EXPECT_EQ(openTokenizer(table.data(), table.size(), tokenizer, &error), SNAP_OK) << error.message;
  }

  /// The tokens between the start and end markers.
  Ids words(const std::string &text, uint32_t room = 64) {
    Ids ids(room, -1);
    snap_error error = {};
    EXPECT_EQ(encode(tokenizer, allocator, text.c_str(), ids.data(), room, truncated, &error), SNAP_OK)
        << error.message;
    EXPECT_EQ(ids.front(), kBos);
    while (!ids.empty() && ids.back() == kPad)
      ids.pop_back();
    EXPECT_EQ(ids.back(), kEos);
    return Ids(ids.begin() + 1, ids.end() - 1);
  }

  std::vector<uint8_t> table;
  Tokenizer tokenizer;
  Allocator allocator;
  bool truncated = false;
};

constexpr int32_t last(char c) { return 256 + static_cast<uint8_t>(c); }

} // namespace

TEST_F(TokenizerTest, MergesByRank) {
  EXPECT_EQ(words("the"), Ids({514}));
  EXPECT_EQ(words("thet"), Ids({513, last('t')}));
  EXPECT_EQ(words("ththe"), Ids({512, 514}));
  EXPECT_EQ(words("th"), Ids({'t', last('h')}));
}

TEST_F(TokenizerTest, CutsWords) {
  EXPECT_EQ(words(""), Ids());
  EXPECT_EQ(words(" \t\r\n "), Ids());
  EXPECT_EQ(words("a b"), Ids({last('a'), last('b')}));
  EXPECT_EQ(words("12"), Ids({last('1'), last('2')}));
  EXPECT_EQ(words("a!?b"), Ids({last('a'), '!', last('?'), last('b')}));
  EXPECT_EQ(words("it's"), Ids({'i', last('t'), '\'', last('s')}));
  EXPECT_EQ(words("x'll"), Ids({last('x'), '\'', 'l', last('l')}));
  EXPECT_EQ(words("x'lx"), Ids({last('x'), last('\''), 'l', last('x')}));
  EXPECT_EQ(words("!'s"), Ids({'!', last('\''), last('s')})) << "the run of symbols takes the apostrophe first";
  EXPECT_EQ(words("ABC"), words("abc"));
}

TEST_F(TokenizerTest, TakesSpecialTokensOutOfTheText) {
  EXPECT_EQ(words("a<s>b"), Ids({last('a'), kBos, last('b')}));
  EXPECT_EQ(words("<e><e>"), Ids({kEos, kEos}));
  EXPECT_EQ(words("<S>"), Ids({last('<'), last('s'), last('>')})) << "as written only";
  EXPECT_EQ(words("<E>N"), Ids({603})) << "after normalization, where the token says so";
}

TEST_F(TokenizerTest, MarkersInCapitalsAreThreeWords) {
  Ids expected = words("<| endoftext |>");
  EXPECT_EQ(words("<|ENDOFTEXT|>"), expected);
  expected.push_back(last('!'));
  EXPECT_EQ(words("<|EndOfText|>!"), expected) << "the marker ends before the exclamation mark";
}

TEST_F(TokenizerTest, Normalizes) {
  const Ids composed = {0xc3, 256 + 0xa9}; // e with acute in UTF-8
  EXPECT_EQ(words("\u00e9"), composed);
  EXPECT_EQ(words("e\u0301"), composed);
  EXPECT_EQ(words("E\u0301"), composed);
  EXPECT_EQ(words("\u0130"), Ids({last('i'), 0xcc, 256 + 0x87}));
  // A dot below sorts before an acute, and does not keep it from composing.
  EXPECT_EQ(words("e\u0301\u0323"), words("\u00e9\u0323"));
  EXPECT_EQ(words("e\u0323\u0301"), words("\u00e9\u0323"));
  // Two acutes: the second stays.
  EXPECT_EQ(words("e\u0301\u0301"), words("\u00e9\u0301"));
  // Hangul: leading, vowel and trailing letters make one syllable.
  EXPECT_EQ(words("\u1112\u1161\u11ab"), words("\ud55c"));
  EXPECT_EQ(words("\uac00\u11a8"), words("\uac01"));
}

TEST_F(TokenizerTest, ReplacesIllFormedUtf8) {
  const Ids one = words("\ufffd");
  for (const char *text : {"\x80", "\xff", "\xc2", "\xe2\x82", "\xf0\x9f\x98"})
    EXPECT_EQ(words(text), one);
  const Ids two = words("\ufffd\ufffd");
  for (const char *text : {"\xc0\x80", "\xe0\x80", "\xc2\xc2", "\x80\x80"})
    EXPECT_EQ(words(text), two);
  EXPECT_EQ(words("\xed\xa0\x80"), words("\ufffd\ufffd\ufffd")) << "a surrogate";
  EXPECT_EQ(words("\xf4\x90\x80\x80"), words("\ufffd\ufffd\ufffd\ufffd")) << "above U+10FFFF";
  EXPECT_EQ(words("\xe2\x82z"), words("\ufffdz"));
  EXPECT_EQ(words("\xf0\x9f\x98\x80"), Ids({0xf0, 0x9f, 0x98, 256 + 0x80}));
}

TEST_F(TokenizerTest, CutsLongTextAndSaysSo) {
  EXPECT_EQ(words("a b c", 5), Ids({last('a'), last('b'), last('c')}));
  EXPECT_FALSE(truncated);
  EXPECT_EQ(words("a b c d", 5), Ids({last('a'), last('b'), last('c')}));
  EXPECT_TRUE(truncated);
  EXPECT_EQ(words("abcd", 5), Ids({'a', 'b', 'c'}));
  EXPECT_TRUE(truncated);
  EXPECT_EQ(words("a", 2), Ids());
  EXPECT_TRUE(truncated);
  EXPECT_EQ(words("a b c   ", 5).size(), 3u);
  EXPECT_FALSE(truncated);
}

TEST_F(TokenizerTest, LongTextTakesNoLongTime) {
  EXPECT_EQ(words(std::string(1 << 20, 'a')).size(), 62u);
  std::string marks = "e", spaced;
  for (int i = 0; i < 1 << 18; ++i) {
    marks += i % 2 ? "\u0301" : "\u0323";
    spaced += "a ";
  }
  EXPECT_EQ(words(marks).size(), 62u);
  EXPECT_EQ(words(spaced).size(), 62u);
  std::string merging;
  for (int i = 0; i < 1 << 18; ++i)
    merging += "the";
  EXPECT_EQ(words(merging), Ids(62, 513));
}

TEST_F(TokenizerTest, ReportsMissingMemory) {
  for (int failing = 0;; ++failing) {
    TestAllocator memory;
    memory.failAt = failing;
    snap_options options = {};
    memory.install(options);
    Allocator own = {options.allocate, options.deallocate, options.allocator_context};
    Ids ids(16);
    snap_error error = {};
    snap_status status = encode(tokenizer, own, "the Th\u00e9 12", ids.data(), 16, truncated, &error);
    if (memory.allocations <= failing) {
      EXPECT_EQ(status, SNAP_OK);
      EXPECT_GE(failing, 4);
      break;
    }
    EXPECT_EQ(status, SNAP_ERROR_MEMORY);
  }
}

TEST_F(TokenizerTest, NeedsRoomForTheMarkers) {
  int32_t ids[1];
  snap_error error = {};
  EXPECT_EQ(encode(tokenizer, allocator, "a", ids, 1, truncated, &error), SNAP_ERROR_ARGUMENT);
}

TEST_F(TokenizerTest, EveryFlippedByteIsNoticed) {
  Tokenizer opened;
  for (size_t i = 0; i < table.size(); ++i) {
    std::vector<uint8_t> broken = table;
    broken[i] ^= 0x40;
    EXPECT_NE(openTokenizer(broken.data(), broken.size(), opened, nullptr), SNAP_OK) << "byte " << i;
  }
  for (size_t size = 0; size < table.size(); size += 3)
    EXPECT_EQ(openTokenizer(table.data(), size, opened, nullptr), SNAP_ERROR_FORMAT);
}

// With a right checksum too, nothing is read outside the table (a sanitizer
// watches), and what opens encodes.
TEST_F(TokenizerTest, SealedCorruptionIsHarmless) {
  Tokenizer opened;
  int refused = 0;
  for (size_t i = 16; i < table.size(); ++i)
    for (uint8_t flip : {0x01, 0x80, 0xff}) {
      std::vector<uint8_t> broken = table;
      broken[i] ^= flip;
      sealTokenizer(broken);
      if (openTokenizer(broken.data(), broken.size(), opened, nullptr) != SNAP_OK) {
        ++refused;
        continue;
      }
      int32_t ids[16];
      EXPECT_EQ(encode(opened, allocator, "The 12 e\u0301\u0323<s>E\u0301 \u0130", ids, 16, truncated, nullptr),
                SNAP_OK);
      for (int32_t id : ids)
        EXPECT_TRUE(id >= 0 && static_cast<uint32_t>(id) < opened.header->vocabulary);
    }
  EXPECT_GT(refused, 1000);
}
