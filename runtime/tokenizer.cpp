//===- tokenizer.cpp - CLIP's byte-pair encoding --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/tokenizer.h"
#include "runtime/buffer.h"
#include "runtime/errors.h"

using namespace snap::runtime;
using namespace snap::runtime::tokens;

//===----------------------------------------------------------------------===//
// Checking the tables
//===----------------------------------------------------------------------===//

namespace {

template <typename T> bool place(const uint8_t *table, const Header &header, Section section, Table<T> &out) {
  const SectionPlace &where = header.sections[section];
  if (where.offset % alignof(T) != 0 || where.offset > header.bytes ||
      where.count > (header.bytes - where.offset) / sizeof(T))
    return false;
  out.data = reinterpret_cast<const T *>(table + where.offset);
  out.count = where.count;
  return true;
}

/// Whether less(a, b) holds for all neighbours, which the searches rely on.
template <typename T, typename Less> bool ascends(const Table<T> &table, Less less) {
  for (uint32_t i = 1; i < table.count; ++i)
    if (!less(table[i - 1], table[i]))
      return false;
  return true;
}

bool checkRanges(const Table<Range> &ranges, uint32_t largest) {
  for (uint32_t i = 0; i < ranges.count; ++i)
    if (ranges[i].first > ranges[i].last || ranges[i].last > kLastCodePoint || ranges[i].value > largest)
      return false;
  return ascends(ranges, [](const Range &a, const Range &b) { return a.last < b.first; });
}

bool checkUnicode(const UnicodeTables &unicode) {
  for (uint32_t i = 0; i < unicode.decompositions.count; ++i)
    for (uint32_t part : unicode.decompositions[i].parts)
      if (part > kLastCodePoint)
        return false;
  for (uint32_t i = 0; i < unicode.compositions.count; ++i)
    if (unicode.compositions[i].composed > kLastCodePoint)
      return false;
  for (uint32_t i = 0; i < unicode.lowerCase.count; ++i)
    for (uint32_t part : unicode.lowerCase[i].parts)
      if (part > kLastCodePoint)
        return false;
  return checkRanges(unicode.classes, kSpace) && checkRanges(unicode.combining, 255) &&
         ascends(unicode.decompositions,
                 [](const Decomposition &a, const Decomposition &b) { return a.codePoint < b.codePoint; }) &&
         ascends(unicode.compositions,
                 [](const Composition &a, const Composition &b) {
                   return a.first < b.first || (a.first == b.first && a.second < b.second);
                 }) &&
         ascends(unicode.lowerCase, [](const LowerCase &a, const LowerCase &b) { return a.codePoint < b.codePoint; });
}

bool checkTokens(const Tokenizer &tokenizer) {
  uint32_t end = tokenizer.header->vocabulary;
  const Header &header = *tokenizer.header;
  if (end > INT32_MAX || header.bos >= end || header.eos >= end || header.pad >= end || header.unknown >= end ||
      tokenizer.bytes.count != 256)
    return false;
  for (uint32_t i = 0; i < tokenizer.bytes.count; ++i)
    if (tokenizer.bytes[i].inner >= end || tokenizer.bytes[i].last >= end)
      return false;
  for (uint32_t i = 0; i < tokenizer.merges.count; ++i)
    if (tokenizer.merges[i].result >= end)
      return false;
  for (uint32_t i = 0; i < tokenizer.specials.count; ++i) {
    const Special &special = tokenizer.specials[i];
    if (special.id >= end || special.textCount == 0 || special.textOffset > tokenizer.specialText.count ||
        special.textCount > tokenizer.specialText.count - special.textOffset)
      return false;
  }
  return ascends(tokenizer.merges, [](const Merge &a, const Merge &b) {
    return a.left < b.left || (a.left == b.left && a.right < b.right);
  });
}

} // namespace

