# The runtime's objects for every target, and the headers an app includes, in
# build/lib/snap: snapc finds them there, beside its own build/bin.
# SPDX-License-Identifier: Apache-2.0
find_program(SNAP_TARGET_CXX clang++-19)
set(SNAP_RUNTIME_ROOT ${CMAKE_BINARY_DIR}/lib/snap)

# snapc's name of a target, and clang's.
set(SNAP_RUNTIME_TRIPLES
  x86_64-linux=x86_64-linux-gnu
  arm64-linux=aarch64-linux-gnu
  arm64-android=aarch64-linux-android24
  arm64-ios=arm64-apple-ios17.0
  arm64-macos=arm64-apple-macos13.0)

# -nostdlibinc leaves only clang's own <stdint.h> and <stddef.h>. Outlined
# atomics would call libgcc. Nothing of this machine's paths enters an object.
set(SNAP_TARGET_FLAGS -std=c++17 -O2 -fPIC ${SNAP_RUNTIME_FLAGS} -nostdinc++
    -nostdlibinc -Wall -Wextra -Werror -Wno-unused-parameter)

# snap_runtime_object(SOURCE OBJECT FLAGS...): one object, appended to `objects`.
function(snap_runtime_object source object)
  add_custom_command(OUTPUT ${object}
    COMMAND ${SNAP_CCACHE} ${SNAP_TARGET_CXX} ${ARGN} -I ${CMAKE_SOURCE_DIR}
            -I ${CMAKE_CURRENT_SOURCE_DIR}/include -MD -MF ${object}.d
            -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
    DEPENDS ${source}
    DEPFILE ${object}.d
    COMMENT "Building ${object}"
    VERBATIM)
  set(objects ${objects} ${object} PARENT_SCOPE)
endfunction()

set(objects)
foreach(pair ${SNAP_RUNTIME_TRIPLES})
  string(REPLACE "=" ";" pair ${pair})
  list(GET pair 0 target)
  list(GET pair 1 triple)
  set(flags --target=${triple} ${SNAP_TARGET_FLAGS})
  if(target STREQUAL "arm64-linux" OR target STREQUAL "arm64-android")
    list(APPEND flags -mno-outline-atomics)
  endif()
  foreach(source ${SNAP_RUNTIME_SOURCES})
    get_filename_component(name ${source} NAME_WE)
    snap_runtime_object(${source} ${SNAP_RUNTIME_ROOT}/runtime/${target}/${name}.o ${flags})
  endforeach()
  # For --gpu metal. Linux has no Metal: tests bring one of their own.
  if(target MATCHES "^(arm64-ios|arm64-macos|x86_64-linux)$")
    foreach(source ${SNAP_METAL_SOURCES})
      get_filename_component(name ${source} NAME_WE)
      snap_runtime_object(${source} ${SNAP_RUNTIME_ROOT}/runtime/${target}/metal/${name}.o ${flags})
    endforeach()
  endif()
endforeach()

set(headers)
foreach(header kernel_abi.h snap.h)
  set(copy ${SNAP_RUNTIME_ROOT}/include/snap/${header})
  add_custom_command(OUTPUT ${copy}
    COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/include/snap/${header} ${copy}
    DEPENDS include/snap/${header}
    VERBATIM)
  list(APPEND headers ${copy})
endforeach()

if(SNAP_RUNTIME_ONLY OR NOT SNAP_TARGET_CXX)
  add_custom_target(snap_runtime_objects DEPENDS ${objects} ${headers})
else()
  add_custom_target(snap_runtime_objects ALL DEPENDS ${objects} ${headers})
endif()
