# muster_room(NAME FILES a.c b.c USES base crypto LIBS PkgConfig::X)
#
# A room is one folder, one library and one include directory: only the headers of the
# rooms it USES can be found.  build/rooms/NAME/NAME is a link to the source folder, so
# that `#include "crypto/sign.h"` works exactly where it is allowed and nowhere else.
# With MUSTER_ARROWS the rooms are shared objects linked with -z defs, so that a symbol
# of a room that is not in USES stops the build too.
set(MUSTER_ROOMS_DIR ${CMAKE_BINARY_DIR}/rooms)

function(muster_room_link name)
  if(NOT EXISTS ${MUSTER_ROOMS_DIR}/${name}/${name})
    file(MAKE_DIRECTORY ${MUSTER_ROOMS_DIR}/${name})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${name} ${MUSTER_ROOMS_DIR}/${name}/${name} SYMBOLIC)
  endif()
endfunction()

function(muster_uses target)
  foreach(used IN LISTS ARGN)
    muster_room_link(${used})
    target_include_directories(${target} PRIVATE ${MUSTER_ROOMS_DIR}/${used})
    target_link_libraries(${target} PRIVATE muster_${used})
  endforeach()
endfunction()

function(muster_room name)
  cmake_parse_arguments(ROOM "" "" "FILES;USES;LIBS" ${ARGN})
  muster_room_link(${name})
  if(MUSTER_ARROWS)
    add_library(muster_${name} SHARED ${ROOM_FILES})
    target_link_options(muster_${name} PRIVATE -Wl,-z,defs)
  else()
    add_library(muster_${name} STATIC ${ROOM_FILES})
  endif()
  set_target_properties(muster_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(muster_${name} PRIVATE ${MUSTER_ROOMS_DIR}/${name})
  muster_uses(muster_${name} ${ROOM_USES})
  target_link_libraries(muster_${name} PRIVATE ${ROOM_LIBS})
endfunction()

# muster_test(NAME FILES x_test.c USES base LIBS ... [LABEL unit])
function(muster_test name)
  cmake_parse_arguments(T "" "LABEL" "FILES;USES;LIBS" ${ARGN})
  if(NOT T_LABEL)
    set(T_LABEL unit)
  endif()
  add_executable(${name} ${T_FILES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE MUSTER_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  muster_uses(${name} ${T_USES})
  target_link_libraries(${name} PRIVATE ${T_LIBS} PkgConfig::CMOCKA)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${T_LABEL} TIMEOUT 600)
endfunction()
