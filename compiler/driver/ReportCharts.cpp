//===- ReportCharts.cpp - Pictures of the report page ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/ReportCharts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace llvm;

namespace snap {

static constexpr double mib = 1 << 20;

std::string escaped(StringRef text) {
  std::string result;
  raw_string_ostream os(result);
  printHTMLEscaped(text, os);
  return result;
}

std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number), result;
  for (auto [i, digit] : enumerate(digits)) {
    if (i && (digits.size() - i) % 3 == 0)
      result += "\u2009";
    result += digit;
  }
  return result;
}

std::string stageOf(StringRef block) {
  SmallVector<StringRef> parts;
  block.split(parts, '.');
  size_t count = 1;
  // Up to the first list's index, if there is a list.
  for (size_t i = 1; i < parts.size(); ++i)
    if (!parts[i].empty() && all_of(parts[i], isDigit)) {
      count = i + 1;
      break;
    }
  return join(ArrayRef(parts).take_front(count), ".");
}

// Light enough for black text, told apart by the colour-blind.
const char *stageColour(size_t stage) {
  static const char *const colours[] = {"#9ecae1", "#fdd0a2", "#c7e9c0", "#dadaeb", "#fbb4b9",
                                        "#d9d9d9", "#b3e2e2", "#f6e8a6", "#e5c9a8", "#bcd0f0"};
  return colours[stage % std::size(colours)];
}

void drawShares(raw_ostream &os, ArrayRef<std::pair<std::string, double>> shares) {
  constexpr double width = 640, height = 26;
  double total = 0;
  for (const auto &share : shares)
    total += share.second;
  os << formatv("<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\">", width, height);
  double x = 0;
  for (auto [i, share] : enumerate(shares)) {
    double part = total > 0 ? share.second / total : 0, pixels = part * width;
    os << formatv("<g><title>{0}: {1:P1}</title><rect x=\"{2:f2}\" width=\"{3:f2}\" height=\"{4}\" fill=\"{5}\"/>",
                  escaped(share.first), part, x, pixels, height, stageColour(i));
    std::string label = formatv("{0} {1:P0}", share.first, part);
    if (pixels > 7.0 * label.size())
      os << formatv("<text x=\"{0:f2}\" y=\"17.5\" text-anchor=\"middle\">{1}</text>", x + pixels / 2, escaped(label));
    os << "</g>";
    x += pixels;
  }
  os << "</svg>\n";
}

/// 1, 2 or 5 times a power of ten: about five steps up to `most`.
static double axisStep(double most) {
  double raw = most / 5, power = std::pow(10.0, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * power)
      return factor * power;
  return 10 * power;
}

void drawArena(raw_ostream &os, const ProgramReport &program) {
  constexpr double left = 52, top = 12, width = 900, height = 300, bottom = 40;
  double calls = std::max<size_t>(1, program.calls.size()), bytes = std::max<uint64_t>(1, program.arenaBytes);
  auto xOf = [&](double call) { return left + width * std::clamp(call, 0.0, calls) / calls; };
  auto yOf = [&](double at) { return top + height * (1 - at / bytes); };
  os << formatv("<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\">", left + width + 8,
                top + height + bottom);
  for (double tick = 0, step = axisStep(bytes / mib); tick * mib <= bytes; tick += step)
    os << formatv("<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:f2}\" y2=\"{2:f2}\"/><text class=\"axis\" "
                  "x=\"{3}\" y=\"{4:f2}\" text-anchor=\"end\">{5}</text>",
                  left, left + width, yOf(tick * mib), left - 6, yOf(tick * mib) + 3.5,
                  formatv(step < 1 ? "{0:f2}" : "{0:f0}", tick));

  std::vector<std::string> stages;
  for (const CallReport &call : program.calls)
    if (std::string stage = stageOf(call.block); !is_contained(stages, stage))
      stages.push_back(stage);
  for (const LiveRange &range : program.liveRanges()) {
    size_t stage = llvm::find(stages, stageOf(range.block)) - stages.begin();
    double x = xOf(range.first), y = yOf(range.offset + range.bytes);
    const char *what = range.first < 0 ? "input" : range.block.c_str();
    os << formatv("<rect class=\"value\" x=\"{0:f2}\" y=\"{1:f2}\" width=\"{2:f2}\" height=\"{3:f2}\" fill=\"{4}\">"
                  "<title>{5}: {6:f2} MiB, calls {7} to {8}</title></rect>",
                  x, y, xOf(range.last + 1) - x, yOf(range.offset) - y,
                  range.first < 0 ? "#ececec" : stageColour(stage), escaped(what), range.bytes / mib,
                  std::max<int64_t>(0, range.first), range.last);
  }
  double bound = yOf(program.arenaLowerBound());
  os << formatv("<line class=\"bound\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:f2}\" y2=\"{2:f2}\"/>", left, left + width, bound);
  os << formatv("<text class=\"axis\" x=\"{0}\" y=\"{1}\">MiB</text>", 0, top + height / 2);

  // Stages along the calls, named where there is room.
  for (size_t i = 0; i < program.calls.size();) {
    size_t end = i;
    std::string stage = stageOf(program.calls[i].block);
    while (end < program.calls.size() && stageOf(program.calls[end].block) == stage)
      ++end;
    double x = xOf(i), next = xOf(end);
    os << formatv("<rect x=\"{0:f2}\" y=\"{1}\" width=\"{2:f2}\" height=\"6\" fill=\"{3}\"><title>{4}</title></rect>",
                  x, top + height + 5, next - x, stageColour(llvm::find(stages, stage) - stages.begin()),
                  escaped(stage));
    if (next - x > 6.5 * stage.size())
      os << formatv("<text class=\"axis\" x=\"{0:f2}\" y=\"{1}\" text-anchor=\"middle\">{2}</text>", (x + next) / 2,
                    top + height + 24, escaped(stage));
    i = end;
  }
  os << "</svg>\n";
}

} // namespace snap