snap_status snap::runtime::openTokenizer(const uint8_t *table, uint64_t bytes, Tokenizer &tokenizer,
                                         snap_error *error) {
  const char *prefix = "the tokenizer's tables are corrupt: ";
  if (bytes < sizeof(Header))
    return fail(error, SNAP_ERROR_FORMAT, prefix, "expected at least ", sizeof(Header), " bytes, got ", bytes);
  if (reinterpret_cast<uintptr_t>(table) % kTableAlignment != 0)
    return fail(error, SNAP_ERROR_FORMAT, prefix, "they are not aligned to ", kTableAlignment, " bytes");
  const Header &header = *reinterpret_cast<const Header *>(table);
  if (header.magic != kMagic)
    return fail(error, SNAP_ERROR_FORMAT, prefix, "they do not begin with SNAPTOK");
  if (header.version != kVersion)
    return fail(error, SNAP_ERROR_VERSION, "the tokenizer's tables have version ", header.version,
                ", this runtime reads ", kVersion);
  if (header.bytes < sizeof(Header) || header.bytes > bytes)
    return fail(error, SNAP_ERROR_FORMAT, prefix, "they claim ", header.bytes, " bytes of ", bytes);
  constexpr uint64_t summed = offsetof(Header, checksum) + sizeof header.checksum;
  if (checksum(table + summed, header.bytes - summed) != header.checksum)
    return fail(error, SNAP_ERROR_FORMAT, prefix, "the checksum differs");

  Tokenizer opened;
  opened.header = &header;
  UnicodeTables &unicode = opened.unicode;
  bool placed =
      place(table, header, kByteTokens, opened.bytes) && place(table, header, kMerges, opened.merges) &&
      place(table, header, kSpecials, opened.specials) && place(table, header, kSpecialText, opened.specialText) &&
      place(table, header, kClasses, unicode.classes) && place(table, header, kCombining, unicode.combining) &&
      place(table, header, kDecompositions, unicode.decompositions) &&
      place(table, header, kCompositions, unicode.compositions) && place(table, header, kLowerCase, unicode.lowerCase);
  if (!placed)
    return fail(error, SNAP_ERROR_FORMAT, prefix, "a section reaches past the end");
  if (!checkTokens(opened) || !checkUnicode(opened.unicode))
    return fail(error, SNAP_ERROR_FORMAT, prefix, "an entry is out of range or out of order");
  tokenizer = opened;
  return SNAP_OK;
}

//===----------------------------------------------------------------------===//
// Merging the bytes of one word
//===----------------------------------------------------------------------===//

namespace {

constexpr uint32_t kNone = UINT32_MAX;

/// A link of the word's chain of tokens; `token` is kNone once merged away.
struct Link {
  uint32_t token, previous, next;
};

/// A merge that was possible when it was found.
struct Candidate {
  uint32_t rank, position, result;

  bool before(const Candidate &other) const {
    return rank < other.rank || (rank == other.rank && position < other.position);
  }
};

/// Candidates by rank, then from left to right: a binary heap.
class CandidateQueue {
public:
  explicit CandidateQueue(const Allocator &allocator) : heap(allocator) {}

  bool reserve(uint64_t most) {
    count = 0;
    return heap.reserve(most);
  }

  void push(const Candidate &candidate) {
    uint64_t at = count++;
    for (; at && candidate.before(heap[(at - 1) / 2]); at = (at - 1) / 2)
      heap[at] = heap[(at - 1) / 2];
    heap[at] = candidate;
  }

  bool pop(Candidate &first) {
    if (!count)
      return false;
    first = heap[0];
    Candidate moved = heap[--count];
    uint64_t at = 0;
    for (uint64_t child; (child = 2 * at + 1) < count; at = child) {
      if (child + 1 < count && heap[child + 1].before(heap[child]))
        ++child;
      if (!heap[child].before(moved))
        break;
      heap[at] = heap[child];
    }
    heap[at] = moved;
    return true;
  }

private:
  Buffer<Candidate> heap;
  uint64_t count = 0;
};

/// Turns words into tokens until `limit` of them are there.
class WordEncoder {
public:
  WordEncoder(const Tokenizer &tokenizer, const Allocator &allocator, int32_t *ids, uint32_t limit)
      : tokenizer(tokenizer), ids(ids), limit(limit), links(allocator), queue(allocator) {}

  /// More tokens came than fit.
  bool isTruncated() const { return truncated; }
  uint32_t size() const { return used; }

  void emit(uint32_t token) {
    if (used == limit)
      truncated = true;
    else
      ids[used++] = static_cast<int32_t>(token);
  }

