//===- ScheduleTable.cpp - What was measured of kernels' schedules --------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "compiler/driver/ScheduleTable.h"

#include "compiler/driver/ShippedSchedules.h" // generated: shippedSchedules
#include "compiler/emit/AtomicFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace snap {

static std::string headline(const TargetModel &target) {
  return "# snapc schedules of " + target.target + " " + target.cpu;
}

ScheduleTable ScheduleTable::shipped(const TargetModel &target) {
  ScheduleTable table;
  for (const ShippedSchedules &file : shippedSchedules)
    if (StringRef(file.text).starts_with(headline(target) + "\n"))
      cantFail(table.parse(file.text, file.name, target), "a shipped table does not parse"); // tested
  return table;
}

Error ScheduleTable::read(StringRef path, const TargetModel &target) {
  if (!sys::fs::exists(path))
    return Error::success();
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return createStringError(path + ": " + buffer.getError().message());
  return parse((*buffer)->getBuffer(), path, target);
}

Error ScheduleTable::parse(StringRef text, StringRef path, const TargetModel &target) {
  auto [first, rest] = text.split('\n');
  if (first != headline(target))
    return createStringError(path + ": line 1 is '" + first.take_front(80) + "', expected '" + headline(target) + "'");
  for (unsigned line = 2; !rest.empty(); ++line) {
    StringRef row;
    std::tie(row, rest) = rest.split('\n');
    if (row.trim().empty() || row.starts_with("#"))
      continue;
    auto [schedule, key] = row.split(" | ");
    std::string error;
    std::optional<KernelSchedule> parsed = KernelSchedule::parse(schedule.str(), error);
    if (parsed && !KernelKey::parse(key.str(), error))
      parsed = std::nullopt;
    if (!parsed)
      return createStringError(path + ": line " + Twine(line) + ": " + error);
    schedules[key.str()] = *parsed;
  }
  return Error::success();
}

Error ScheduleTable::write(StringRef path, const TargetModel &target) const {
  return writeFileAtomically(path, [&](raw_pwrite_stream &os) {
    os << headline(target) << '\n';
    for (const auto &[key, schedule] : schedules)
      os << schedule.str() << " | " << key << '\n';
    return Error::success();
  });
}

const KernelSchedule *ScheduleTable::find(const KernelKey &key) const {
  auto it = schedules.find(key.str());
  if (it == schedules.end()) // its loops are those of the kernel without moments
    it = schedules.find(key.withoutMoments().str());
  return it == schedules.end() ? nullptr : &it->second;
}

} // namespace snap
