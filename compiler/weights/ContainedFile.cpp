//===- ContainedFile.cpp - Files that may not lead out of a folder --------===//
//
// External data has been an attack path (CVE-2024-27318, CVE-2025-51480, …):
// a model that names "../../etc/passwd", or ships a link to it, must not have
// it read. So the path is walked one component at a time with O_NOFOLLOW, and
// the checks are made on the descriptor that is then mapped, not on the name.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/weights/ContainedFile.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FormatVariadic.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace snap {

char MissingFileError::ID = 0;

namespace {

/// A file descriptor that closes itself.
struct Descriptor {
  int fd = -1;
  explicit Descriptor(int fd) : fd(fd) {}
  Descriptor(Descriptor &&o) : fd(o.fd) { o.fd = -1; }
  Descriptor &operator=(Descriptor &&o) {
    std::swap(fd, o.fd);
    return *this;
  }
  ~Descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
};

Error refuse(StringRef location, const Twine &why) {
  return createStringError(std::errc::invalid_argument, "external data '%s' %s", location.str().c_str(),
                           why.str().c_str());
}

Error openFailure(StringRef folder, StringRef location, StringRef component, int error) {
  if (error == ENOENT)
    return make_error<MissingFileError>(formatv("external data '{0}' is not in '{1}'", location, folder).str());
  // O_DIRECTORY on a link gives ENOTDIR, O_NOFOLLOW alone ELOOP.
  if (error == ELOOP)
    return refuse(location, "is or passes through a symbolic link ('" + component + "'); copy the file instead");
  if (error == ENOTDIR)
    return refuse(location, "passes through '" + component + "', which is a symbolic link or not a folder");
  return refuse(location, "cannot be opened: " + Twine(std::strerror(error)));
}

} // namespace

std::string ContainedFile::whyNotContained(StringRef location) {
  if (location.empty())
    return "is an empty path";
  if (location.contains('\0'))
    return "holds a zero byte";
  if (location.starts_with("/") || location.contains('\\') || (location.size() > 1 && location[1] == ':'))
    return "is not a relative path; it must name a file in the model's folder";
  SmallVector<StringRef> components;
  location.split(components, '/');
  for (StringRef component : components)
    if (component == "..")
      return "leads out of the model's folder with '..'";
  if (components.back().empty() || components.back() == ".")
    return "names a folder, not a file";
  return "";
}

Expected<std::shared_ptr<const ContainedFile>> ContainedFile::open(StringRef folder, StringRef location) {
  if (std::string why = whyNotContained(location); !why.empty())
    return refuse(location, why);

  SmallVector<StringRef> components;
  location.split(components, '/', -1, /*KeepEmpty=*/false);
  // The folder itself is the user's choice and may be a link.
  Descriptor at(::open(folder.empty() ? "." : folder.str().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (at.fd < 0)
    return openFailure(folder, location, folder, errno);
  for (size_t i = 0; i < components.size(); ++i) {
    if (components[i] == ".")
      continue;
    bool last = i + 1 == components.size();
    // O_NONBLOCK: a pipe must not make the compiler wait.
    int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (last ? O_NONBLOCK : O_DIRECTORY);
    Descriptor next(::openat(at.fd, components[i].str().c_str(), flags));
    if (next.fd < 0)
      return openFailure(folder, location, components[i], errno);
    at = std::move(next);
  }

  struct stat status;
  if (::fstat(at.fd, &status) != 0)
    return refuse(location, "cannot be examined: " + Twine(std::strerror(errno)));
  if (!S_ISREG(status.st_mode))
    return refuse(location, "is not a regular file");
  if (status.st_nlink > 1)
    return refuse(location, "has " + Twine(status.st_nlink) + " hard links; copy the file instead");

  std::shared_ptr<ContainedFile> file(new ContainedFile);
  file->length = status.st_size;
  if (file->length > 0) {
    void *mapped = ::mmap(nullptr, file->length, PROT_READ, MAP_PRIVATE, at.fd, 0);
    if (mapped == MAP_FAILED)
      return refuse(location, "cannot be mapped: " + Twine(std::strerror(errno)));
    file->bytes = static_cast<const char *>(mapped);
  }
  return std::shared_ptr<const ContainedFile>(std::move(file));
}

ContainedFile::~ContainedFile() {
  if (bytes)
    ::munmap(const_cast<char *>(bytes), length);
}

} // namespace snap