  /// False when there is no memory.
  bool encodeWord(const uint32_t *word, uint64_t count) {
    if (count > UINT32_MAX / 4 || !links.reserve(4 * count))
      return false;
    uint32_t length = 0;
    for (uint64_t i = 0; i < count; ++i) {
      uint8_t bytes[4];
      uint32_t byteCount = encodeUtf8(word[i], bytes);
      for (uint32_t b = 0; b < byteCount; ++b, ++length)
        links[length] = {tokenizer.bytes[bytes[b]].inner, length - 1, length + 1};
      if (i + 1 == count)
        links[length - 1].token = tokenizer.bytes[bytes[byteCount - 1]].last;
    }
    links[0].previous = kNone;
    links[length - 1].next = kNone;

    // A merge takes one candidate and may find two, and each takes a link away.
    if (!queue.reserve(3 * static_cast<uint64_t>(length)))
      return false;
    for (uint32_t i = 0; i + 1 < length; ++i)
      findCandidate(i);
    Candidate best;
    while (queue.pop(best))
      apply(best);

    for (uint32_t at = 0; at != kNone && !truncated; at = links[at].next)
      emit(links[at].token);
    return true;
  }

private:
  const Merge *findMerge(uint32_t left, uint32_t right) const {
    const Merge *merge = tokenizer.merges.lowerBound(
        [=](const Merge &m) { return m.left < left || (m.left == left && m.right < right); });
    return merge && merge->left == left && merge->right == right ? merge : nullptr;
  }

  void findCandidate(uint32_t position) {
    const Link &left = links[position];
    if (const Merge *merge = findMerge(left.token, links[left.next].token))
      queue.push({merge->rank, position, merge->result});
  }

  void apply(const Candidate &candidate) {
    Link &left = links[candidate.position];
    if (left.token == kNone || left.next == kNone)
      return;
    // Earlier merges may have changed the pair.
    Link &right = links[left.next];
    const Merge *merge = findMerge(left.token, right.token);
    if (!merge || merge->result != candidate.result)
      return;
    left.token = candidate.result;
    right.token = kNone;
    left.next = right.next;
    if (left.next != kNone) {
      links[left.next].previous = candidate.position;
      findCandidate(candidate.position);
    }
    if (left.previous != kNone)
      findCandidate(left.previous);
  }

  const Tokenizer &tokenizer;
  int32_t *ids;
  uint32_t limit;
  uint32_t used = 0;
  bool truncated = false;
  Buffer<Link> links;
  CandidateQueue queue;
};

//===----------------------------------------------------------------------===//
// Cutting text into words
//===----------------------------------------------------------------------===//

/// The length of `pattern` (ASCII) when text begins with it, else 0.
uint64_t matchLength(const char *pattern, const uint32_t *text, const uint32_t *end) {
  uint64_t i = 0;
  for (; pattern[i]; ++i)
    if (text + i == end || text[i] != static_cast<uint32_t>(pattern[i]))
      return 0;
  return i;
}

class TextEncoder {
public:
  TextEncoder(const Tokenizer &tokenizer, const Allocator &allocator, WordEncoder &words)
      : tokenizer(tokenizer), words(words), composed(allocator), lower(allocator) {}

  bool encode(const uint32_t *text, const uint32_t *end) {
    return splitSpecials(text, end, false, [&](const uint32_t *from, const uint32_t *to) {
      uint64_t count = static_cast<uint64_t>(to - from);
      uint64_t most = tokenizer.unicode.decomposedCount(from, count);
      if (!composed.reserve(most) || !lower.reserve(2 * most))
        return false;
      count = tokenizer.unicode.normalize(from, count, composed.data(), lower.data());
      count = tokenizer.unicode.toLower(composed.data(), count, lower.data());
      return splitSpecials(lower.data(), lower.data() + count, true,
                           [&](const uint32_t *a, const uint32_t *b) { return splitWords(a, b); });
    });
  }

private:
  /// The longest special token that text begins with.
  const Special *matchSpecial(const uint32_t *text, const uint32_t *end, bool normalized) const {
    const Special *best = nullptr;
    for (uint32_t i = 0; i < tokenizer.specials.count; ++i) {
      const Special &special = tokenizer.specials[i];
      if ((special.normalized != 0) != normalized || special.textCount > static_cast<uint64_t>(end - text) ||
          (best && best->textCount >= special.textCount))
        continue;
      const uint32_t *pattern = &tokenizer.specialText[special.textOffset];
      if (__builtin_memcmp(pattern, text, special.textCount * sizeof *text) == 0)
        best = &special;
    }
    return best;
  }

