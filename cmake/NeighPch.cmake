# SPDX-License-Identifier: Apache-2.0
# NEIGH_PCH: headers that are the same for all, compiled once. For builds of everything under a sanitizer, where time is
# short; all other builds are without, so that a forgotten #include is seen.
option(NEIGH_PCH "Compile common headers once" OFF)

set(neigh_pch_standard
  <algorithm> <array> <chrono> <cstdint> <cstring> <functional> <map> <memory> <mutex> <optional> <span> <string>
  <string_view> <thread> <unordered_map> <utility> <variant> <vector>)
set(neigh_pch_test <gmock/gmock.h> <gtest/gtest.h> ${neigh_pch_standard})

if(NEIGH_PCH)
  # One giver for each way to compile: position independent for libraries, and for programs.
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/pch.cpp" CONTENT "int main() { return 0; }\n")
  add_library(neigh_pch_library OBJECT "${CMAKE_BINARY_DIR}/pch.cpp")
  target_link_libraries(neigh_pch_library PRIVATE neigh_options)
  target_precompile_headers(neigh_pch_library PRIVATE ${neigh_pch_standard})
endif()

# neigh_precompiled(TARGET library|test)
function(neigh_precompiled target kind)
  if(NOT NEIGH_PCH)
    return()
  endif()
  if(kind STREQUAL "test" AND NOT TARGET neigh_pch_test)
    add_executable(neigh_pch_test "${CMAKE_BINARY_DIR}/pch.cpp")
    target_link_libraries(neigh_pch_test PRIVATE neigh_options GTest::gmock)
    target_precompile_headers(neigh_pch_test PRIVATE ${neigh_pch_test})
  endif()
  get_target_property(type ${target} TYPE)
  if(kind STREQUAL "test" AND NOT type STREQUAL "EXECUTABLE")
    # Objects for programs are compiled as programs are, or the compiler refuses the precompiled header.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIE)
  endif()
  target_precompile_headers(${target} REUSE_FROM neigh_pch_${kind})
endfunction()
