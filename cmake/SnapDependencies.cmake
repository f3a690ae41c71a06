# MLIR and LLVM 19 from Debian (shared libraries), Halide from the wheel in .venv, ONNX's schema, FlatBuffers.
find_package(MLIR 19.1 REQUIRED CONFIG PATHS /usr/lib/llvm-19/lib/cmake/mlir NO_DEFAULT_PATH)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)
# TableGen takes its include path from the directory.
include_directories(SYSTEM ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})

file(GLOB SNAP_HALIDE_ROOT ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/halide)
set(SNAP_HALIDE_ROOT "${SNAP_HALIDE_ROOT}" CACHE PATH "the halide wheel's folder")
set(Halide_DIR ${SNAP_HALIDE_ROOT}/lib64/cmake/Halide)
set(HalideHelpers_DIR ${SNAP_HALIDE_ROOT}/lib64/cmake/HalideHelpers)
find_package(Halide 21 REQUIRED CONFIG)

# Debian's libMLIR/libLLVM carry everything; components would pull in the static archives.
add_library(snap_mlir INTERFACE)
target_include_directories(snap_mlir SYSTEM INTERFACE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_link_libraries(snap_mlir INTERFACE ${LLVM_LIBRARY_DIR}/libMLIR.so ${LLVM_LIBRARY_DIR}/libLLVM.so)

# One precompiled header for every file that sees MLIR: parsing its headers costs more than our code.
file(WRITE ${CMAKE_BINARY_DIR}/snap_mlir_pch.cpp "")
add_library(snap_mlir_pch OBJECT ${CMAKE_BINARY_DIR}/snap_mlir_pch.cpp)
target_link_libraries(snap_mlir_pch PRIVATE snap_mlir snap_warnings)
target_precompile_headers(snap_mlir_pch PRIVATE
  <mlir/IR/Builders.h> <mlir/IR/BuiltinOps.h> <mlir/IR/BuiltinTypes.h> <mlir/IR/PatternMatch.h>
  <mlir/IR/Matchers.h> <mlir/IR/OpImplementation.h> <mlir/Dialect/Func/IR/FuncOps.h>
  <mlir/Pass/Pass.h> <mlir/Pass/PassManager.h> <mlir/Transforms/GreedyPatternRewriteDriver.h>
  <mlir/Parser/Parser.h> <string> <vector> <map> <memory>)

# snap_mlir_library(NAME SOURCES... [LINK LIBS...] [DEPENDS TARGETS...]): a library of ours that sees MLIR.
function(snap_mlir_library name)
  snap_library(${name} ${ARGN})
  target_link_libraries(${name} PUBLIC snap_mlir)
  target_precompile_headers(${name} REUSE_FROM snap_mlir_pch)
endfunction()

# snap_mlir_executable(NAME SOURCES... [LINK LIBS...]): a tool or test that sees MLIR. Compiled as libraries are (-fPIC,
# where executables have -fPIE), so that the precompiled header fits.
function(snap_mlir_executable name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} snap_mlir snap_warnings)
  target_precompile_headers(${name} REUSE_FROM snap_mlir_pch)
endfunction()
