# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` gives: headers, libraries, neigh.pc / iphlpapi.pc / netio.pc and the CMake package `neigh`.
# The header tree of include/netioapi installs itself (its other spellings are generated there).
#
# Everything finds its prefix by its own place, so that `cmake --install --prefix X` and a moved tree work.
include(CMakePackageConfigHelpers)

set(neigh_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/neigh")
set(neigh_pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/neigh/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/neigh"
  FILES_MATCHING PATTERN "*.hpp")

# The C API's libraries come with src/netioapi; whatever is there is installed.
set(shared_targets neigh)
set(static_targets neigh_static)
foreach(library IN ITEMS iphlpapi netio)
  if(TARGET ${library})
    list(APPEND shared_targets ${library})
  endif()
  if(TARGET ${library}_static)
    list(APPEND static_targets ${library}_static)
    set_target_properties(${library}_static PROPERTIES OUTPUT_NAME ${library} EXPORT_NAME ${library}-static)
  endif()
endforeach()
if(TARGET neigh_netioapi_headers)
  list(APPEND shared_targets neigh_netioapi_headers)
endif()

foreach(target IN LISTS shared_targets static_targets)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "SHARED_LIBRARY")
    # The C API's libraries find libneigh beside themselves, when a program is linked and when it runs.
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "\$ORIGIN")
    get_target_property(soversion ${target} SOVERSION)
    if(NOT soversion MATCHES "^[0-9]")
      message(FATAL_ERROR "${target} has no SOVERSION")
    endif()
  endif()
  # The project's own warning flags are nobody else's.
  get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
  if(links)
    list(REMOVE_ITEM links "$<LINK_ONLY:neigh_options>" neigh_options)
    set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${links}")
  endif()
endforeach()

# A C program that links the static libraries must name the C++ runtime; the compiler knows which one.
set(cxx_runtime)
foreach(lib IN LISTS CMAKE_CXX_IMPLICIT_LINK_LIBRARIES)
  if(lib MATCHES "^(stdc\\+\\+|c\\+\\+)$")
    string(APPEND cxx_runtime " -l${lib}")
  endif()
endforeach()

# For projects in C alone, where CMake does not know what the archives of C++ code need.
if(cxx_runtime)
  string(REGEX MATCHALL "[^ ]+" runtime "${cxx_runtime}")
  target_link_libraries(neigh_static INTERFACE "$<$<LINK_LANGUAGE:C>:${runtime}>")
endif()

# All pages: the headers name some, which refer to others.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs/" DESTINATION "${CMAKE_INSTALL_DOCDIR}"
  FILES_MATCHING PATTERN "*.md" PATTERN "*.svg")

install(TARGETS ${shared_targets} EXPORT neigh_shared
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS ${static_targets} EXPORT neigh_static
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT neigh_shared NAMESPACE neigh:: DESTINATION "${neigh_package_dir}" FILE neigh-shared.cmake)
install(EXPORT neigh_static NAMESPACE neigh:: DESTINATION "${neigh_package_dir}" FILE neigh-static.cmake)

# What the static libraries need: rooms name their libraries as PkgConfig::x, made by pkg_check_modules(x ... module).
get_property(room_libs GLOBAL PROPERTY NEIGH_ROOM_LIBS)
list(REMOVE_DUPLICATES room_libs)
set(neigh_private_modules)
set(neigh_package_dependencies
  "find_package(Threads QUIET)\nif(NOT TARGET Threads::Threads)\n  list(APPEND neigh_missing Threads)\nendif()")
foreach(lib IN LISTS room_libs)
  if(lib MATCHES "^PkgConfig::(.+)$")
    set(module "${${CMAKE_MATCH_1}_MODULE_NAME}")
    if(NOT module)
      set(module "${CMAKE_MATCH_1}")
    endif()
    list(APPEND neigh_private_modules "${module}")
    string(APPEND neigh_package_dependencies
      "\nif(NOT TARGET ${lib})"
      "\n  find_package(PkgConfig QUIET)"
      "\n  if(PkgConfig_FOUND)"
      "\n    pkg_check_modules(${CMAKE_MATCH_1} QUIET IMPORTED_TARGET GLOBAL ${module})"
      "\n  endif()"
      "\n  if(NOT TARGET ${lib})"
      "\n    list(APPEND neigh_missing \"${module} (pkg-config)\")"
      "\n  endif()"
      "\nendif()")
  elseif(NOT lib MATCHES "^Threads::")
    message(FATAL_ERROR "cmake/NeighInstall.cmake does not know how an installed static library finds ${lib}")
  endif()
endforeach()
list(JOIN neigh_private_modules " " neigh_private_modules)

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/neighConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/neighConfig.cmake"
  INSTALL_DESTINATION "${neigh_package_dir}" NO_SET_AND_CHECK_MACRO)
# 0.x: a minor version may change the API.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/neighConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/neighConfig.cmake" "${PROJECT_BINARY_DIR}/neighConfigVersion.cmake"
  DESTINATION "${neigh_package_dir}")

if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
  set(pc_libdir "${CMAKE_INSTALL_FULL_LIBDIR}")
  set(pc_includedir "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
else()
  file(RELATIVE_PATH up "/p/${neigh_pkgconfig_dir}" "/p")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(pc_prefix "\${pcfiledir}/${up}")
  set(pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
  set(pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()

# neigh_pkgconfig(NAME DESCRIPTION INCLUDE_SUBFOLDER REQUIRES_PRIVATE)
function(neigh_pkgconfig name description subfolder requires_private)
  set(flags)
  if(subfolder)
    set(flags " -Wno-unknown-pragmas")  # `#pragma comment(lib, ...)`
  endif()
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/${name}.pc" CONTENT
"prefix=${pc_prefix}
libdir=${pc_libdir}
includedir=${pc_includedir}

Name: ${name}
Description: ${description}
Version: ${PROJECT_VERSION}
Requires.private: ${requires_private}
Cflags: -I\${includedir}${subfolder}${flags}
Libs: -L\${libdir} -l${name}
Libs.private:${cxx_runtime} -pthread
" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION "${neigh_pkgconfig_dir}")
endfunction()

neigh_pkgconfig(neigh "${PROJECT_DESCRIPTION}" "" "${neigh_private_modules}")
if(TARGET iphlpapi)
  neigh_pkgconfig(iphlpapi "IP neighbor functions of iphlpapi.h, returning Win32 codes" "/netioapi" "neigh")
endif()
if(TARGET netio)
  neigh_pkgconfig(netio "IP neighbor functions of netioapi.h, returning NTSTATUS" "/netioapi" "neigh")
endif()