  /// Emits special tokens and hands what lies between them to encodeRest.
  template <typename EncodeRest>
  bool splitSpecials(const uint32_t *text, const uint32_t *end, bool normalized, EncodeRest encodeRest) {
    const uint32_t *rest = text;
    while (text != end && !words.isTruncated()) {
      const Special *special = matchSpecial(text, end, normalized);
      if (!special) {
        ++text;
        continue;
      }
      if (rest != text && !encodeRest(rest, text))
        return false;
      words.emit(special->id);
      rest = text += special->textCount;
    }
    return rest == text || encodeRest(rest, text);
  }

  bool splitWords(const uint32_t *text, const uint32_t *end) {
    while (text != end && !words.isTruncated()) {
      uint64_t marker = markerLength(text, end);
      if (marker) {
        if (!words.encodeWord(text, 2) || !words.encodeWord(text + 2, marker - 4) ||
            !words.encodeWord(text + marker - 2, 2))
          return false;
        text += marker;
        continue;
      }
      uint64_t length = wordLength(text, end);
      if (length && !words.encodeWord(text, length))
        return false;
      text += length ? length : 1; // one space
    }
    return true;
  }

  // CLIP's pattern, in the order of its alternatives:
  // <\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+

  /// The spelling of a marker is one match, which the byte-level step after it
  /// cuts into three words: "<|", "endoftext", "|>".
  static uint64_t markerLength(const uint32_t *text, const uint32_t *end) {
    uint64_t length = matchLength("<|startoftext|>", text, end);
    return length ? length : matchLength("<|endoftext|>", text, end);
  }

  /// The length of the word at text, or 0 for a space.
  uint64_t wordLength(const uint32_t *text, const uint32_t *end) const {
    static const char *const contractions[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
    for (const char *contraction : contractions)
      if (uint64_t length = matchLength(contraction, text, end))
        return length;
    CharacterClass kind = tokenizer.unicode.classOf(*text);
    if (kind == kSpace)
      return 0;
    const uint32_t *next = text + 1;
    while (kind != kNumber && next != end && tokenizer.unicode.classOf(*next) == kind)
      ++next;
    return static_cast<uint64_t>(next - text);
  }

  const Tokenizer &tokenizer;
  WordEncoder &words;
  Buffer<uint32_t> composed, lower;
};

} // namespace

snap_status snap::runtime::encode(const Tokenizer &tokenizer, const Allocator &allocator, const char *text,
                                  int32_t *ids, uint32_t maxTokens, bool &truncated, snap_error *error) {
  truncated = false;
  if (maxTokens < 2)
    return fail(error, SNAP_ERROR_ARGUMENT, "expected room for at least 2 tokens, got ", maxTokens);
  const uint8_t *bytes = reinterpret_cast<const uint8_t *>(text);
  uint64_t size = __builtin_strlen(text);
  Buffer<uint32_t> decoded(allocator);
  if (!decoded.reserve(size ? size : 1))
    return fail(error, SNAP_ERROR_MEMORY, "no memory to read a text of ", size, " bytes");
  uint64_t count = decodeUtf8(bytes, bytes + size, decoded.data());

  // Every run of what is not space gives a token at least, so no more runs than
  // tokens need to be looked at.
  uint32_t runs = 0;
  bool inRun = false;
  for (uint64_t i = 0; i < count; ++i) {
    bool isRun = tokenizer.unicode.classOf(decoded[i]) != kSpace;
    runs += isRun && !inRun;
    inRun = isRun;
    if (runs > maxTokens)
      count = i;
  }

  WordEncoder words(tokenizer, allocator, ids + 1, maxTokens - 2);
  TextEncoder encoder(tokenizer, allocator, words);
  if (!encoder.encode(decoded.data(), decoded.data() + count))
    return fail(error, SNAP_ERROR_MEMORY, "no memory to encode a text of ", size, " bytes");
  truncated = words.isTruncated();
  ids[0] = static_cast<int32_t>(tokenizer.header->bos);
  uint32_t used = words.size() + 1;
  ids[used++] = static_cast<int32_t>(tokenizer.header->eos);
  while (used < maxTokens)
    ids[used++] = static_cast<int32_t>(tokenizer.header->pad);
  return SNAP_OK;
}
