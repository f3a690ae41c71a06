//===- KernelKeyText.cpp - Kernel keys as one line of text ----------------===//
//
// str() and parse(): exact in both directions, numbers included.
//
//   key        := op ['.' algorithm] ['.' fn] '(' [tensors] ')' '->' tensors
//                 '{' attributes '}' ['prologue' expr] ['epilogue' expr]
//   tensor     := (extent 'x')* type ['[' stride, … ']']
//   attribute  := name '=' '[' number, … ']'      floats hold '.', 'e', inf or
//   nan expr       := tree | '{' node ';' … '}'       a node may name earlier
//   ones: %0 tree       := 'acc' | 'gate' | 'in' N | number ':' type | 'cast<' type '>('
//   tree ')' | fn '(' tree, … ')'
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "targets/KernelKey.h"

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace snap;
using Kind = ExprNode::Kind;

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

/// The shortest decimal that reads back to the same double, never an integer.
static std::string floatText(double value) {
  if (value != value)
    return "nan";
  char text[40];
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value)
      break;
  }
  if (!std::strpbrk(text, ".en"))
    std::strcat(text, ".0");
  return text;
}

static std::string tensorText(const TensorSpec &tensor) {
  std::string text;
  for (int64_t extent : tensor.shape)
    text += std::to_string(extent) + "x";
  text += toString(tensor.type);
  if (!tensor.isDense()) {
    text += "[";
    for (size_t i = 0; i < tensor.strides.size(); ++i)
      text += (i ? "," : "") + std::to_string(tensor.strides[i]);
    text += "]";
  }
  return text;
}

static std::string tensorsText(const std::vector<TensorSpec> &tensors) {
  std::string text;
  for (const TensorSpec &tensor : tensors)
    text += (text.empty() ? "" : ", ") + tensorText(tensor);
  return text;
}

/// One node, its operands printed by `operandText`.
template <typename F> static std::string nodeText(const ExprNode &node, F operandText) {
  std::string text;
  switch (node.kind) {
  case Kind::Accumulator:
    return "acc";
  case Kind::Gate:
    return "gate";
  case Kind::Input:
    return "in" + std::to_string(node.input);
  case Kind::Constant:
    return floatText(node.constant) + ":" + toString(node.type);
  case Kind::Cast:
    text = std::string("cast<") + toString(node.type) + ">";
    break;
  case Kind::Select:
    text = "select";
    break;
  case Kind::Unary:
  case Kind::Binary:
    text = node.fn;
    break;
  }
  text += "(";
  for (size_t i = 0; i < node.operands.size(); ++i)
    text += (i ? ", " : "") + operandText(node.operands[i]);
  return text + ")";
}

/// Whether parsing the tree form would make the nodes under `index` in the
/// order and number in which they stand.
static bool isTree(const snap::Expr &expr, int32_t index, int32_t &next) {
  for (int32_t operand : expr.nodes[index].operands)
    if (!isTree(expr, operand, next))
      return false;
  return index == next++;
}

static std::string treeText(const snap::Expr &expr, int32_t index) {
  return nodeText(expr.nodes[index], [&](int32_t operand) { return treeText(expr, operand); });
}

static std::string exprText(const snap::Expr &expr) {
  int32_t last = static_cast<int32_t>(expr.nodes.size()) - 1, next = 0;
  if (isTree(expr, last, next) && next == last + 1)
    return treeText(expr, last);
  std::string text = "{";
  for (int32_t i = 0; i <= last; ++i) {
    text += i ? "; " : "";
    text += nodeText(expr.nodes[i], [](int32_t operand) { return "%" + std::to_string(operand); });
  }
  return text + "}";
}

