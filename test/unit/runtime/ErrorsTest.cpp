//===- ErrorsTest.cpp - Messages and versioned structs --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
#include "runtime/errors.h"

#include <climits>
#include <cstring>
#include <gtest/gtest.h>
#include <string>

using namespace snap::runtime;

TEST(Errors, WritesStringsAndIntegersOfEverySize) {
  snap_error error = {};
  EXPECT_EQ(fail(&error, SNAP_ERROR_IO, "a ", 0, " ", -7, " ", UINT64_MAX, " ", INT64_MIN, " ", 42u), SNAP_ERROR_IO);
  EXPECT_EQ(error.status, SNAP_ERROR_IO);
  EXPECT_STREQ(error.message, "a 0 -7 18446744073709551615 -9223372036854775808 42");
}

TEST(Errors, AcceptsNoPlaceForTheError) { EXPECT_EQ(fail(nullptr, SNAP_ERROR_BUSY, "x"), SNAP_ERROR_BUSY); }

TEST(Errors, CutsWhatDoesNotFit) {
  snap_error error;
  std::memset(&error, 'z', sizeof error);
  std::string text(2000, 'a');
  fail(&error, SNAP_ERROR_IO, text.c_str(), 12345);
  EXPECT_EQ(error.message, std::string(sizeof error.message - 1, 'a'));
}

TEST(Errors, ShowsControlCharactersAsQuestionMarks) {
  snap_error error = {};
  fail(&error, SNAP_ERROR_IO, "a\n\x1b[31m\x7f \xc3\xa9");
  EXPECT_STREQ(error.message, "a??[31m? \xc3\xa9");
}

TEST(Errors, NamesEveryStatus) {
  for (int status = SNAP_OK; status <= SNAP_ERROR_BACKGROUND; ++status)
    EXPECT_STRNE(snap_status_name(static_cast<snap_status>(status)), "unknown status") << status;
  EXPECT_STREQ(snap_status_name(static_cast<snap_status>(SNAP_ERROR_BACKGROUND + 1)), "unknown status");
}

TEST(VersionedStructs, AnOlderAppSetsFewerMembers) {
  snap_options given;
  std::memset(&given, 0xff, sizeof given);
  given.size = offsetof(snap_options, parallel_for);
  given.threads = 3;
  snap_options read;
  ASSERT_TRUE(readVersioned(&given, read));
  EXPECT_EQ(read.threads, 3u);
  EXPECT_EQ(read.parallel_for, nullptr);
  EXPECT_EQ(read.allocator_context, nullptr);
}

TEST(VersionedStructs, ANewerAppSetsMoreMembers) {
  struct {
    snap_options known;
    uint64_t unknown;
  } given = {};
  given.known.size = sizeof given;
  given.known.threads = 5;
  snap_options read;
  ASSERT_TRUE(readVersioned(&given.known, read));
  EXPECT_EQ(read.threads, 5u);
}

TEST(VersionedStructs, NoStructMeansDefaultsAndNoSizeIsRefused) {
  snap_options read;
  ASSERT_TRUE(readVersioned<snap_options>(nullptr, read));
  EXPECT_EQ(read.threads, 0u);
  snap_options unset = {};
  EXPECT_FALSE(readVersioned(&unset, read));
}

TEST(VersionedStructs, FillsOnlyWhatTheCallerHas) {
  snap_model_info info;
  std::memset(&info, 0xee, sizeof info);
  info.size = offsetof(snap_model_info, name);
  snap_model_info all = {};
  all.threads = 9;
  writeVersioned(all, &info);
  EXPECT_EQ(info.threads, 9u);
  EXPECT_EQ(info.size, offsetof(snap_model_info, name));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(info.name), UINT64_C(0xeeeeeeeeeeeeeeee));
}
