//===- TokenizerTable.h - CLIP's vocabulary for NAME.snap -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_COMPILER_EMIT_TOKENIZERTABLE_H
#define SNAP_COMPILER_EMIT_TOKENIZERTABLE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <vector>

namespace snap {

/// Reads vocab.json, merges.txt and, when there, tokenizer_config.json in `dir`
/// (a pipeline's tokenizer folder) and makes the table that the runtime's
/// tokenizer maps (runtime/tokenizer_format.h), to be placed at a multiple of 8
/// bytes. The same files give the same bytes. Errors name the file.
llvm::Expected<std::vector<uint8_t>> buildTokenizerTable(llvm::StringRef dir);

} // namespace snap

#endif // SNAP_COMPILER_EMIT_TOKENIZERTABLE_H
