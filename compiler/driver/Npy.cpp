//===- Npy.cpp - NumPy's .npy files ---------------------------------------===//
//
// The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/Npy.h"

#include "compiler/emit/AtomicFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace llvm;

namespace snap {
namespace {

struct TypeName {
  ElementType type;
  StringLiteral descr;
};
constexpr TypeName typeNames[] = {
    {ElementType::F32, "<f4"}, {ElementType::F16, "<f2"}, {ElementType::I64, "<i8"}, {ElementType::I32, "<i4"},
    {ElementType::I8, "|i1"},  {ElementType::U8, "|u1"},  {ElementType::I1, "|b1"},
};
constexpr StringLiteral magic = "\x93NUMPY";

Error failure(StringRef path, const Twine &message) { return createStringError(path + ": " + message); }

/// The text after `'key':` in the header's dictionary.
StringRef field(StringRef header, StringRef key) {
  size_t at = header.find(("'" + key + "'").str());
  if (at == StringRef::npos)
    return "";
  StringRef rest = header.drop_front(at + key.size() + 2).ltrim();
  return rest.consume_front(":") ? rest.ltrim() : "";
}

} // namespace

Expected<Tensor> readNpy(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return failure(path, buffer.getError().message());
  StringRef bytes = (*buffer)->getBuffer();
  if (!bytes.starts_with(magic) || bytes.size() < 12)
    return failure(path, "not a .npy file: expected it to begin with \\x93NUMPY");
  uint8_t major = bytes[6];
  if (major < 1 || major > 3)
    return failure(path, "format version " + Twine(major) + " is not known; expected 1 to 3");
  uint64_t lengthBytes = major == 1 ? 2 : 4;
  uint64_t headerSize =
      major == 1 ? support::endian::read16le(bytes.data() + 8) : support::endian::read32le(bytes.data() + 8);
  uint64_t dataOffset = 8 + lengthBytes + headerSize;
  if (dataOffset > bytes.size())
    return failure(path, "truncated header");
  StringRef header = bytes.substr(8 + lengthBytes, headerSize);

  StringRef descr = field(header, "descr");
  const TypeName *known = nullptr;
  for (const TypeName &name : typeNames)
    if (descr.starts_with(("'" + name.descr + "'").str()))
      known = &name;
  if (!known)
    return failure(path, "element type " + descr.split(',').first +
                             " is not supported; expected float32, float16, int64, int32, int8, uint8 or bool "
                             "in little-endian order");
  if (!field(header, "fortran_order").starts_with("False"))
    return failure(path, "Fortran order is not supported; save numpy.ascontiguousarray(x)");

  StringRef shapeText = field(header, "shape");
  if (!shapeText.consume_front("(") || !shapeText.contains(')'))
    return failure(path, "header has no shape");
  shapeText = shapeText.split(')').first;
  std::vector<int64_t> shape;
  uint64_t elements = 1;
  SmallVector<StringRef> parts;
  shapeText.split(parts, ',');
  for (StringRef part : parts) {
    part = part.trim();
    if (part.empty())
      continue;
    uint64_t dim;
    if (part.getAsInteger(10, dim) || (dim && elements > (uint64_t(1) << 48) / dim))
      return failure(path, "bad shape (" + shapeText + ")");
    elements *= dim;
    shape.push_back(dim);
  }
  uint64_t expected = elements * byteSize(known->type);
  if (bytes.size() - dataOffset != expected)
    return failure(path, "has " + Twine(bytes.size() - dataOffset) + " bytes of data, its shape (" + shapeText +
                             ") needs " + Twine(expected));
  Tensor tensor(known->type, shape);
  std::memcpy(tensor.mutableRaw(), bytes.data() + dataOffset, expected);
  return tensor;
}

Error writeNpy(StringRef path, const Tensor &tensor) {
  StringRef descr;
  for (const TypeName &name : typeNames)
    if (name.type == tensor.type())
      descr = name.descr;
  std::string header = ("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (").str();
  for (int64_t dim : tensor.shape())
    header += std::to_string(dim) + ",";
  header += "), }";
  // The data begins at a multiple of 64 bytes; the header ends in a newline.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  return writeFileAtomically(path, [&](raw_ostream &os) {
    os << magic << '\x01' << '\0';
    char length[2];
    support::endian::write16le(length, header.size());
    os.write(length, 2);
    os << header;
    os.write(static_cast<const char *>(tensor.raw()), tensor.bytes());
    return Error::success();
  });
}

} // namespace snap
