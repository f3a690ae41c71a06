//===- MetalRules.cpp - How NAME.metallib is made on a Mac ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/emit/AtomicFile.h"
#include "compiler/emit/MetalPlan.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace snap {

static std::string at(StringRef folder, const Twine &file) {
  SmallString<256> path(folder);
  sys::path::append(path, file);
  return std::string(path);
}

/// Two commands. The compiler's default is fast math, as it is of newLibraryWithSource in the runtime.
static void writeScript(raw_ostream &os, StringRef name, bool ios) {
  StringRef sdk = ios ? "iphoneos" : "macosx";
  StringRef oldest = ios ? "-mios-version-min=17.0" : "-mmacosx-version-min=13.0";
  os << "#!/bin/sh -e\n"
     << "# Makes " << name << ".metallib beside this script, where Xcode is installed. A simulator wants its own SDK.\n"
     << "cd \"$(dirname \"$0\")\"\n"
     << "xcrun -sdk " << sdk << " metal -std=metal3.0 " << oldest << " -c " << name << ".metal -o " << name << ".air\n"
     << "xcrun -sdk " << sdk << " metallib " << name << ".air -o " << name << ".metallib\n";
}

static void writeRule(raw_ostream &os, StringRef name) {
  os << "# include(" << name << "-metallib.cmake), then add ${" << name
     << "_METALLIB} to the sources of the app, as a resource:\n"
     << "#   target_sources(app PRIVATE ${" << name << "_METALLIB})\n"
     << "#   set_source_files_properties(${" << name << "_METALLIB} PROPERTIES MACOSX_PACKAGE_LOCATION Resources)\n"
     << "set(" << name << "_METALLIB ${CMAKE_CURRENT_LIST_DIR}/" << name << ".metallib)\n"
     << "add_custom_command(OUTPUT ${" << name << "_METALLIB}\n"
     << "  COMMAND ${CMAKE_CURRENT_LIST_DIR}/" << name << "-metallib.sh\n"
     << "  DEPENDS ${CMAKE_CURRENT_LIST_DIR}/" << name << ".metal ${CMAKE_CURRENT_LIST_DIR}/" << name
     << "-metallib.sh\n"
     << "  VERBATIM)\n";
}

Error writeMetalRules(StringRef folder, StringRef name, bool ios) {
  std::string script = at(folder, name + "-metallib.sh");
  auto writeText = [](const std::string &path, function_ref<void(raw_ostream &)> write) {
    return writeFileAtomically(path, [&](raw_pwrite_stream &os) {
      write(os);
      return Error::success();
    });
  };
  if (Error error = writeText(script, [&](raw_ostream &os) { writeScript(os, name, ios); }))
    return error;
  sys::fs::perms all = sys::fs::all_read | sys::fs::all_exe | sys::fs::owner_write;
  if (std::error_code error = sys::fs::setPermissions(script, all))
    return createStringError(script + ": cannot make it executable: " + error.message());
  return writeText(at(folder, name + "-metallib.cmake"), [&](raw_ostream &os) { writeRule(os, name); });
}

} // namespace snap
