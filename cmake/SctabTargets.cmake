include(GoogleTest)

add_library(sctab_flags INTERFACE)
target_compile_options(sctab_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wold-style-cast -Werror
  -Wno-restrict)  # false alarms on std::string in g++ 12 (GCC bug 105651)
if(SCTAB_SANITIZE)
  target_compile_options(sctab_flags INTERFACE -fsanitize=${SCTAB_SANITIZE} -fno-omit-frame-pointer -g1
    -Wno-maybe-uninitialized)  # false alarms in std::regex under the sanitizers
  target_link_options(sctab_flags INTERFACE -fsanitize=${SCTAB_SANITIZE})
endif()

# sctab_add_module(name SOURCES a.cpp ... LINK sctab::core ...): the library sctab::name.
function(sctab_add_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(sctab_${name} STATIC ${arg_SOURCES})
  add_library(sctab::${name} ALIAS sctab_${name})
  target_include_directories(sctab_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(sctab_${name} PUBLIC ${arg_LINK} PRIVATE sctab_flags ${arg_PRIVATE_LINK})
endfunction()

# sctab_add_test(name SOURCES a_test.cpp ... LINK sctab::name [ONE_ENTRY] [PROPERTIES ...]): the test binary test_name.
# ONE_ENTRY makes it one ctest entry; use it for binaries that load libtorch, which takes half a second to start.
function(sctab_add_test name)
  cmake_parse_arguments(arg "ONE_ENTRY" "" "SOURCES;LINK;PROPERTIES" ${ARGN})
  add_executable(test_${name} ${arg_SOURCES})
  target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(test_${name} PRIVATE SCTAB_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(test_${name} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main sctab_flags)
  if(arg_ONE_ENTRY)
    add_test(NAME ${name} COMMAND test_${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 900 ${arg_PROPERTIES})
  else()
    gtest_discover_tests(test_${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 900 ${arg_PROPERTIES})
  endif()
endfunction()

# sctab_add_bench(name SOURCES a_bench.cpp ... LINK sctab::name): the Google Benchmark binary bench_name.
function(sctab_add_bench name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(bench_${name} ${arg_SOURCES})
  target_link_libraries(bench_${name} PRIVATE ${arg_LINK} benchmark::benchmark_main sctab_flags)
endfunction()
