#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sctab::core {

/// Writes to standard error. Where that cannot be written (a closed terminal, a log on a full disk) the text is lost,
/// and the work goes on.
void print_note(std::string_view text) noexcept;

/// Progress of one long loop on standard error: a bar that redraws itself on a terminal, a plain line every ten seconds
/// elsewhere. Shows done/total, the rate and the time left; `note` adds what the caller wants seen (a loss, say).
class Progress {
 public:
  /// total 0 = unknown. unit is plural: "cells".
  Progress(std::string title, std::int64_t total, std::string unit = "cells");
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::int64_t n = 1);
  void note(std::string text) { note_ = std::move(text); }
  /// Ends the bar with a closing line; called by the destructor otherwise, without one.
  void finish();

  /// `--quiet`: nothing is shown by any Progress.
  static void set_quiet(bool quiet);

 private:
  using Clock = std::chrono::steady_clock;
  void show(bool last);
  [[nodiscard]] std::string line(double seconds) const;

  std::string title_, unit_, note_;
  std::int64_t total_, done_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point shown_ = start_;
  bool finished_ = false;
  bool drew_ = false;
};

}  // namespace sctab::core
