//===- FakeObjc.cpp - An Objective-C runtime for tests --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "FakeObjc.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>

using namespace snap::fake;

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

namespace {
struct State {
  std::set<Object *> live;
  std::vector<std::vector<Object *>> pools;
  std::vector<std::string> problems;
  std::vector<Failure> failures;
  std::map<std::string, int> calls;
  std::optional<Failure> pending; // for the method about to be called
};
} // namespace

static State &state() {
  static State s;
  return s;
}

static std::map<std::string, Class *> &classes() {
  static std::map<std::string, Class *> all;
  return all;
}

std::vector<std::string> &snap::fake::problems() { return state().problems; }
void snap::fake::problem(const std::string &text) { state().problems.push_back(text); }
void snap::fake::failNext(Failure failure) { state().failures.push_back(std::move(failure)); }
int snap::fake::callsOf(const std::string &selector) { return state().calls[selector]; }
size_t snap::fake::liveObjects() { return state().live.size(); }

void snap::fake::resetObjc() {
  state().problems.clear();
  state().failures.clear();
  state().calls.clear();
  state().pending.reset();
}

std::string snap::fake::describeLiveObjects() {
  std::map<std::string, int> counts;
  for (Object *object : state().live)
    ++counts[object->isa->name];
  std::string text;
  for (const auto &[name, count] : counts)
    text += std::to_string(count) + " " + name + " ";
  return text;
}

//===----------------------------------------------------------------------===//
// Objects and classes
//===----------------------------------------------------------------------===//

Object::Object(Class &isa) : isa(&isa) { state().live.insert(this); }
Object::~Object() { state().live.erase(this); }

// Classes live for ever and are not counted.
Class::Class(const std::string &name, Methods methods) : Object(*this), name(name), methods(std::move(methods)) {
  state().live.erase(this);
}

Class::Class(const char *name, Methods instances, Methods own) : Class(std::string(name), std::move(instances)) {
  isa = new Class(std::string(name) + " class", std::move(own));
  classes()[name] = this;
}

Class *Class::find(const std::string &name) {
  auto it = classes().find(name);
  return it == classes().end() ? nullptr : it->second;
}

Object *snap::fake::retain(Object *object) {
  if (object)
    ++object->references;
  return object;
}

void snap::fake::release(Object *object) {
  if (!object)
    return;
  if (!state().live.count(object))
    return problem("an object is released that is dead already");
  if (--object->references == 0)
    delete object;
}

