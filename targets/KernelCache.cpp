//===- KernelCache.cpp - Compiled kernels on disk -------------------------===//
//
// An entry: magic, checksum of what follows, scratch, lengths of identity and
// object (8 bytes each, little-endian as the host), identity, object.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/KernelCache.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

using namespace snap;
namespace fs = std::filesystem;

static const char magic[8] = {'S', 'N', 'A', 'P', 'K', 'R', 'N', '1'};

namespace {
struct Header {
  char magic[8];
  uint64_t checksum;
  uint64_t scratchBytes;
  uint64_t identityBytes;
  uint64_t objectBytes;
};
} // namespace

static uint64_t fnv1a(const char *bytes, size_t count, uint64_t seed = 0xcbf29ce484222325ull) {
  for (size_t i = 0; i < count; ++i)
    seed = (seed ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3ull;
  return seed;
}

static std::string hex(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

/// The checksum of an entry: of its text from scratchBytes on.
static uint64_t checksumOf(const std::string &entry) {
  size_t begin = offsetof(Header, scratchBytes);
  return fnv1a(entry.data() + begin, entry.size() - begin);
}

KernelCache::KernelCache(std::string folder) : folder(std::move(folder)) {
  if (this->folder.empty())
    return;
  std::error_code ignored; // an absent folder only means no entries
  fs::create_directories(this->folder, ignored);
}

std::string KernelCache::path(const std::string &identity) const {
  // Two hashes of 64 bits; the entry repeats the identity, so that even equal
  // names would not mix up kernels.
  uint64_t first = fnv1a(identity.data(), identity.size());
  uint64_t second = fnv1a(identity.data(), identity.size(), first ^ 0x9e3779b97f4a7c15ull);
  return folder + "/" + hex(first) + hex(second) + ".kernel";
}

std::optional<KernelObject> KernelCache::find(const std::string &identity) const {
  if (folder.empty())
    return std::nullopt;
  std::ifstream file(path(identity), std::ios::binary);
  if (!file)
    return std::nullopt;
  std::string entry((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Header header;
  if (entry.size() < sizeof header)
    return std::nullopt;
  std::memcpy(&header, entry.data(), sizeof header);
  size_t left = entry.size() - sizeof header;
  if (std::memcmp(header.magic, magic, sizeof magic) != 0 || header.identityBytes != identity.size() ||
      header.identityBytes > left || header.objectBytes != left - header.identityBytes ||
      header.checksum != checksumOf(entry) || entry.compare(sizeof header, identity.size(), identity) != 0)
    return std::nullopt;
  KernelObject object;
  object.scratchBytes = static_cast<int64_t>(header.scratchBytes);
  object.bytes = entry.substr(sizeof header + identity.size());
  return object;
}

void KernelCache::keep(const std::string &identity, const KernelObject &object) const {
  if (folder.empty())
    return;
  Header header;
  std::memcpy(header.magic, magic, sizeof magic);
  header.checksum = 0;
  header.scratchBytes = static_cast<uint64_t>(object.scratchBytes);
  header.identityBytes = identity.size();
  header.objectBytes = object.bytes.size();
  std::string entry(reinterpret_cast<const char *>(&header), sizeof header);
  entry += identity;
  entry += object.bytes;
  uint64_t checksum = checksumOf(entry);
  std::memcpy(&entry[offsetof(Header, checksum)], &checksum, sizeof checksum);

  static std::atomic<unsigned> serial{0};
  std::string final = path(identity);
  std::string temporary = final + "." + std::to_string(getpid()) + "." + std::to_string(serial++) + ".tmp";
  std::error_code error;
  {
    std::ofstream file(temporary, std::ios::binary);
    file.write(entry.data(), static_cast<std::streamsize>(entry.size()));
    file.close();
    if (!file)
      error = std::make_error_code(std::errc::io_error);
  }
  if (!error)
    fs::rename(temporary, final, error);
  if (error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
  }
}
