# All from Debian 12 but DuckDB, which is optional; tools/install-dependencies.sh installs it.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(PkgConfig REQUIRED)
pkg_check_modules(lzf REQUIRED IMPORTED_TARGET liblzf)
add_library(sctab::lzf ALIAS PkgConfig::lzf)

# sctab_link_archives(target PACKAGE name ARCHIVES a.a ... [SYSTEM m ...] [PROBE code]): `target` is what pkg-config
# calls PACKAGE, linked from these archives and the SYSTEM's libraries, because each shared library adds to the time
# that a program takes to start, and Debian's HDF5 loads some 30 others to read files on the web. It is the shared
# library where an archive is missing, or where PROBE, a C++ program without semicolons, does not link with them (an
# HDF5 with MPI).
function(sctab_link_archives target)
  cmake_parse_arguments(arg "" "PACKAGE;PROBE" "ARCHIVES;SYSTEM" ${ARGN})
  pkg_check_modules(${arg_PACKAGE} REQUIRED IMPORTED_TARGET ${arg_PACKAGE})
  set(libraries)
  set(usable ON)
  foreach(archive IN LISTS arg_ARCHIVES)
    find_library(SCTAB_ARCHIVE_${archive} ${archive} HINTS ${${arg_PACKAGE}_LIBRARY_DIRS} ${${arg_PACKAGE}_LIBDIR})
    mark_as_advanced(SCTAB_ARCHIVE_${archive})
    if(SCTAB_ARCHIVE_${archive})
      list(APPEND libraries ${SCTAB_ARCHIVE_${archive}})
    else()
      set(usable OFF)
    endif()
  endforeach()
  list(APPEND libraries ${arg_SYSTEM})
  if(usable AND arg_PROBE)
    set(CMAKE_REQUIRED_INCLUDES ${${arg_PACKAGE}_INCLUDE_DIRS})
    set(CMAKE_REQUIRED_LIBRARIES ${libraries})
    string(MAKE_C_IDENTIFIER SCTAB_ARCHIVES_LINK_${arg_PACKAGE} links)
    check_cxx_source_compiles("${arg_PROBE}" ${links})
    set(usable ${${links}})
  endif()
  if(NOT usable)
    list(JOIN arg_ARCHIVES " " archives)
    message(STATUS "${arg_PACKAGE}: does not link from ${archives}; linked as a shared library, programs start slower")
    add_library(${target} ALIAS PkgConfig::${arg_PACKAGE})
    return()
  endif()
  string(REPLACE "::" "_" name ${target})
  add_library(${name} INTERFACE)
  target_include_directories(${name} SYSTEM INTERFACE ${${arg_PACKAGE}_INCLUDE_DIRS})
  target_link_libraries(${name} INTERFACE ${libraries})
  list(JOIN arg_ARCHIVES ":" hidden)  # no library in the process may call these copies in place of its own
  target_link_options(${name} INTERFACE "LINKER:--exclude-libs,${hidden}")
  add_library(${target} ALIAS ${name})
endfunction()