std::string KernelKey::str() const {
  std::string text = toString(op);
  if (algorithm != Algorithm::Default)
    text += std::string(".") + toString(algorithm);
  if (!fn.empty())
    text += "." + fn;
  text += "(" + tensorsText(inputs) + ") -> " + tensorsText(outputs) + " {";
  std::string separator;
  for (const auto &[name, values] : ints) {
    text += separator + name + "=[";
    for (size_t i = 0; i < values.size(); ++i)
      text += (i ? "," : "") + std::to_string(values[i]);
    text += "]";
    separator = ", ";
  }
  for (const auto &[name, values] : floats) {
    text += separator + name + "=[";
    for (size_t i = 0; i < values.size(); ++i)
      text += (i ? "," : "") + floatText(values[i]);
    text += values.empty() ? ".]" : "]"; // "[.]": a list of no floats
    separator = ", ";
  }
  text += "}";
  if (!prologue.empty())
    text += " prologue " + exprText(prologue);
  if (!epilogue.empty())
    text += " epilogue " + exprText(epilogue);
  return text;
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

namespace {
/// A recursive-descent reader; the first error wins and stops everything.
class Parser {
public:
  Parser(const std::string &text, std::string &error) : text(text), error(error) {}
  bool key(KernelKey &key);

private:
  bool fail(const std::string &expected) {
    if (error.empty())
      error = "kernel key: expected " + expected + " at column " + std::to_string(at + 1) + " of '" + text + "'";
    return false;
  }
  void skipSpaces() {
    while (at < text.size() && text[at] == ' ')
      ++at;
  }
  bool accept(const char *token) {
    skipSpaces();
    size_t n = std::strlen(token);
    if (text.compare(at, n, token) != 0)
      return false;
    at += n;
    return true;
  }
  bool expect(const char *token) { return accept(token) || fail(std::string("'") + token + "'"); }
  std::string word() {
    skipSpaces();
    size_t begin = at;
    while (at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) || text[at] == '_'))
      ++at;
    return text.substr(begin, at - begin);
  }
  bool integer(int64_t &value) {
    skipSpaces();
    char *end = nullptr;
    errno = 0;
    value = std::strtoll(text.c_str() + at, &end, 10);
    if (end == text.c_str() + at || errno)
      return fail("an integer");
    at = end - text.c_str();
    return true;
  }
  bool number(double &value) {
    skipSpaces();
    char *end = nullptr;
    value = std::strtod(text.c_str() + at, &end);
    if (end == text.c_str() + at)
      return fail("a number");
    at = end - text.c_str();
    return true;
  }
  bool elementType(ElementType &type) {
    size_t begin = at;
    std::string name = word();
    for (int i = 0; i <= static_cast<int>(ElementType::I1); ++i)
      if (name == toString(static_cast<ElementType>(i))) {
        type = static_cast<ElementType>(i);
        return true;
      }
    at = begin;
    return fail("an element type");
  }
  bool head(KernelKey &key);
  bool tensor(TensorSpec &tensor);
  bool tensors(std::vector<TensorSpec> &tensors);
  bool attributes(KernelKey &key);
  bool expr(snap::Expr &expr);
  bool tree(snap::Expr &expr, int32_t &result, int depth);
  bool operands(snap::Expr &expr, ExprNode &node, int depth);

  const std::string &text;
  std::string &error;
  size_t at = 0;
  bool flat = false; // inside '{…}': operands are %N
};
} // namespace

bool Parser::head(KernelKey &key) {
  std::string name = word();
  bool known = false;
  for (int i = 0; i <= static_cast<int>(KernelOp::CumSum); ++i)
    if (name == toString(static_cast<KernelOp>(i))) {
      key.op = static_cast<KernelOp>(i);
      known = true;
    }
  if (!known)
    return fail("a kernel op");
  while (accept(".")) {
    std::string variant = word();
    bool isAlgorithm = false;
    for (Algorithm algorithm : {Algorithm::Direct, Algorithm::Winograd2, Algorithm::Winograd4})
      if (variant == toString(algorithm)) {
        key.algorithm = algorithm;
        isAlgorithm = true;
      }
    if (isAlgorithm)
      continue;
    if (variant.empty() || !key.fn.empty())
      return fail("an algorithm or one function name");
    key.fn = variant;
  }
  return true;
}

bool Parser::tensor(TensorSpec &tensor) {
  skipSpaces();
  while (at < text.size() && (std::isdigit(static_cast<unsigned char>(text[at])) || text[at] == '-')) {
    int64_t extent;
    if (!integer(extent) || !expect("x"))
      return false;
    tensor.shape.push_back(extent);
  }
  if (!elementType(tensor.type))
    return false;
  if (accept("[")) {
    do {
      int64_t stride;
      if (!integer(stride))
        return false;
      tensor.strides.push_back(stride);
    } while (accept(","));
    return expect("]");
  }
  return true;
}

