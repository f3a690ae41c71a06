//===- tokenizer.h - CLIP's byte-pair encoding ------------------*- C++ -*-===//
//
// What transformers' CLIPTokenizer computes: special tokens are taken out of
// the text, the rest is normalized (NFC, lower case), cut into words (a
// contraction, a run of letters, one digit, a run of anything else but space),
// and each word's UTF-8 bytes are merged pair by pair, best rank first.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_TOKENIZER_H
#define SNAP_RUNTIME_TOKENIZER_H

#include "runtime/allocator.h"
#include "runtime/tokenizer_format.h"
#include "runtime/unicode.h"
#include "snap/snap.h"

namespace snap::runtime {

/// Checked tables, where they are mapped.
struct Tokenizer {
  const tokens::Header *header = nullptr;
  Table<tokens::ByteToken> bytes;
  Table<tokens::Merge> merges;
  Table<tokens::Special> specials;
  Table<uint32_t> specialText;
  UnicodeTables unicode;
};

/// Checks `table`, which must outlive the tokenizer. SNAP_ERROR_FORMAT.
snap_status openTokenizer(const uint8_t *table, uint64_t bytes, Tokenizer &tokenizer, snap_error *error);

/// Writes exactly maxTokens (at least 2) numbers: the start marker, the text's
/// tokens, the end marker, padding. `truncated` says that the text had more
/// tokens than fit. Text that is not UTF-8 reads as U+FFFD per ill-formed
/// sequence. SNAP_ERROR_MEMORY.
snap_status encode(const Tokenizer &tokenizer, const Allocator &allocator, const char *text, int32_t *ids,
                   uint32_t maxTokens, bool &truncated, snap_error *error);

} // namespace snap::runtime

#endif // SNAP_RUNTIME_TOKENIZER_H
