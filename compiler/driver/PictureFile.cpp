//===- PictureFile.cpp - PNG ----------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/PictureFile.h"

#include "compiler/emit/AtomicFile.h"

#include <csetjmp>
#include <png.h>
#include <vector>

using namespace llvm;

namespace snap {
namespace {

/// What libpng's callbacks see.
struct PngTarget {
  raw_pwrite_stream &stream;
  std::string message;
};

void onError(png_structp png, png_const_charp message) {
  static_cast<PngTarget *>(png_get_error_ptr(png))->message = message;
  longjmp(png_jmpbuf(png), 1);
}

void onWarning(png_structp, png_const_charp) {}

void onData(png_structp png, png_bytep data, size_t size) {
  static_cast<PngTarget *>(png_get_io_ptr(png))->stream.write(reinterpret_cast<const char *>(data), size);
}

void onFlush(png_structp) {}

/// libpng reports errors by longjmp: everything with a destructor is made
/// before this is called.
bool encode(PngTarget &target, const uint8_t *rgb, uint32_t width, uint32_t height, std::vector<png_text> &chunks) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &target, onError, onWarning);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info) {
    png_destroy_write_struct(&png, nullptr);
    target.message = "out of memory";
    return false;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return false;
  }
  png_set_write_fn(png, &target, onData, onFlush);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
  png_set_text(png, info, chunks.data(), static_cast<int>(chunks.size()));
  png_write_info(png, info);
  for (uint32_t row = 0; row < height; ++row)
    png_write_row(png, rgb + size_t(row) * width * 3);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return true;
}

} // namespace

Error writePng(StringRef path, const uint8_t *rgb, uint32_t width, uint32_t height,
               ArrayRef<std::pair<std::string, std::string>> text) {
  return writeFileAtomically(path, [&](raw_pwrite_stream &stream) -> Error {
    std::vector<png_text> chunks;
    for (const auto &[key, value] : text) {
      png_text chunk = {};
      chunk.compression = PNG_ITXT_COMPRESSION_NONE;
      chunk.key = const_cast<char *>(key.c_str());
      chunk.text = const_cast<char *>(value.c_str());
      chunk.itxt_length = value.size();
      chunks.push_back(chunk);
    }
    PngTarget target = {stream, ""};
    if (!encode(target, rgb, width, height, chunks))
      return createStringError(path + ": cannot write the PNG: " + target.message);
    return Error::success();
  });
}

} // namespace snap