include(CheckCXXSourceCompiles)
sctab_link_archives(ZLIB::ZLIB PACKAGE zlib ARCHIVES libz.a)
sctab_link_archives(sctab::deflate PACKAGE libdeflate ARCHIVES libdeflate.a)
sctab_link_archives(sctab::zstd PACKAGE libzstd ARCHIVES libzstd.a)
sctab_link_archives(sctab::lz4 PACKAGE liblz4 ARCHIVES liblz4.a)
sctab_link_archives(sctab::snappy PACKAGE snappy ARCHIVES libsnappy.a)
sctab_link_archives(sctab::yaml PACKAGE yaml-cpp ARCHIVES libyaml-cpp.a)
# Nothing of ours may link the shared HDF5 too. Debian's libtorch loads it, through OpenCV and GDAL, and never calls it:
# programs with libtorch have a second HDF5 in memory, which shares no state with this one.
sctab_link_archives(sctab::hdf5 PACKAGE hdf5-serial ARCHIVES libhdf5.a libsz.a libaec.a libz.a
  SYSTEM m ${CMAKE_DL_LIBS} Threads::Threads
  PROBE "#include <hdf5.h>
    int main() { if (H5Fopen(\"x.h5\", H5F_ACC_RDONLY, H5P_DEFAULT) < 0) {} }")

# sctab_link_archive(target header.h library): the same for libraries that Debian has no pkg-config file for.
function(sctab_link_archive target header library)
  string(REPLACE "::" "_" name ${target})
  find_path(${name}_INCLUDE_DIR ${header} REQUIRED)
  find_library(${name}_LIBRARY NAMES lib${library}.a ${library} REQUIRED)
  mark_as_advanced(${name}_INCLUDE_DIR ${name}_LIBRARY)
  add_library(${name} INTERFACE)
  target_include_directories(${name} SYSTEM INTERFACE ${${name}_INCLUDE_DIR})
  target_link_libraries(${name} INTERFACE ${${name}_LIBRARY})
  target_link_options(${name} INTERFACE "LINKER:--exclude-libs,lib${library}.a")
  add_library(${target} ALIAS ${name})
endfunction()
sctab_link_archive(sctab::bzip2 bzlib.h bz2)
sctab_link_archive(sctab::aec libaec.h aec)

pkg_check_modules(hwy REQUIRED IMPORTED_TARGET libhwy)
add_library(sctab::hwy ALIAS PkgConfig::hwy)

# Linear algebra of small matrices. Headers only; on the calling thread, so that results do not depend on threads.
find_path(EIGEN_INCLUDE_DIR Eigen/Core PATH_SUFFIXES eigen3 REQUIRED)
add_library(sctab_eigen INTERFACE)
target_include_directories(sctab_eigen SYSTEM INTERFACE ${EIGEN_INCLUDE_DIR})
target_compile_definitions(sctab_eigen INTERFACE EIGEN_DONT_PARALLELIZE)
add_library(sctab::eigen ALIAS sctab_eigen)

# What training needs and labelling does not.
if(SCTAB_TRAIN)
  # libtorch takes the BLAS that the program links. Without OpenBLAS its GEMM runs 70 times slower and nothing says so.
  set(openblas_folder /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp)
  if(NOT EXISTS ${openblas_folder}/libblas.so.3)
    message(FATAL_ERROR "OpenBLAS with OpenMP is missing (libtorch would be 70 times slower): "
                        "run tools/install-dependencies.sh or install libopenblas0-openmp")
  endif()
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  find_library(BLAS_LIBRARY blas PATHS ${openblas_folder} NO_DEFAULT_PATH REQUIRED)
  find_path(CBLAS_INCLUDE_DIR cblas.h PATH_SUFFIXES openblas-openmp REQUIRED)
  add_library(sctab_blas INTERFACE)
  target_include_directories(sctab_blas SYSTEM INTERFACE ${CBLAS_INCLUDE_DIR})
  target_link_libraries(sctab_blas INTERFACE ${BLAS_LIBRARY})
  add_library(sctab::blas ALIAS sctab_blas)

  # Debian's libtorch (CPU). Linked by name, so that its own CMake files cannot add flags to our targets.
  find_path(TORCH_INCLUDE_DIR torch/torch.h PATH_SUFFIXES torch/csrc/api/include REQUIRED)
  find_library(TORCH_LIBRARY torch REQUIRED)
  find_library(TORCH_CPU_LIBRARY torch_cpu REQUIRED)
  find_library(C10_LIBRARY c10 REQUIRED)
  add_library(sctab_torch INTERFACE)
  target_include_directories(sctab_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIR})
  target_link_libraries(sctab_torch INTERFACE ${TORCH_LIBRARY} ${TORCH_CPU_LIBRARY} ${C10_LIBRARY} sctab_blas)
  add_library(sctab::torch ALIAS sctab_torch)

  # Gradient-boosted trees, a baseline.
  find_path(XGBOOST_INCLUDE_DIR xgboost/c_api.h REQUIRED)
  find_library(XGBOOST_LIBRARY xgboost REQUIRED)
  add_library(sctab_xgboost INTERFACE)
  target_include_directories(sctab_xgboost SYSTEM INTERFACE ${XGBOOST_INCLUDE_DIR})
  target_link_libraries(sctab_xgboost INTERFACE ${XGBOOST_LIBRARY})
  add_library(sctab::xgboost ALIAS sctab_xgboost)
endif()

# Recipes of benchmarks. Headers only.
if(SCTAB_TRAIN OR SCTAB_BUILD_TESTS OR SCTAB_FUZZ)
  find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
  add_library(sctab_tomlplusplus INTERFACE)
  target_include_directories(sctab_tomlplusplus SYSTEM INTERFACE ${TOMLPLUSPLUS_INCLUDE_DIR})
  add_library(sctab::tomlplusplus ALIAS sctab_tomlplusplus)
endif()

# DuckDB reads Parquet; tools/install-dependencies.sh puts it there. Only its header is needed here: the library is
# loaded when Parquet is first read or written. SCTAB_DUCKDB_DIR/lib is one of the places where the program looks.
set(SCTAB_DUCKDB_DIR "/opt/sctab/duckdb" CACHE PATH "Folder with DuckDB's include/duckdb.h and lib/libduckdb.so")
find_path(DUCKDB_INCLUDE_DIR duckdb.h PATHS ${SCTAB_DUCKDB_DIR}/include)
if(SCTAB_FUZZ)
  message(STATUS "fuzzing: Parquet is DuckDB's to parse, and is left out")
elseif(DUCKDB_INCLUDE_DIR)
  add_library(sctab_duckdb INTERFACE)
  target_include_directories(sctab_duckdb SYSTEM INTERFACE ${DUCKDB_INCLUDE_DIR})
  target_link_libraries(sctab_duckdb INTERFACE ${CMAKE_DL_LIBS})
  add_library(sctab::duckdb ALIAS sctab_duckdb)
else()
  message(STATUS "duckdb.h not found in ${SCTAB_DUCKDB_DIR}/include: this build neither reads nor writes Parquet")
endif()

if(SCTAB_BUILD_TESTS)
  find_package(GTest REQUIRED)
  # Makes what our own reader of Blosc is tested with.
  pkg_check_modules(blosc REQUIRED IMPORTED_TARGET blosc)
  add_library(sctab::blosc ALIAS PkgConfig::blosc)
endif()
if(SCTAB_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()
