//===- KernelSignatures.cpp - How a source's kernels are called -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/metal/shim/KernelSignatures.h"

#include <llvm/Support/JSON.h>

using namespace snap::shim;
namespace json = llvm::json;

namespace {
/// Walks the tree in the order it was printed, since clang names a file only where it changes.
class Reader {
public:
  Reader(const std::string &file, std::vector<KernelSignature> &kernels, std::string &error)
      : file(file), kernels(kernels), error(error) {}
  void visit(const json::Object &node);

private:
  void place(const json::Object *location);
  void checkSpace(const json::Object &node);
  void function(const json::Object &node);
  void parameter(const json::Object &node, KernelSignature &kernel);
  void fail(const std::string &message) {
    if (error.empty())
      error = message;
  }

  const std::string &file;
  std::vector<KernelSignature> &kernels;
  std::string &error;
  bool ours = false; // the current file is the source
  int64_t line = 0;
};
} // namespace

static std::string textOf(const json::Object &node, const char *key) { return node.getString(key).value_or("").str(); }

static std::string typeOf(const json::Object &node) {
  const json::Object *type = node.getObject("type");
  return type ? textOf(*type, "qualType") : "";
}

template <typename Visit> static void forInner(const json::Object &node, Visit visit) {
  if (const json::Array *inner = node.getArray("inner"))
    for (const json::Value &child : *inner)
      if (const json::Object *object = child.getAsObject())
        visit(*object);
}

void Reader::place(const json::Object *location) {
  if (!location)
    return;
  place(location->getObject("spellingLoc"));
  place(location->getObject("expansionLoc"));
  if (auto name = location->getString("file"))
    ours = *name == file;
  if (auto number = location->getInteger("line"))
    line = *number;
}

void Reader::checkSpace(const json::Object &node) {
  std::string kind = textOf(node, "kind"), type = typeOf(node);
  bool declares = kind == "VarDecl" || kind == "ParmVarDecl" || kind == "FieldDecl";
  if (declares && ours && !node.getBoolean("isImplicit") && type.find("__generic") != std::string::npos)
    fail("line " + std::to_string(line) + ": '" + textOf(node, "name") + "' of type '" + type +
         "' has no address space; Metal wants one of device, constant, threadgroup, thread");
}

/// The words of a type, without those that say where a value lies.
static std::string plainType(std::string type) {
  for (const char *word : {"__private", "__global", "__constant", "__local", "const "}) {
    for (size_t at; (at = type.find(word)) != std::string::npos;)
      type.erase(at, std::string(word).size());
  }
  size_t begin = type.find_first_not_of(' '), end = type.find_last_not_of(' ');
  return begin == std::string::npos ? "" : type.substr(begin, end - begin + 1);
}

void Reader::parameter(const json::Object &node, KernelSignature &kernel) {
  KernelParameter parameter;
  parameter.name = textOf(node, "name");
  parameter.type = plainType(typeOf(node));
  int numbers[2] = {-1, -1}, found = 0;
  forInner(node, [&](const json::Object &attribute) {
    if (textOf(attribute, "kind") == "AnnotateAttr")
      forInner(attribute, [&](const json::Object &argument) {
        if (found < 2 && textOf(argument, "kind") == "ConstantExpr")
          numbers[found++] = std::stoi(textOf(argument, "value"));
      });
  });
  std::string where = "kernel " + kernel.name + ": parameter '" + parameter.name + "' ";
  if (found != 2)
    return fail(where + "has no attribute that the shim knows");
  parameter.kind = static_cast<KernelParameter::Kind>(numbers[0]);
  parameter.index = numbers[1];
  bool pointer = !parameter.type.empty() && (parameter.type.back() == '*' || parameter.type.back() == '&');
  bool scalar = parameter.kind == KernelParameter::Index || parameter.kind == KernelParameter::Lane ||
                parameter.kind == KernelParameter::Simdgroup;
  if (parameter.kind == KernelParameter::Buffer ? !pointer
      : scalar                                  ? parameter.type != "uint" && parameter.type != "ushort"
               : parameter.type != "uint3" && parameter.type != "uint2" && parameter.type != "uint")
    return fail(where + "has type '" + parameter.type + "', which its attribute cannot have");
  if (parameter.kind == KernelParameter::Buffer && (parameter.index < 0 || parameter.index > 30))
    return fail(where + "is at buffer " + std::to_string(parameter.index) + ", Metal has 0 to 30");
  for (const KernelParameter &other : kernel.parameters)
    if (parameter.kind == KernelParameter::Buffer && other.kind == parameter.kind && other.index == parameter.index)
      return fail(where + "is at buffer " + std::to_string(parameter.index) + " beside '" + other.name + "'");
  kernel.parameters.push_back(parameter);
}

