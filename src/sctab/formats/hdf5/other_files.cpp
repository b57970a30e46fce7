#include "sctab/formats/hdf5/other_files.hpp"

#include <fmt/format.h>

#include <deque>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/hdf5/structure/check.hpp"

namespace sctab::hdf5 {
namespace fs = std::filesystem;
namespace {

/// Where libhdf5 looks for a file that `from` names in a link: the first that is there is taken, but only it knows why
/// it could not open one.
std::vector<fs::path> places_of_linked(const fs::path& from, const fs::path& name) {
  std::error_code failed;
  const fs::path real_folder = fs::weakly_canonical(from, failed).parent_path();
  std::vector<fs::path> places;
  for (const fs::path& each : {name, name.filename()}) {
    for (const fs::path& folder : {from.parent_path(), real_folder, fs::path()}) places.push_back(folder / each);
    if (name.is_relative()) break;
  }
  return places;
}

class OtherFilesCheck {
 public:
  void add(const fs::path& from, const structure::OtherFiles& others) {
    for (const std::string& name : others.linked) {
      bool found = false;
      for (const fs::path& place : places_of_linked(from, name)) {
        std::error_code failed;
        if (!fs::exists(place, failed)) continue;
        found = true;
        waiting_.push_back(place);
      }
      if (!found) refuse_missing(from, name);
    }
    for (const structure::OtherFiles::Values& values : others.values) check_values(values);
  }

  void run() {
    while (!waiting_.empty()) {
      const fs::path path = std::exchange(waiting_.front(), {});
      waiting_.pop_front();
      check_linked(path);
    }
  }

 private:
  [[noreturn]] static void refuse_missing(const fs::path& from, const std::string& name) {
    throw core::InputError({.file = from.string(),
                            .found = fmt::format("has a link into {}, which is not there", name),
                            .next_step = "put that file next to it"});
  }

  void check_linked(const fs::path& path) {
    constexpr std::size_t kMostFiles = 1000;
    const core::FileDescriptor file = core::open_input(path, {.expected = "an HDF5 file, which a link leads to"});
    const core::FileIdentity identity = core::identity_of(file, path);
    if (!seen_.insert({identity.device, identity.inode}).second) return;
    if (seen_.size() > kMostFiles) {
      throw core::InputError(
          {.file = path.string(),
           .found = fmt::format("is the last of {} files that links lead to", core::format_count(kMostFiles))});
    }
    structure::OtherFiles others;
    if (!structure::check_structure(file.get(), path.string(), &others)) {
      throw core::InputError({.file = path.string(),
                              .found = "is not an HDF5 file, and a link leads into it",
                              .next_step = "check the file that has the link"});
    }
    add(path, others);
  }

  /// libhdf5 takes the name as it is, from the folder where the program runs.
  static void check_values(const structure::OtherFiles::Values& values) {
    const core::FileDescriptor file = core::open_input(values.name, {.expected = "a file with values of a dataset"});
    const auto n_bytes = static_cast<std::uint64_t>(core::identity_of(file, values.name).bytes);
    if (n_bytes >= values.n_bytes) return;
    throw core::InputError(
        {.file = values.name,
         .found = fmt::format("has {} of the {} bytes that a dataset takes from it", n_bytes, values.n_bytes),
         .next_step = "copy the file again"});
  }

  std::deque<fs::path> waiting_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;  // device and inode
};

}  // namespace

void check_other_files(const fs::path& file, const structure::OtherFiles& others) {
  OtherFilesCheck check;
  check.add(file, others);
  check.run();
}

}  // namespace sctab::hdf5
