//===- ReportPage.cpp - A compiled model as a page to look at -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/ReportPage.h"

#include "compiler/driver/ReportCharts.h"
#include "compiler/emit/AtomicFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace snap {
namespace {

constexpr double mib = 1 << 20, gib = 1 << 30;
constexpr const char *workColour = "#7fa8d1", *timeColour = "#e0925f";

const char *const style = R"(
body { font: 14px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; color: #222; background: #fff;
       max-width: 1000px; margin: 32px auto 64px; padding: 0 20px; }
h1 { font-size: 26px; font-weight: 600; margin: 0; }
h2 { font-size: 18px; font-weight: 600; margin: 44px 0 6px; }
h3 { font-size: 14px; font-weight: 600; margin: 24px 0 6px; }
p { margin: 4px 0 10px; color: #555; max-width: 46em; }
.tiles { display: flex; flex-wrap: wrap; margin: 20px 0 0; border-top: 1px solid #ddd; border-bottom: 1px solid #ddd; }
.tiles div { padding: 10px 30px 10px 0; color: #666; font-size: 12px; }
.tiles b { display: block; color: #222; font-size: 20px; font-weight: 600; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { font-weight: 500; font-size: 12px; color: #666; text-align: right; padding: 2px 14px 2px 0; border-bottom: 1px solid #ccc; }
td { text-align: right; padding: 1px 14px 1px 0; white-space: nowrap; }
th:first-child, td:first-child, th.key, td.key { text-align: left; }
td.key { font: 11px/1.5 ui-monospace, Menlo, Consolas, monospace; white-space: normal; word-break: break-all; color: #444; }
td.bar { padding-left: 0; }
tr.total td { border-top: 1px solid #ccc; font-weight: 600; }
svg text { font: 11px system-ui, "Helvetica Neue", Arial, sans-serif; fill: #222; }
svg text.axis { fill: #777; }
svg .grid { stroke: #e6e6e6; }
svg .value { stroke: #fff; stroke-width: 0.4; }
svg .bound { stroke: #b2182b; stroke-dasharray: 5 3; }
.kernels { display: flex; flex-wrap: wrap; gap: 8px 10px; max-width: 900px; }
.kernel { border: 1px solid #bbb; border-radius: 6px; padding: 3px 4px; }
.kernel span { display: inline-block; font-size: 12px; padding: 1px 7px; margin: 1px 2px; border-radius: 4px; background: #eef2f7; }
.kernel span.root { background: #7fa8d1; }
.label { color: #666; font-size: 12px; margin: 8px 0 2px; }
details { margin-top: 8px; } summary { cursor: pointer; color: #555; }
)";

std::string number(double value, int digits) {
  switch (digits) {
  case 0:
    return formatv("{0:f0}", value).str();
  case 1:
    return formatv("{0:f1}", value).str();
  case 2:
    return formatv("{0:f2}", value).str();
  default:
    return formatv("{0:f3}", value).str();
  }
}

/// A cell with a bar as long as its share of the largest.
std::string bar(double value, double most, const char *colour = workColour) {
  return formatv("<td class=\"bar\"><svg width=\"80\" height=\"9\"><rect width=\"{0:f2}\" height=\"9\" "
                 "fill=\"{1}\"/></svg></td>",
                 most > 0 ? 80 * value / most : 0, colour);
}

std::string cell(const std::string &text) { return "<td>" + text + "</td>"; }

double largest(ArrayRef<WorkSum> rows, function_ref<double(const WorkSum &)> of) {
  double most = 0;
  for (const WorkSum &row : rows)
    most = std::max(most, of(row));
  return most;
}

class Page {
public:
  Page(raw_ostream &os, const ModelReport &model) : os(os), model(model) {}
  void write();

private:
  void writeFigures();
  void writePasses();
  void writeStages();
  void writeProgram(const ProgramReport &program);
  void writeBlocks(const ProgramReport &program);
  void writeKernels(const ProgramReport &program);
  /// A sum over a picture of something of each program.
  double perPicture(function_ref<double(const WorkSum &)> of) const;

  raw_ostream &os;
  const ModelReport &model;
};

double Page::perPicture(function_ref<double(const WorkSum &)> of) const {
  double sum = 0;
  for (const ProgramReport &program : model.programs)
    sum += program.runsPerPicture * of(program.total());
  return sum;
}

void Page::write() {
  os << "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>" << escaped(model.name)
     << "</title>\n<style>" << style << "</style>\n<h1>" << escaped(model.name) << "</h1>\n<p>"
     << escaped(model.compiler) << " for " << escaped(model.target);
  if (!model.cpu.empty())
    os << " (" << escaped(model.cpu) << ')';
  os << ", build " << escaped(model.buildId);
  if (model.isMeasured())
    os << formatv("; times are medians of {0} runs on {1} threads of this machine", model.repetitions, model.threads);
  os << ".</p>\n";
  writeFigures();
  writePasses();
  writeStages();
  for (const ProgramReport &program : model.programs)
    writeProgram(program);
  os << "</html>\n";
}

void Page::writeFigures() {
  auto tile = [&](const std::string &value, StringRef what) {
    os << "<div><b>" << value << "</b>" << what << "</div>";
  };
  uint64_t arena = 0;
  for (const ProgramReport &program : model.programs)
    arena = std::max(arena, program.arenaBytes);
  std::string unit = model.pipeline ? "a picture" : "a run";
  os << "<div class=\"tiles\">";
  if (model.pipeline)
    tile(formatv("{0} × {1}", model.pipeline->width, model.pipeline->height),
         "pixels, " + std::to_string(model.pipeline->steps) + " steps");
  double seconds = perPicture([](const WorkSum &sum) { return sum.seconds; });
  if (seconds > 0)
    tile(number(seconds, seconds < 1 ? 3 : 2) + " s", unit + ", in kernels");
  tile(number(perPicture([](const WorkSum &sum) { return sum.macs / 1e9; }), 1), "GMAC " + unit);
  tile(number(perPicture([](const WorkSum &sum) { return sum.bytes / gib; }), 2) + " GiB", "moved by " + unit);
  tile(grouped(perPicture([](const WorkSum &sum) { return double(sum.calls); })), "kernel calls " + unit);
  tile(number(model.weightBytes / mib, 1) + " MiB", "weights, mapped");
  tile(number(arena / mib, 1) + " MiB", "largest arena");
  os << "</div>\n";
}

void Page::writePasses() {
  if (model.passes.empty())
    return;
  std::vector<WorkSum> rows;
  for (const PassReport &pass : model.passes)
    rows.push_back(pass.picture);
  double calls = largest(rows, [](const WorkSum &r) { return double(r.calls); });
  double macs = largest(rows, [](const WorkSum &r) { return double(r.macs); });
  double bytes = largest(rows, [](const WorkSum &r) { return double(r.bytes); });
  os << "<h2>What the passes leave</h2>\n<p>The work of " << (model.pipeline ? "a picture with guidance" : "a run")
     << " after every pass that changed it: multiply-accumulates as if convolutions were direct, bytes read and "
        "written "
        "if every operation were a kernel.</p>\n"
     << "<table><tr><th>pass<th colspan=2>kernels<th colspan=2>GMAC<th colspan=2>GiB moved</tr>\n";
  for (const PassReport &pass : model.passes)
    os << "<tr><td>" << escaped(pass.pass) << "</td>" << cell(grouped(pass.picture.calls))
       << bar(pass.picture.calls, calls) << cell(number(pass.picture.macs / 1e9, 1)) << bar(pass.picture.macs, macs)
       << cell(number(pass.picture.bytes / gib, 2)) << bar(pass.picture.bytes, bytes) << "</tr>\n";
  os << "</table>\n";
}

void Page::writeStages() {
  if (model.programs.size() < 2)
    return;
  os << "<h2>Where a picture's work is</h2>\n";
  auto shares = [&](StringRef label, function_ref<double(const WorkSum &)> of) {
    std::vector<std::pair<std::string, double>> parts;
    for (const ProgramReport &program : model.programs)
      if (program.runsPerPicture)
        parts.emplace_back(program.name + " × " + std::to_string(program.runsPerPicture),
                           program.runsPerPicture * of(program.total()));
    os << "<div class=\"label\">" << label << "</div>";
    drawShares(os, parts);
  };
  if (perPicture([](const WorkSum &sum) { return sum.seconds; }) > 0)
    shares("time in kernels", [](const WorkSum &sum) { return sum.seconds; });
  shares("multiply-accumulates", [](const WorkSum &sum) { return double(sum.macs); });
  shares("bytes moved", [](const WorkSum &sum) { return double(sum.bytes); });
}

void Page::writeProgram(const ProgramReport &program) {
  WorkSum total = program.total();
  os << "<h2>" << escaped(program.name) << "</h2>\n<p>";
  auto list = [&](ArrayRef<TensorReport> tensors) {
    for (auto [i, tensor] : enumerate(tensors))
      os << (i ? ", " : "") << escaped(tensor.name) << " <small>" << escaped(tensor.type) << "</small>";
  };
  list(program.inputs);
  if (!program.outputs.empty()) {
    os << " → ";
    list(program.outputs);
  }
  os << formatv("</p>\n<p>{0} kernel calls, {1:f2} GMAC, {2:f1} MiB moved, {3} parameters", total.calls,
                total.macs / 1e9, total.bytes / mib, grouped(total.parameters));
  if (total.seconds > 0)
    os << formatv(", {0:f3} ms, {1:f1} GFLOPS", total.seconds * 1e3, 2e-9 * total.macs / total.seconds);
  os << ".</p>\n";
  writeBlocks(program);
  drawFusion(os, program);
  if (program.arenaBytes) {
    os << "<h3>Arena</h3>\n"
       << formatv("<p>{0:f1} MiB; at least {1:f1} MiB (dashed) are live at once. Calls run from left to right; every "
                  "value has the colour of the stage that made it, inputs are grey.</p>\n",
                  program.arenaBytes / mib, program.arenaLowerBound() / mib);
    drawArena(os, program);
  }
  writeKernels(program);
}

void Page::writeBlocks(const ProgramReport &program) {
  std::vector<WorkSum> rows = program.byBlock();
  WorkSum total = program.total();
  bool measured = total.seconds > 0;
  double macs = largest(rows, [](const WorkSum &r) { return double(r.macs); });
  double bytes = largest(rows, [](const WorkSum &r) { return double(r.bytes); });
  double seconds = largest(rows, [](const WorkSum &r) { return r.seconds; });
  os << "<h3>Blocks</h3>\n<table><tr><th>block<th>calls<th>parameters<th colspan=2>GMAC<th colspan=2>MiB moved";
  if (measured)
    os << "<th colspan=2>ms<th>share<th>GFLOPS";
  os << "</tr>\n";
  auto writeRow = [&](const WorkSum &row, bool isTotal) {
    os << (isTotal ? "<tr class=\"total\"><td>" : "<tr><td>")
       << (isTotal            ? "all"
           : row.name.empty() ? "(no name)"
                              : escaped(row.name))
       << "</td>" << cell(grouped(row.calls)) << cell(grouped(row.parameters)) << cell(number(row.macs / 1e9, 3))
       << (isTotal ? cell("") : bar(row.macs, macs)) << cell(number(row.bytes / mib, 1))
       << (isTotal ? cell("") : bar(row.bytes, bytes));
    if (measured)
      os << cell(number(row.seconds * 1e3, 3)) << (isTotal ? cell("") : bar(row.seconds, seconds, timeColour))
         << cell(number(100 * row.seconds / total.seconds, 1) + "%")
         << cell(row.macs ? number(2e-9 * row.macs / row.seconds, 1) : "–");
    os << "</tr>\n";
  };
  for (const WorkSum &row : rows)
    writeRow(row, false);
  if (rows.size() > 1)
    writeRow(total, true);
  os << "</table>\n";
}

void Page::writeKernels(const ProgramReport &program) {
  WorkSum total = program.total();
  bool measured = total.seconds > 0;
  auto table = [&](ArrayRef<WorkSum> rows, const char *title, const char *nameClass) {
    double macs = largest(rows, [](const WorkSum &r) { return double(r.macs); });
    double seconds = largest(rows, [](const WorkSum &r) { return r.seconds; });
    os << "<table><tr><th>calls<th colspan=2>GMAC<th>MiB moved";
    if (measured)
      os << "<th colspan=2>ms<th>GFLOPS<th>GB/s";
    os << "<th class=\"key\">" << title << "</tr>\n";
    for (const WorkSum &row : rows) {
      os << "<tr>" << cell(grouped(row.calls)) << cell(number(row.macs / 1e9, 3)) << bar(row.macs, macs)
         << cell(number(row.bytes / mib, 1));
      if (measured)
        os << cell(number(row.seconds * 1e3, 3)) << bar(row.seconds, seconds, timeColour)
           << cell(row.macs ? number(2e-9 * row.macs / row.seconds, 1) : "–")
           << cell(number(1e-9 * row.bytes / row.seconds, 1));
      os << "<td class=\"" << nameClass << "\" style=\"text-align:left\">" << escaped(row.name) << "</td></tr>\n";
    }
    os << "</table>\n";
  };
  os << "<h3>Kinds of kernels</h3>\n";
  table(program.byKind(), "kind", "");
  std::vector<WorkSum> kernels = program.byKernel();
  os << "<details><summary>All " << kernels.size() << " kernels</summary>\n";
  table(kernels, "kernel", "key");
  os << "</details>\n";
}

} // namespace

Error writeReportPage(StringRef path, const ModelReport &model) {
  return writeFileAtomically(path, [&](raw_pwrite_stream &os) {
    Page(os, model).write();
    return Error::success();
  });
}

} // namespace snap
