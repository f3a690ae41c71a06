//===- JsonFile.cpp - Configuration files, field by field -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/JsonFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace llvm;

namespace snap {

Error fileError(StringRef path, const Twine &message) { return createStringError(path + ": " + message); }

Expected<json::Object> readJsonObject(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return fileError(path, buffer.getError().message());
  Expected<json::Value> value = json::parse((*buffer)->getBuffer());
  if (!value)
    return fileError(path, "not JSON: " + toString(value.takeError()));
  json::Object *object = value->getAsObject();
  if (!object)
    return fileError(path, "expected a JSON object");
  return std::move(*object);
}

/// The value as it stands in the file, shortened.
static std::string shown(const json::Value &value) {
  std::string text;
  raw_string_ostream(text) << value;
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

const json::Value *JsonFields::find(StringRef name) const {
  const json::Value *value = object.get(name);
  return value && value->kind() != json::Value::Null ? value : nullptr;
}

bool JsonFields::has(StringRef name) const { return find(name) != nullptr; }

void JsonFields::refuse(StringRef name, const Twine &message) {
  if (!error)
    error = fileError(path, "field '" + name + "': " + message);
}

int64_t JsonFields::integer(StringRef name, int64_t fallback, int64_t least, int64_t most) {
  const json::Value *value = find(name);
  if (!value)
    return fallback;
  std::optional<int64_t> number = value->getAsInteger();
  if (number && *number >= least && *number <= most)
    return *number;
  refuse(name, shown(*value) + "; expected a whole number from " + Twine(least) + " to " + Twine(most));
  return fallback;
}

double JsonFields::number(StringRef name, double fallback, double least, double most) {
  const json::Value *value = find(name);
  if (!value)
    return fallback;
  std::optional<double> number = value->getAsNumber();
  if (number && std::isfinite(*number) && *number >= least && *number <= most)
    return *number;
  std::string range;
  raw_string_ostream(range) << format("%g to %g", least, most);
  refuse(name, shown(*value) + "; expected a number from " + range);
  return fallback;
}

bool JsonFields::boolean(StringRef name, bool fallback) {
  const json::Value *value = find(name);
  if (!value)
    return fallback;
  if (std::optional<bool> truth = value->getAsBoolean())
    return *truth;
  refuse(name, shown(*value) + "; expected true or false");
  return fallback;
}

std::string JsonFields::string(StringRef name, StringRef fallback) {
  const json::Value *value = find(name);
  if (!value)
    return fallback.str();
  if (std::optional<StringRef> text = value->getAsString())
    return text->str();
  refuse(name, shown(*value) + "; expected a string");
  return fallback.str();
}

size_t JsonFields::choice(StringRef name, StringRef fallback, ArrayRef<StringRef> choices) {
  std::string text = string(name, fallback);
  for (size_t i = 0; i < choices.size(); ++i)
    if (choices[i] == text)
      return i;
  refuse(name, "\"" + text + "\" is not supported; expected " + join(choices, ", "));
  return 0;
}

const json::Array *JsonFields::array(StringRef name) {
  const json::Value *value = find(name);
  if (!value)
    return nullptr;
  if (const json::Array *array = value->getAsArray())
    return array;
  refuse(name, shown(*value) + "; expected a list");
  return nullptr;
}

} // namespace snap
