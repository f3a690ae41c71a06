//===- unicode.cpp - UTF-8, NFC, lower case, character classes ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/unicode.h"

using namespace snap::runtime;
using namespace snap::runtime::tokens;

namespace {

// Hangul syllables are composed by arithmetic (Unicode 15, section 3.12).
constexpr uint32_t kSyllables = 0xac00, kLeads = 0x1100, kVowels = 0x1161, kTrails = 0x11a7;
constexpr uint32_t kLeadCount = 19, kVowelCount = 21, kTrailCount = 28;
constexpr uint32_t kSyllableCount = kLeadCount * kVowelCount * kTrailCount;

uint32_t lookUp(const Table<Range> &table, uint32_t codePoint) {
  const Range *range = table.lowerBound([=](const Range &r) { return r.last < codePoint; });
  return range && range->first <= codePoint ? range->value : 0;
}

template <typename T> const T *find(const Table<T> &table, uint32_t codePoint) {
  const T *entry = table.lowerBound([=](const T &e) { return e.codePoint < codePoint; });
  return entry && entry->codePoint == codePoint ? entry : nullptr;
}

/// The primary composite of a pair, or 0.
uint32_t compose(const Table<Composition> &table, uint32_t first, uint32_t second) {
  if (first - kLeads < kLeadCount && second - kVowels < kVowelCount)
    return kSyllables + ((first - kLeads) * kVowelCount + (second - kVowels)) * kTrailCount;
  if (first - kSyllables < kSyllableCount && (first - kSyllables) % kTrailCount == 0 && second > kTrails &&
      second - kTrails < kTrailCount)
    return first + (second - kTrails);
  const Composition *entry = table.lowerBound(
      [=](const Composition &c) { return c.first < first || (c.first == first && c.second < second); });
  return entry && entry->first == first && entry->second == second ? entry->composed : 0;
}

/// Writes the decomposition of one character and returns its length; with null
/// `out` only counts.
uint32_t decompose(const Table<Decomposition> &table, uint32_t codePoint, uint32_t *out) {
  uint32_t syllable = codePoint - kSyllables;
  if (syllable < kSyllableCount) {
    uint32_t trail = syllable % kTrailCount;
    if (out) {
      out[0] = kLeads + syllable / (kVowelCount * kTrailCount);
      out[1] = kVowels + syllable / kTrailCount % kVowelCount;
      if (trail)
        out[2] = kTrails + trail;
    }
    return trail ? 3 : 2;
  }
  const Decomposition *entry = find(table, codePoint);
  if (!entry) {
    if (out)
      out[0] = codePoint;
    return 1;
  }
  uint32_t count = 0;
  for (uint32_t part : entry->parts) {
    if (!part)
      break;
    if (out)
      out[count] = part;
    ++count;
  }
  return count;
}

} // namespace

CharacterClass UnicodeTables::classOf(uint32_t codePoint) const {
  return static_cast<CharacterClass>(lookUp(classes, codePoint));
}

uint32_t UnicodeTables::combiningClass(uint32_t codePoint) const { return lookUp(combining, codePoint); }

uint64_t UnicodeTables::decomposedCount(const uint32_t *text, uint64_t count) const {
  uint64_t total = 0;
  for (uint64_t i = 0; i < count; ++i)
    total += decompose(decompositions, text[i], nullptr);
  return total;
}

uint64_t UnicodeTables::normalize(const uint32_t *text, uint64_t count, uint32_t *out, uint32_t *scratch) const {
  uint64_t length = 0;
  for (uint64_t i = 0; i < count; ++i)
    length += decompose(decompositions, text[i], out + length);

  // Canonical order: every run of combining marks sorted by class, stably. By
  // counting, since a run may be as long as the text.
  for (uint64_t begin = 0; begin < length;) {
    if (combiningClass(out[begin]) == 0) {
      ++begin;
      continue;
    }
    uint64_t end = begin;
    uint64_t places[257] = {};
    bool sorted = true;
    for (uint32_t previous = 0; end < length; ++end) {
      uint32_t mark = combiningClass(out[end]);
      if (mark == 0)
        break;
      ++places[mark + 1];
      sorted &= previous <= mark;
      previous = mark;
    }
    if (!sorted) {
      for (uint32_t i = 1; i < 257; ++i)
        places[i] += places[i - 1];
      for (uint64_t i = begin; i < end; ++i)
        scratch[places[combiningClass(out[i])]++] = out[i];
      __builtin_memcpy(out + begin, scratch, (end - begin) * sizeof *out);
    }
    begin = end;
  }

  // Composition: each mark joins the last starter unless a mark of the same or
  // a higher class, or another starter, lies between them.
  uint64_t written = 0, starter = 0;
  bool hasStarter = false;
  uint32_t blocking = 0;
  for (uint64_t i = 0; i < length; ++i) {
    uint32_t codePoint = out[i], mark = combiningClass(codePoint);
    bool adjacent = hasStarter && written == starter + 1;
    if (hasStarter && (adjacent || (blocking != 0 && blocking < mark))) {
      if (uint32_t composed = compose(compositions, out[starter], codePoint)) {
        out[starter] = composed;
        continue;
      }
    }
    if (mark == 0) {
      starter = written;
      hasStarter = true;
    }
    blocking = mark;
    out[written++] = codePoint;
  }
  return written;
}

uint64_t UnicodeTables::toLower(const uint32_t *text, uint64_t count, uint32_t *out) const {
  uint64_t written = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const LowerCase *entry = find(lowerCase, text[i]);
    out[written++] = entry ? entry->parts[0] : text[i];
    if (entry && entry->parts[1])
      out[written++] = entry->parts[1];
  }
  return written;
}

uint64_t snap::runtime::decodeUtf8(const uint8_t *text, const uint8_t *end, uint32_t *out) {
  uint64_t count = 0;
  while (text != end) {
    uint8_t lead = *text++;
    if (lead < 0x80) {
      out[count++] = lead;
      continue;
    }
    // The second byte's range keeps out overlong forms, surrogates and what is
    // above U+10FFFF.
    uint32_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    bool good = lead >= 0xc2 && lead <= 0xf4;
    uint32_t codePoint = lead & (0x3f >> more);
    for (; good && more; --more) {
      good = text != end && *text >= low && *text <= high;
      if (good)
        codePoint = codePoint << 6 | (*text++ & 0x3f);
      low = 0x80;
      high = 0xbf;
    }
    out[count++] = good ? codePoint : kReplacement;
  }
  return count;
}

uint32_t snap::runtime::encodeUtf8(uint32_t codePoint, uint8_t out[4]) {
  if (codePoint < 0x80) {
    out[0] = static_cast<uint8_t>(codePoint);
    return 1;
  }
  uint32_t more = codePoint < 0x800 ? 1 : codePoint < 0x10000 ? 2 : 3;
  out[0] = static_cast<uint8_t>((0xff80u >> more) | (codePoint >> (6 * more)));
  for (uint32_t i = 1; i <= more; ++i)
    out[i] = static_cast<uint8_t>(0x80 | ((codePoint >> (6 * (more - i))) & 0x3f));
  return more + 1;
}
