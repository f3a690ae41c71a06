//===- PictureFileTest.cpp ------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/PictureFile.h"

#include "../emit/ScratchFolder.h"

#include <gtest/gtest.h>
#include <png.h>

using namespace snap;
using snap::test::ScratchFolder;

namespace {

using Text = std::vector<std::pair<std::string, std::string>>;

std::vector<uint8_t> gradient(uint32_t width, uint32_t height) {
  std::vector<uint8_t> rgb;
  for (uint32_t i = 0; i < width * height * 3; ++i)
    rgb.push_back(static_cast<uint8_t>(i * 7 + i / 13));
  return rgb;
}

std::string contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

} // namespace

TEST(PictureFile, ReadsBack) {
  ScratchFolder folder;
  std::string path = folder.path("picture.png");
  std::vector<uint8_t> rgb = gradient(37, 21);
  Text text = {{"prompt", "caf\u00e9, \u732b\nsecond line"}, {"seed", "42"}, {"empty", ""}};
  llvm::Error error = writePng(path, rgb.data(), 37, 21, text);
  ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));

  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  ASSERT_TRUE(png_image_begin_read_from_file(&image, path.c_str()));
  EXPECT_EQ(image.width, 37u);
  EXPECT_EQ(image.height, 21u);
  image.format = PNG_FORMAT_RGB;
  std::vector<uint8_t> read(PNG_IMAGE_SIZE(image));
  ASSERT_TRUE(png_image_finish_read(&image, nullptr, read.data(), 0, nullptr));
  EXPECT_EQ(read, rgb);

  std::string bytes = contents(path);
  // Keyword, compression flag and method, no language, no translated keyword.
  EXPECT_NE(bytes.find("iTXtprompt" + std::string(5, '\0') + text[0].second), std::string::npos);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << "no temporary file is left";
}

TEST(PictureFile, SamePictureSameBytes) {
  ScratchFolder folder;
  std::vector<uint8_t> rgb = gradient(64, 64);
  for (const char *name : {"a.png", "b.png"})
    ASSERT_FALSE(bool(writePng(folder.path(name), rgb.data(), 64, 64, Text{{"prompt", "x"}})));
  EXPECT_EQ(contents(folder.path("a.png")), contents(folder.path("b.png")));
}

TEST(PictureFile, FailuresNameTheFileAndLeaveTheOldOne) {
  ScratchFolder folder;
  std::vector<uint8_t> rgb = gradient(4, 4);
  std::string missing = folder.path("no/such/folder.png");
  llvm::Error error = writePng(missing, rgb.data(), 4, 4, {});
  ASSERT_TRUE(bool(error));
  EXPECT_EQ(llvm::toString(std::move(error)).find(missing + ": "), 0u);

  folder.write("old.png", "what was there");
  error = writePng(folder.path("old.png"), rgb.data(), 0, 4, {}); // libpng refuses a width of 0
  ASSERT_TRUE(bool(error));
  EXPECT_EQ(llvm::toString(std::move(error)).find(folder.path("old.png") + ": cannot write the PNG: "), 0u);
  EXPECT_EQ(contents(folder.path("old.png")), "what was there");
}
