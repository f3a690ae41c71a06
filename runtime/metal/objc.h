//===- objc.h - Objective-C messages without its headers --------*- C++ -*-===//
//
// A message is a call of objc_msgSend as if it had the method's own prototype.
// Declared here without one and cast for every message: called through `...`,
// arm64 would pass the arguments on the stack, where no method looks.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_RUNTIME_METAL_OBJC_H
#define SNAP_RUNTIME_METAL_OBJC_H

#include <stddef.h>
#include <stdint.h>

namespace snap::runtime::objc {

using id = void *;
using SEL = void *;
using Class = void *;
using NSUInteger = unsigned long;
using NSInteger = long;
/// BOOL of arm64; x86-64 Macs had a signed char.
using BOOL = bool;

} // namespace snap::runtime::objc

extern "C" {
void objc_msgSend(void);
snap::runtime::objc::SEL sel_registerName(const char *name);
snap::runtime::objc::Class objc_getClass(const char *name);
void objc_release(snap::runtime::objc::id object);
void *objc_autoreleasePoolPush(void);
void objc_autoreleasePoolPop(void *pool);
}

namespace snap::runtime::objc {

/// Sends a message. The types of result and arguments must be the method's, exactly: arguments are not converted.
template <typename Result, typename... Arguments>
Result send(id receiver, const char *selector, Arguments... arguments) {
  using Method = Result (*)(id, SEL, Arguments...);
  return reinterpret_cast<Method>(&objc_msgSend)(receiver, sel_registerName(selector), arguments...);
}

/// Objects that methods return without giving them away live until the end of the scope.
class Pool {
public:
  Pool() : pool(objc_autoreleasePoolPush()) {}
  ~Pool() { objc_autoreleasePoolPop(pool); }
  Pool(const Pool &) = delete;
  Pool &operator=(const Pool &) = delete;

private:
  void *pool;
};

/// An object of our own: from a method whose name begins with new, alloc or init, or a function with Create.
class Owned {
public:
  Owned() = default;
  explicit Owned(id object) : object(object) {}
  ~Owned() { reset(nullptr); }
  Owned(const Owned &) = delete;
  Owned &operator=(const Owned &) = delete;

  void reset(id other) {
    if (object)
      objc_release(object);
    object = other;
  }
  id get() const { return object; }
  explicit operator bool() const { return object != nullptr; }

private:
  id object = nullptr;
};

} // namespace snap::runtime::objc

#endif // SNAP_RUNTIME_METAL_OBJC_H