Object *snap::fake::autorelease(Object *object) {
  if (!object)
    return nullptr;
  if (state().pools.empty())
    problem("a " + object->isa->name + " is left to a pool where there is none");
  else
    state().pools.back().push_back(object);
  return object;
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

static void *returnNil(Object *, Selector) { return nullptr; }
/// An initialiser that fails gives up what it was to initialise.
static void *failToInit(Object *self, Selector) {
  release(self);
  return nullptr;
}

extern "C" __attribute__((used)) void *snap_fake_method(Object *receiver, Selector selector) {
  State &s = state();
  ++s.calls[*selector];
  if (!receiver)
    return method(returnNil); // as in Objective-C
  if (s.live.count(receiver) == 0) {
    bool known = false;
    for (const auto &[name, found] : classes())
      known |= found == receiver;
    if (!known) {
      std::fprintf(stderr, "fake objc: '%s' is sent to a dead object\n", selector->c_str());
      std::abort();
    }
  }
  s.pending.reset();
  for (size_t i = 0; i < s.failures.size(); ++i) {
    Failure &failure = s.failures[i];
    if (failure.selector != *selector || failure.nth-- != 0)
      continue;
    Failure hit = failure;
    s.failures.erase(s.failures.begin() + static_cast<long>(i));
    if (hit.text.empty())
      return selector->rfind("init", 0) == 0 ? method(failToInit) : method(returnNil);
    s.pending = hit;
    break;
  }
  auto it = receiver->isa->methods.find(*selector);
  if (it == receiver->isa->methods.end()) {
    std::fprintf(stderr, "fake objc: %s does not respond to '%s'\n", receiver->isa->name.c_str(), selector->c_str());
    std::abort();
  }
  return it->second;
}

// Finds the method and jumps to it with all arguments as they came: in registers, or on the stack, as a struct of
// three words by value. No message of ours has floating-point arguments.
#if !defined(__x86_64__)
#error "objc_msgSend is written for x86-64"
#endif
__asm__(R"(
  .text
  .globl objc_msgSend
  .type objc_msgSend, @function
objc_msgSend:
  pushq %rbp
  movq %rsp, %rbp
  pushq %rdi
  pushq %rsi
  pushq %rdx
  pushq %rcx
  pushq %r8
  pushq %r9
  call snap_fake_method@PLT
  popq %r9
  popq %r8
  popq %rcx
  popq %rdx
  popq %rsi
  popq %rdi
  popq %rbp
  jmpq *%rax
  .size objc_msgSend, . - objc_msgSend
)");

extern "C" {
Selector sel_registerName(const char *name) {
  static std::set<std::string> names;
  return &*names.insert(name).first;
}

Object *objc_getClass(const char *name) {
  Class *found = Class::find(name);
  if (!found)
    problem(std::string("there is no class ") + name);
  return found;
}

void objc_release(Object *object) { release(object); }

void *objc_autoreleasePoolPush() {
  state().pools.emplace_back();
  return reinterpret_cast<void *>(state().pools.size());
}

void objc_autoreleasePoolPop(void *pool) {
  auto depth = reinterpret_cast<size_t>(pool);
  if (depth == 0 || depth > state().pools.size())
    return problem("a pool ends that does not exist");
  while (state().pools.size() >= depth) {
    std::vector<Object *> objects = std::move(state().pools.back());
    state().pools.pop_back();
    for (Object *object : objects)
      release(object);
  }
}
}

//===----------------------------------------------------------------------===//
// Foundation
//===----------------------------------------------------------------------===//

bool snap::fake::failsHere(Object **error) {
  if (!state().pending)
    return false;
  Failure failure = *state().pending;
  state().pending.reset();
  leaveError(error, failure.text, failure.code);
  return true;
}

std::nullptr_t snap::fake::leaveError(Object **error, const std::string &text, long code) {
  if (error)
    *error = autorelease(new Error(text, code));
  return nullptr;
}

static Object *stringWithUtf8(Object *, Selector, const char *text) { return autorelease(new String(text)); }
static Object *allocString(Object *, Selector) { return new String(""); }
static Object *initString(Object *self, Selector, const void *bytes, unsigned long length, unsigned long encoding) {
  if (encoding != 4)
    problem("a string of an encoding that is not UTF-8");
  static_cast<String *>(self)->text.assign(static_cast<const char *>(bytes), length);
  return self;
}
static const char *utf8(Object *self, Selector) { return static_cast<String *>(self)->text.c_str(); }
static Object *fileUrl(Object *, Selector, Object *path) {
  return autorelease(new Url(static_cast<String *>(path)->text));
}
static long code(Object *self, Selector) { return static_cast<Error *>(self)->code; }
static Object *description(Object *self, Selector) { return autorelease(new String(static_cast<Error *>(self)->text)); }
static Object *arrayWithObject(Object *, Selector, Object *object) { return autorelease(new Array({object})); }

static Class &stringClass() {
  static Class &c =
      *new Class("NSString", {{"UTF8String", method(utf8)}, {"initWithBytes:length:encoding:", method(initString)}},
                 {{"stringWithUTF8String:", method(stringWithUtf8)}, {"alloc", method(allocString)}});
  return c;
}
static Class &urlClass() {
  static Class &c = *new Class("NSURL", {}, {{"fileURLWithPath:", method(fileUrl)}});
  return c;
}
static Class &errorClass() {
  static Class &c = *new Class("NSError", {{"code", method(code)}, {"localizedDescription", method(description)}});
  return c;
}
static Class &arrayClass() {
  static Class &c = *new Class("NSArray", {}, {{"arrayWithObject:", method(arrayWithObject)}});
  return c;
}
// Known before anything asks for them by name.
static Class *const foundation[] = {&stringClass(), &urlClass(), &errorClass(), &arrayClass()};

String::String(std::string text) : Object(stringClass()), text(std::move(text)) {}
Url::Url(std::string path) : Object(urlClass()), path(std::move(path)) {}
Error::Error(std::string text, long code) : Object(errorClass()), text(std::move(text)), code(code) {}
Array::Array(std::vector<Object *> all) : Object(arrayClass()), objects(std::move(all)) {
  (void)foundation;
  for (Object *object : objects)
    retain(object);
}
Array::~Array() {
  for (Object *object : objects)
    release(object);
}
