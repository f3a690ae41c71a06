//===- ScratchFolder.h - Files for the length of a test ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_COMPILER_SCRATCHFOLDER_H
#define SNAP_TEST_COMPILER_SCRATCHFOLDER_H

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace snap::test {

class ScratchFolder {
public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "snap-test-XXXXXX").string();
    root = mkdtemp(name.data());
  }
  ~ScratchFolder() { std::filesystem::remove_all(root); }

  /// Writes a file, and the folders it lies in.
  void write(const std::string &name, const std::string &text) {
    std::filesystem::create_directories((root / name).parent_path());
    std::ofstream(root / name, std::ios::binary) << text;
  }
  void remove(const std::string &name) { std::filesystem::remove(root / name); }
  std::string path(const std::string &name = "") const { return name.empty() ? root.string() : (root / name).string(); }

private:
  std::filesystem::path root;
};

} // namespace snap::test

#endif // SNAP_TEST_COMPILER_SCRATCHFOLDER_H
