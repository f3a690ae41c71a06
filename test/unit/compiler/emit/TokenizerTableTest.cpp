//===- TokenizerTableTest.cpp ---------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/TokenizerTable.h"

#include "ScratchFolder.h"
#include "runtime/tokenizer.h"

#include <gtest/gtest.h>

using namespace snap;
using snap::test::ScratchFolder;

namespace {

class TokenizerTableTest : public testing::Test {
protected:
  TokenizerTableTest() {
    folder.write("vocab.json", kVocabulary);
    folder.write("merges.txt", "#version: 0.2\na b\nab c</w>\n");
  }

  std::vector<uint8_t> build() {
    llvm::Expected<std::vector<uint8_t>> table = buildTokenizerTable(folder.path());
    if (table)
      return *table;
    ADD_FAILURE() << llvm::toString(table.takeError());
    return {};
  }

  void expectRefused(const std::string &file, const std::string &text, const std::string &message) {
    folder.write(file, text);
    llvm::Expected<std::vector<uint8_t>> table = buildTokenizerTable(folder.path());
    if (table)
      ADD_FAILURE() << "accepted " << text;
    else
      EXPECT_EQ(llvm::toString(table.takeError()), folder.path(file) + ": " + message);
  }

  std::vector<int32_t> encode(const std::vector<uint8_t> &table, const char *text, uint32_t room) {
    runtime::Tokenizer tokenizer;
    runtime::Allocator allocator;
    snap_error error = {};
    std::vector<int32_t> ids(room, -1);
    bool truncated;
    EXPECT_EQ(runtime::openTokenizer(table.data(), table.size(), tokenizer, &error), SNAP_OK) << error.message;
    EXPECT_EQ(runtime::encode(tokenizer, allocator, text, ids.data(), room, truncated, &error), SNAP_OK)
        << error.message;
    return ids;
  }

  static constexpr const char *kVocabulary =
      R"({"a": 0, "b": 1, "c": 2, "c</w>": 3, "ab": 4, "abc</w>": 5, "<|startoftext|>": 6, "<|endoftext|>": 7, "!": 8,
          "Ã": 9, "©</w>": 10})";
  ScratchFolder folder;
};

} // namespace

TEST_F(TokenizerTableTest, ASmallVocabulary) {
  EXPECT_EQ(encode(build(), "ABC", 4), (std::vector<int32_t>{6, 5, 7, 7}));
  EXPECT_EQ(encode(build(), "é", 4), (std::vector<int32_t>{6, 9, 10, 7})) << "bytes by GPT-2's spelling";
  EXPECT_EQ(encode(build(), "z", 4), (std::vector<int32_t>{6, 7, 7, 7})) << "unknown";
}

TEST_F(TokenizerTableTest, SpecialTokensOfTheConfig) {
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "CLIPTokenizer", "pad_token": "!",
      "bos_token": {"__type": "AddedToken", "content": "<|startoftext|>", "lstrip": false, "normalized": true,
                    "rstrip": false, "single_word": false}})");
  EXPECT_EQ(encode(build(), "<|STARTOFTEXT|>abc", 6), (std::vector<int32_t>{6, 6, 5, 7, 8, 8}));
  EXPECT_EQ(encode(build(), "abc!", 6), (std::vector<int32_t>{6, 5, 8, 7, 8, 8})) << "the pad token is one of the text";
}

TEST_F(TokenizerTableTest, SameFilesSameBytes) { EXPECT_EQ(build(), build()); }

TEST_F(TokenizerTableTest, TheModelsHere) {
  llvm::Expected<std::vector<uint8_t>> table = buildTokenizerTable(SNAP_MODELS "/nano/tokenizer");
  ASSERT_TRUE(bool(table)) << llvm::toString(table.takeError());
  EXPECT_LT(table->size(), size_t(2) << 20);
  EXPECT_EQ(encode(*table, "a photo of a cat", 9),
            (std::vector<int32_t>{49406, 320, 1125, 539, 320, 2368, 49407, 49407, 49407}));
}

TEST_F(TokenizerTableTest, RefusesBadMerges) {
  expectRefused("merges.txt", "#version: 0.2\nab\n", "line 2: expected two tokens with a space between, got 'ab'");
  expectRefused("merges.txt", "a b\na b c\n", "line 2: expected two tokens with a space between, got 'a b c'");
  expectRefused("merges.txt", "a z\n", "line 1: token 'z' is not in vocab.json");
  expectRefused("merges.txt", "b a\n", "line 1: token 'ba' is not in vocab.json");
}

TEST_F(TokenizerTableTest, RefusesBadVocabularies) {
  expectRefused("vocab.json", "{}", "the vocabulary is empty");
  expectRefused("vocab.json", R"({"a": -1})", "token 'a': expected an id from 0 to 2^31 - 2");
  expectRefused("vocab.json", R"({"a": "b"})", "token 'a': expected an id from 0 to 2^31 - 2");
  expectRefused("vocab.json", "[]", "expected a JSON object");
}

TEST_F(TokenizerTableTest, RefusesBadConfigs) {
  const char *config = "tokenizer_config.json";
  expectRefused(config, R"({"tokenizer_class": "T5Tokenizer"})",
                "field 'tokenizer_class': 'T5Tokenizer' is not supported; expected CLIPTokenizer");
  expectRefused(config, R"({"pad_token": "<pad>"})", "field 'pad_token': token '<pad>' is not in vocab.json");
  expectRefused(config, R"({"bos_token": 3})", "field 'bos_token': expected a string or an object with \"content\"");
  expectRefused(config, R"({"bos_token": {"content": "<|startoftext|>", "lstrip": true}})",
                "field 'bos_token': \"lstrip\": true is not supported; expected false");
}

TEST_F(TokenizerTableTest, NamesTheMissingFile) {
  folder.remove("merges.txt");
  llvm::Expected<std::vector<uint8_t>> table = buildTokenizerTable(folder.path());
  ASSERT_FALSE(bool(table));
  EXPECT_EQ(llvm::toString(table.takeError()), folder.path("merges.txt") + ": No such file or directory");
}
