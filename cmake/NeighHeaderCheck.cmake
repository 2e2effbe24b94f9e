# SPDX-License-Identifier: Apache-2.0
# Target check_headers: each public C++ header compiles alone, twice in one file, with all warnings.
file(GLOB public_headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/include"
  "${PROJECT_SOURCE_DIR}/include/neigh/*.hpp")
set(sources)
foreach(header IN LISTS public_headers)
  string(MAKE_C_IDENTIFIER "${header}" name)
  set(source "${PROJECT_BINARY_DIR}/check_headers/${name}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "#include \"@header@\"\n#include \"@header@\"\n" @ONLY)
  list(APPEND sources "${source}")
endforeach()
add_library(check_headers OBJECT EXCLUDE_FROM_ALL ${sources})
target_include_directories(check_headers PRIVATE "${PROJECT_SOURCE_DIR}/include")
target_link_libraries(check_headers PRIVATE neigh_options)
