# Compiler settings shared by every target of ours: language level, warnings, sanitizers, ccache.
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Dev or Release" FORCE)
endif()
# Both keep assertions: a broken invariant should stop, not emit a wrong library.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # the cross compiler
  set(SNAP_LINE_TABLES -g1)
else()
  set(SNAP_LINE_TABLES -gline-tables-only)
endif()
set(CMAKE_CXX_FLAGS_DEV "-O1 ${SNAP_LINE_TABLES}")
set(CMAKE_C_FLAGS_DEV "-O1 ${SNAP_LINE_TABLES}")
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELEASE "-O2")

find_program(SNAP_CCACHE ccache)
if(SNAP_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${SNAP_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SNAP_CCACHE})
endif()

set(SNAP_SANITIZE "" CACHE STRING "comma-separated sanitizers for our code: address,undefined or thread")
if(SNAP_SANITIZE)
  add_compile_options(-fsanitize=${SNAP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SNAP_SANITIZE})
endif()

# Warnings are errors in our code only; third-party headers are SYSTEM.
add_library(snap_warnings INTERFACE)
target_compile_options(snap_warnings INTERFACE -Wall -Wextra -Werror -Wno-unused-parameter)
target_include_directories(snap_warnings INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}
                           ${CMAKE_SOURCE_DIR}/runtime/include)

# snap_library(NAME SOURCES... [LINK LIBS...]): a static library of ours.
function(snap_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE snap_warnings)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()
