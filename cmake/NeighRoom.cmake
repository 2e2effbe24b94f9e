# SPDX-License-Identifier: Apache-2.0
# One target per room of the house.

add_library(neigh_options INTERFACE)
target_compile_options(neigh_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-align -Wformat=2 -Wundef
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast>
  # Clang 14 sees one in each defaulted <=>.
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wzero-as-null-pointer-constant>
  # Designated initializers leave the other members at their defaults on purpose.
  $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>)
# GCC 12 sees overlapping copies in its own std::string where it optimizes (GCC PR 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(neigh_options INTERFACE -Wno-restrict)
endif()
if(NEIGH_WARNINGS_AS_ERRORS)
  target_compile_options(neigh_options INTERFACE -Werror)
endif()
if(NEIGH_SANITIZE)
  add_compile_options(-fsanitize=${NEIGH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${NEIGH_SANITIZE})
  if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
    # Programs in C link libraries in C++, whose checks need the other half of the run-time library.
    add_link_options($<$<LINK_LANGUAGE:C>:-fsanitize-link-c++-runtime>)
    link_libraries($<$<LINK_LANGUAGE:C>:stdc++>)
  endif()
endif()

# neigh_room(NAME SOURCES file... [USES room...] [LIBS target...])
# An object library neigh_NAME that sees its own folder's parent (src/), the public headers and the rooms it uses.
# scripts/check-layers holds the #includes against the same table.
function(neigh_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBS" ${ARGN})
  add_library(neigh_${name} OBJECT ${ROOM_SOURCES})
  target_include_directories(neigh_${name} PUBLIC
    "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(neigh_${name} PRIVATE neigh_options PUBLIC ${ROOM_LIBS})
  foreach(used IN LISTS ROOM_USES)
    target_include_directories(neigh_${name} PUBLIC
      $<$<TARGET_EXISTS:neigh_${used}>:$<TARGET_PROPERTY:neigh_${used},INTERFACE_INCLUDE_DIRECTORIES>>)
  endforeach()
  neigh_precompiled(neigh_${name} library)
  set_property(GLOBAL APPEND PROPERTY NEIGH_ROOMS neigh_${name})
  set_property(GLOBAL APPEND PROPERTY NEIGH_ROOM_LIBS ${ROOM_LIBS})
endfunction()