bool Parser::tensors(std::vector<TensorSpec> &tensors) {
  do {
    tensors.emplace_back();
    if (!tensor(tensors.back()))
      return false;
  } while (accept(","));
  return true;
}

bool Parser::attributes(KernelKey &key) {
  if (!expect("{"))
    return false;
  if (accept("}"))
    return true;
  do {
    std::string name = word();
    if (name.empty())
      return fail("an attribute name");
    if (!expect("=") || !expect("["))
      return false;
    size_t end = text.find(']', at);
    if (end == std::string::npos)
      return fail("']'");
    bool isFloat = text.substr(at, end - at).find_first_of(".en") != std::string::npos;
    if (isFloat) {
      std::vector<double> &values = key.floats[name];
      if (accept(".]"))
        continue;
      do {
        values.emplace_back();
        if (!number(values.back()))
          return false;
      } while (accept(","));
    } else {
      std::vector<int64_t> &values = key.ints[name];
      if (accept("]"))
        continue;
      do {
        values.emplace_back();
        if (!integer(values.back()))
          return false;
      } while (accept(","));
    }
    if (!expect("]"))
      return false;
  } while (accept(","));
  return expect("}");
}

bool Parser::operands(snap::Expr &expr, ExprNode &node, int depth) {
  if (!expect("("))
    return false;
  do {
    int32_t operand = 0;
    if (flat) {
      int64_t index;
      if (!expect("%") || !integer(index))
        return false;
      if (index < 0 || index >= static_cast<int64_t>(expr.nodes.size()))
        return fail("an earlier node");
      operand = static_cast<int32_t>(index);
    } else if (!tree(expr, operand, depth + 1)) {
      return false;
    }
    node.operands.push_back(operand);
  } while (accept(","));
  return expect(")");
}

bool Parser::tree(snap::Expr &expr, int32_t &result, int depth) {
  if (depth > 500)
    return fail("an expression less than 500 deep");
  skipSpaces();
  ExprNode node;
  size_t begin = at;
  std::string name = word();
  bool inputName = name.size() > 2 && name.compare(0, 2, "in") == 0 &&
                   name.find_first_not_of("0123456789", 2) == std::string::npos && name.size() < 9;
  if (name == "acc") {
    node.kind = Kind::Accumulator;
  } else if (name == "gate") {
    node.kind = Kind::Gate;
  } else if (inputName) {
    node.kind = Kind::Input;
    node.input = std::atoi(name.c_str() + 2);
  } else if (name == "cast" && accept("<")) {
    node.kind = Kind::Cast;
    if (!elementType(node.type) || !expect(">") || !operands(expr, node, depth))
      return false;
  } else if (!name.empty() && at < text.size() && text[at] == '(') {
    if (!operands(expr, node, depth))
      return false;
    node.kind = name == "select" ? Kind::Select : node.operands.size() == 1 ? Kind::Unary : Kind::Binary;
    if (node.kind != Kind::Select)
      node.fn = name;
    if (node.kind == Kind::Binary && node.operands.size() != 2)
      return fail("one or two operands of '" + name + "'");
  } else {
    at = begin;
    node.kind = Kind::Constant;
    if (!number(node.constant) || !expect(":") || !elementType(node.type))
      return fail("an expression");
  }
  expr.nodes.push_back(std::move(node));
  result = static_cast<int32_t>(expr.nodes.size()) - 1;
  return true;
}

bool Parser::expr(snap::Expr &expr) {
  int32_t result = 0;
  if (!accept("{"))
    return tree(expr, result, 0);
  flat = true;
  do {
    if (!tree(expr, result, 0))
      return false;
  } while (accept(";"));
  flat = false;
  return expect("}");
}

bool Parser::key(KernelKey &key) {
  if (!head(key) || !expect("("))
    return false;
  if (!accept(")") && (!tensors(key.inputs) || !expect(")")))
    return false;
  if (!expect("->") || !tensors(key.outputs) || !attributes(key))
    return false;
  if (accept("prologue") && !expr(key.prologue))
    return false;
  if (accept("epilogue") && !expr(key.epilogue))
    return false;
  skipSpaces();
  return at == text.size() || fail("the end");
}

std::optional<KernelKey> KernelKey::parse(const std::string &text, std::string &error) {
  KernelKey key;
  error.clear();
  Parser parser(text, error);
  if (!parser.key(key))
    return std::nullopt;
  return key;
}
