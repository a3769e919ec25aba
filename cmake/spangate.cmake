# How every part of Spangate is built: compiler settings, third-party libraries by name, and the two words
# that the rooms' own CMakeLists.txt speak: sg_room() and sg_test().

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(SG_CCACHE ccache)
if(SG_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SG_CCACHE})
endif()

set(SG_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")
add_library(sg_options INTERFACE)
target_compile_options(sg_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
                                            -Woverloaded-virtual -Werror)
target_include_directories(sg_options INTERFACE ${CMAKE_SOURCE_DIR})
if(SG_SANITIZE)
  # The instrumentation makes g++ 12 take parts of its own headers (std::regex) for uninitialised.
  target_compile_options(sg_options INTERFACE -fsanitize=${SG_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
                                              $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(sg_options INTERFACE -fsanitize=${SG_SANITIZE})
endif()

# A room's sources are compiled as one: they include much the same headers, and reading those is most of the work.
# The debug preset compiles each by itself, which is quicker where one file changes and finds a missing include.
option(SG_UNITY "Compile all sources of a room or program together" ON)
if(SG_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # What stands in a .cc file is taken for a header's, where a member of an unnamed namespace's type would be a fault.
  target_compile_options(sg_options INTERFACE -Wno-subobject-linkage)
endif()

# sg_compile_together(TARGET [file…]): as SG_UNITY says. The files named stay alone: each of them gives short names to
# its own (S and E for a state table's), or they would not fit beside the others.
function(sg_compile_together target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${SG_UNITY} UNITY_BUILD_BATCH_SIZE 0)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(spdlog REQUIRED)
find_package(tl-expected REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(date REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
pkg_check_modules(SPANDSP REQUIRED IMPORTED_TARGET spandsp)
pkg_check_modules(SOFIA REQUIRED IMPORTED_TARGET sofia-sip-ua)
pkg_check_modules(SRTP REQUIRED IMPORTED_TARGET libsrtp2)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(TOMLPP REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
find_package(TIFF REQUIRED)
find_library(SG_LIBPRI NAMES pri REQUIRED)
find_library(SG_LIBCSV NAMES csv REQUIRED)

# Third-party headers are C or older C++: they are included as system headers, so their warnings are not ours.
function(sg_third_party name)
  add_library(sg_3p_${name} INTERFACE)
  target_link_libraries(sg_3p_${name} INTERFACE ${ARGN})
  foreach(lib ${ARGN})
    if(TARGET ${lib})
      target_include_directories(sg_3p_${name} SYSTEM INTERFACE $<TARGET_PROPERTY:${lib},INTERFACE_INCLUDE_DIRECTORIES>)
    endif()
  endforeach()
endfunction()
sg_third_party(spdlog spdlog::spdlog)
sg_third_party(expected tl::expected)
sg_third_party(json nlohmann_json::nlohmann_json)
sg_third_party(program_options Boost::program_options)
sg_third_party(spandsp PkgConfig::SPANDSP TIFF::TIFF m)
sg_third_party(sofia PkgConfig::SOFIA)
sg_third_party(srtp PkgConfig::SRTP)
sg_third_party(sqlite PkgConfig::SQLITE)
sg_third_party(zlib PkgConfig::ZLIB)
sg_third_party(toml PkgConfig::TOMLPP)
sg_third_party(re2 PkgConfig::RE2)
sg_third_party(tiff TIFF::TIFF)
sg_third_party(libpri ${SG_LIBPRI})
sg_third_party(csv ${SG_LIBCSV})
sg_third_party(date date::date-tz)

# sg_room(NAME SOURCES… [ALONE source…] [USES room…] [THIRD_PARTY library…])
# A room is a static library. USES names the rooms whose headers it may include; THIRD_PARTY names outside libraries
# whose headers this room alone includes. Room names are paths with underscores: tdm/pri is tdm_pri.
function(sg_room name)
  cmake_parse_arguments(room "" "" "SOURCES;ALONE;USES;THIRD_PARTY" ${ARGN})
  add_library(sg_${name} STATIC ${room_SOURCES} ${room_ALONE})
  sg_compile_together(sg_${name} ${room_ALONE})
  target_link_libraries(sg_${name} PUBLIC sg_options Threads::Threads)
  foreach(used ${room_USES})
    target_link_libraries(sg_${name} PUBLIC sg_${used})
  endforeach()
  foreach(library ${room_THIRD_PARTY})
    target_link_libraries(sg_${name} PUBLIC sg_3p_${library})
  endforeach()
endfunction()

# sg_program(NAME SOURCES… [ALONE source…] USES room… [THIRD_PARTY library…])
function(sg_program name)
  cmake_parse_arguments(program "" "" "SOURCES;ALONE;USES;THIRD_PARTY" ${ARGN})
  add_executable(${name} ${program_SOURCES} ${program_ALONE})
  sg_compile_together(${name} ${program_ALONE})
  target_link_libraries(${name} PRIVATE sg_options Threads::Threads)
  foreach(used ${program_USES})
    target_link_libraries(${name} PRIVATE sg_${used})
  endforeach()
  foreach(library ${program_THIRD_PARTY})
    target_link_libraries(${name} PRIVATE sg_3p_${library})
  endforeach()
endfunction()