void Reader::function(const json::Object &node) {
  bool isKernel = false;
  KernelSignature kernel;
  kernel.name = textOf(node, "name");
  forInner(node, [&](const json::Object &child) {
    std::string kind = textOf(child, "kind");
    isKernel |= kind == "OpenCLKernelAttr" || kind == "DeviceKernelAttr"; // LLVM 19, later ones
  });
  if (!isKernel)
    return;
  forInner(node, [&](const json::Object &child) {
    if (textOf(child, "kind") == "ParmVarDecl")
      parameter(child, kernel);
  });
  kernels.push_back(kernel);
}

void Reader::visit(const json::Object &node) {
  place(node.getObject("loc"));
  checkSpace(node);
  if (textOf(node, "kind") == "FunctionDecl")
    function(node);
  // The location where a node ends may name the next file.
  if (const json::Object *range = node.getObject("range")) {
    place(range->getObject("begin"));
    place(range->getObject("end"));
  }
  // What the compiler itself adds (copy constructors) may be generic.
  if (!node.getBoolean("isImplicit"))
    forInner(node, [&](const json::Object &child) { visit(child); });
}

bool snap::shim::readSignatures(const std::string &text, const std::string &file, std::vector<KernelSignature> &kernels,
                                std::string &error) {
  llvm::Expected<json::Value> tree = json::parse(text);
  if (!tree) {
    error = "clang's syntax tree cannot be read: " + llvm::toString(tree.takeError());
    return false;
  }
  error.clear();
  Reader(file, kernels, error).visit(*tree->getAsObject());
  return error.empty();
}

//===----------------------------------------------------------------------===//
// The launcher
//===----------------------------------------------------------------------===//

static const char *fieldOf(KernelParameter::Kind kind) {
  static const char *const fields[] = {"",     "gridPosition", "group",   "position", "index",
                                       "lane", "simdgroup",    "threads", "groups"};
  return fields[kind];
}

static std::string argumentOf(const KernelParameter &parameter) {
  if (parameter.kind == KernelParameter::Buffer)
    return "b[" + std::to_string(parameter.index) + "].data";
  std::string field = std::string("i.") + fieldOf(parameter.kind);
  if (parameter.type == "uint3")
    return "uint3{" + field + "[0], " + field + "[1], " + field + "[2]}";
  if (parameter.type == "uint2")
    return "uint2{" + field + "[0], " + field + "[1]}";
  bool list = parameter.kind != KernelParameter::Index && parameter.kind != KernelParameter::Lane &&
              parameter.kind != KernelParameter::Simdgroup;
  return "(" + parameter.type + ")" + field + (list ? "[0]" : "");
}

std::string snap::shim::launcherSource(const std::vector<KernelSignature> &kernels) {
  std::string calls, table;
  for (const KernelSignature &kernel : kernels) {
    std::string types, arguments;
    uint32_t buffers = 0;
    for (const KernelParameter &parameter : kernel.parameters) {
      bool isBuffer = parameter.kind == KernelParameter::Buffer;
      buffers |= isBuffer ? uint32_t(1) << parameter.index : 0;
      types += (types.empty() ? "" : ", ") + (isBuffer ? std::string("void *") : parameter.type);
      arguments += (arguments.empty() ? "" : ", ") + argumentOf(parameter);
    }
    calls += "extern \"C\" void " + kernel.name + "(" + types + ");\n";
    calls += "static void call_" + kernel.name + "(const ShimBuffer *b, const ThreadIds &i) { " + kernel.name + "(" +
             arguments + "); }\n";
    table += "  {\"" + kernel.name + "\", " + std::to_string(buffers) + ", call_" + kernel.name + "},\n";
  }
  return "#include \"targets/metal/shim/ShimAbi.h\"\n"
         "using namespace snap::shim;\n"
         "using uint = unsigned; using ushort = unsigned short;\n"
         "using uint2 = uint __attribute__((ext_vector_type(2)));\n"
         "using uint3 = uint __attribute__((ext_vector_type(3)));\n" +
         calls + "const ShimKernel snap::shim::kernels[] = {\n" + table + "};\n" +
         "const int32_t snap::shim::kernelCount = " + std::to_string(kernels.size()) + ";\n";
}
