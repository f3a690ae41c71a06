//===- FakeObjc.h - An Objective-C runtime for tests ------------*- C++ -*-===//
//
// objc_msgSend and its companions, enough for runtime/metal to run unchanged on
// this machine. Objects count their references; what is sent to a dead object,
// to a method that is not there, or left without a pool, is a problem that the
// test sees. A test may let the nth call of a method fail.
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#ifndef SNAP_TEST_SUPPORT_METAL_FAKEOBJC_H
#define SNAP_TEST_SUPPORT_METAL_FAKEOBJC_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace snap::fake {

using Selector = const std::string *; // what SEL points to; equal names are equal pointers

struct Class;

/// What `id` points to.
struct Object {
  explicit Object(Class &isa);
  virtual ~Object();
  Class *isa;
  long references = 1;
};

/// A class is an object too: its own methods are those of its metaclass.
struct Class : Object {
  /// Two tables: of instances, and of the class itself.
  using Methods = std::map<std::string, void *>;
  Class(const char *name, Methods instances, Methods own = {});
  static Class *find(const std::string &name);

  std::string name;
  Methods methods;

private:
  Class(const std::string &name, Methods methods);
};

template <typename Result, typename... Arguments> void *method(Result (*function)(Object *, Selector, Arguments...)) {
  return reinterpret_cast<void *>(function);
}

Object *retain(Object *object);
void release(Object *object);
/// Released when the innermost pool ends; a problem where there is none.
Object *autorelease(Object *object);

/// Objects alive, the classes not among them; by class for messages.
size_t liveObjects();
std::string describeLiveObjects();

/// What went wrong since the last reset: misuse that the real thing would not forgive.
std::vector<std::string> &problems();
void problem(const std::string &text);

//===----------------------------------------------------------------------===//
// Failures on purpose
//===----------------------------------------------------------------------===//

/// The call number `nth` (from 0) of a method from now on returns nil. With a text, it also leaves an NSError.
struct Failure {
  std::string selector;
  int nth = 0;
  std::string text;
  long code = 1;
};
void failNext(Failure failure);
/// How often a method was called since the last reset.
int callsOf(const std::string &selector);

/// Forgets problems, failures and counts.
void resetObjc();

//===----------------------------------------------------------------------===//
// Foundation
//===----------------------------------------------------------------------===//

struct String : Object {
  explicit String(std::string text);
  std::string text;
};
struct Url : Object {
  explicit Url(std::string path);
  std::string path;
};
struct Error : Object {
  Error(std::string text, long code);
  std::string text;
  long code;
};
struct Array : Object {
  explicit Array(std::vector<Object *> objects); // retained
  ~Array() override;
  std::vector<Object *> objects;
};

/// For methods that may fail: true, with *error set, where the test asked for it.
bool failsHere(Object **error);
/// Leaves an NSError where the caller wants one; returns null.
std::nullptr_t leaveError(Object **error, const std::string &text, long code = 1);

} // namespace snap::fake

#endif // SNAP_TEST_SUPPORT_METAL_FAKEOBJC_H
