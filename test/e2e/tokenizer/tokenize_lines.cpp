//===- tokenize_lines.cpp - The tokenizer, for test_tokenizer.py ----------===//
//
// usage: tokenize_lines TOKENIZER_DIR MAX_TOKENS < PROMPTS     prompts end with a NUL; prints a line of ids for each,
// and "cut" after it when the prompt was too long.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/TokenizerTable.h"
#include "runtime/tokenizer.h"

#include "llvm/Support/raw_ostream.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: tokenize_lines TOKENIZER_DIR MAX_TOKENS < PROMPTS\n");
    return 2;
  }
  llvm::Expected<std::vector<uint8_t>> table = snap::buildTokenizerTable(argv[1]);
  if (!table) {
    std::fprintf(stderr, "%s\n", llvm::toString(table.takeError()).c_str());
    return 1;
  }
  uint32_t maxTokens = uint32_t(std::atoi(argv[2]));
  snap_error error = {};
  snap::runtime::Tokenizer tokenizer;
  if (snap::runtime::openTokenizer(table->data(), table->size(), tokenizer, &error) != SNAP_OK) {
    std::fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  snap::runtime::Allocator allocator;
  std::vector<int32_t> ids(maxTokens);
  for (std::string prompt; std::getline(std::cin, prompt, '\0');) {
    bool truncated = false;
    if (snap::runtime::encode(tokenizer, allocator, prompt.c_str(), ids.data(), maxTokens, truncated, &error) !=
        SNAP_OK) {
      std::fprintf(stderr, "%s\n", error.message);
      return 1;
    }
    for (int32_t id : ids)
      std::printf("%d ", id);
    std::printf("%s\n", truncated ? "cut" : "");
  }
  return 0;
}
