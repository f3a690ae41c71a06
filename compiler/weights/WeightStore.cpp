//===- WeightStore.cpp - The bytes behind snap.weight ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/weights/WeightStore.h"
#include "compiler/weights/ContainedFile.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

using namespace llvm;

namespace snap {

struct WeightStore::Entry {
  ElementType type = ElementType::F32;
  std::vector<int64_t> shape;
  Tensor tensor; // of a weight in memory
  bool external = false;
  std::string modelDir, location;
  uint64_t offset = 0, length = 0;

  /// Bytes the tensor needs; nothing where they exceed 64 bits.
  std::optional<uint64_t> bytes() const;
};

/// The external files opened so far, each mapped once.
struct WeightStore::Files {
  std::mutex mutex;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const ContainedFile>> open;

  Expected<std::shared_ptr<const ContainedFile>> get(const Entry &entry);
};

WeightStore::WeightStore() : files(std::make_unique<Files>()) {}
WeightStore::~WeightStore() = default;
WeightStore::WeightStore(WeightStore &&) = default;
WeightStore &WeightStore::operator=(WeightStore &&) = default;

std::optional<uint64_t> WeightStore::Entry::bytes() const {
  uint64_t count = byteSize(type);
  for (int64_t dim : shape)
    if (dim < 0 || __builtin_mul_overflow(count, uint64_t(dim), &count))
      return std::nullopt;
  return count;
}

Expected<std::shared_ptr<const ContainedFile>> WeightStore::Files::get(const Entry &entry) {
  std::lock_guard<std::mutex> lock(mutex);
  auto &file = open[{entry.modelDir, entry.location}];
  if (!file) {
    Expected<std::shared_ptr<const ContainedFile>> opened = ContainedFile::open(entry.modelDir, entry.location);
    if (!opened)
      return opened.takeError();
    file = *opened;
  }
  return file;
}

void WeightStore::add(StringRef name, Tensor tensor) {
  auto entry = std::make_shared<Entry>();
  entry->type = tensor.type();
  entry->shape = tensor.shape();
  entry->tensor = std::move(tensor);
  entries[name] = std::move(entry);
}

void WeightStore::addExternal(StringRef name, ElementType type, std::vector<int64_t> shape, StringRef modelDir,
                              StringRef location, uint64_t offset, uint64_t length) {
  auto entry = std::make_shared<Entry>();
  entry->type = type;
  entry->shape = std::move(shape);
  entry->external = true;
  entry->modelDir = modelDir.str();
  entry->location = location.str();
  entry->offset = offset;
  entry->length = length;
  entries[name] = std::move(entry);
}

bool WeightStore::contains(StringRef name) const { return entries.count(name); }

/// Empty, or why the range [offset, offset + length) of a file of `size` bytes
/// cannot hold `needed` bytes.
static std::string checkRange(uint64_t offset, uint64_t length, uint64_t size, uint64_t needed) {
  if (offset > size)
    return formatv("begins at byte {0} of a file of {1} bytes", offset, size);
  uint64_t available = length == WeightStore::wholeTensor ? needed : length;
  if (available != needed)
    return formatv("has {0} bytes of external data, but its type and shape need {1}", length, needed);
  // Not offset + length > size: the sum could overflow.
  if (available > size - offset)
    return formatv("needs bytes {0} to {1} of a file of {2} bytes; is the file cut short?", offset,
                   SaturatingAdd(offset, available), size);
  return "";
}

Expected<Tensor> WeightStore::get(StringRef name) const {
  auto it = entries.find(name);
  if (it == entries.end())
    return createStringError(std::errc::invalid_argument, "no weight is named '%s'", name.str().c_str());
  const Entry &entry = *it->second;
  if (!entry.external)
    return entry.tensor;
  auto fail = [&](const Twine &why) {
    return createStringError(std::errc::invalid_argument, "weight '%s' %s", name.str().c_str(), why.str().c_str());
  };
  std::optional<uint64_t> needed = entry.bytes();
  if (!needed)
    return fail("has a shape of more than 2^64 bytes");
  Expected<std::shared_ptr<const ContainedFile>> file = files->get(entry);
  if (!file)
    return fail("cannot be read: " + toString(file.takeError()));
  if (std::string why = checkRange(entry.offset, entry.length, (*file)->size(), *needed); !why.empty())
    return fail(why + " ('" + entry.location + "')");
  if (*needed == 0)
    return Tensor(entry.type, entry.shape);
  const char *bytes = (*file)->data() + entry.offset;
  if (reinterpret_cast<uintptr_t>(bytes) % byteSize(entry.type) == 0)
    return Tensor(entry.type, entry.shape, bytes, *file);
  Tensor aligned(entry.type, entry.shape);
  std::memcpy(aligned.mutableRaw(), bytes, *needed);
  return aligned;
}

Error WeightStore::check(Missing missing) const {
  // StringMap's order depends on hashes; messages should not.
  std::vector<StringRef> names(entries.keys().begin(), entries.keys().end());
  llvm::sort(names);
  std::set<std::pair<std::string, std::string>> badFiles;
  std::string messages;
  auto report = [&](const Twine &message) { messages += (messages.empty() ? "" : "\n") + message.str(); };
  for (StringRef name : names) {
    const Entry &entry = *entries.find(name)->second;
    if (!entry.external || badFiles.count({entry.modelDir, entry.location}))
      continue;
    Expected<std::shared_ptr<const ContainedFile>> file = files->get(entry);
    if (!file) {
      // One message for the file, not one for each of its weights.
      badFiles.insert({entry.modelDir, entry.location});
      handleAllErrors(
          file.takeError(),
          [&](const MissingFileError &error) {
            if (missing == Missing::Refuse)
              report(error.message());
          },
          [&](const ErrorInfoBase &error) { report(error.message()); });
      continue;
    }
    std::optional<uint64_t> needed = entry.bytes();
    std::string why = needed ? checkRange(entry.offset, entry.length, (*file)->size(), *needed)
                             : std::string("has a shape of more than 2^64 bytes");
    if (!why.empty())
      report("weight '" + name + "' " + why + " ('" + entry.location + "')");
  }
  if (messages.empty())
    return Error::success();
  return createStringError(std::errc::invalid_argument, "%s", messages.c_str());
}

uint64_t WeightStore::totalBytes() const {
  uint64_t total = 0;
  for (const auto &entry : entries)
    total = SaturatingAdd(total, entry.second->bytes().value_or(0));
  return total;
}

} // namespace snap
