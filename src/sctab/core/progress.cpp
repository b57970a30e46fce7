#include "sctab/core/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "sctab/core/numbers.hpp"

namespace sctab::core {
namespace {

bool quiet_mode = false;

/// Whether a line may redraw itself: on a terminal that understands escape sequences and whose user wants them, see
/// https://no-color.org.
bool redraws() {
  static const bool wanted = [] {
    const char* no_color = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    const bool plain =
        (no_color != nullptr && *no_color != '\0') || std::string_view(terminal == nullptr ? "" : terminal) == "dumb";
    return ::isatty(STDERR_FILENO) != 0 && !plain;
  }();
  return wanted;
}

constexpr int kBarWidth = 24;

}  // namespace

void print_note(std::string_view text) noexcept {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);
  (void)std::fflush(stderr);
}

Progress::Progress(std::string title, std::int64_t total, std::string unit)
    : title_(std::move(title)), unit_(std::move(unit)), total_(total) {}

Progress::~Progress() {
  if (!finished_ && drew_) print_note("\n");
}

void Progress::advance(std::int64_t n) {
  done_ += n;
  const auto interval = redraws() ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10'000);
  if (!quiet_mode && Clock::now() - shown_ >= interval) show(false);
}

void Progress::finish() {
  if (finished_) return;
  if (!quiet_mode) show(true);
  finished_ = true;
}

void Progress::set_quiet(bool quiet) {
  quiet_mode = quiet;
}

std::string Progress::line(double seconds) const {
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0.0;
  std::string text = title_ + " ";
  if (total_ > 0) {
    const double share = static_cast<double>(done_) / static_cast<double>(total_);
    if (redraws()) {
      const auto filled = static_cast<int>(share * kBarWidth);
      text += fmt::format("[{:#<{}}{:.<{}}] ", "", filled, "", kBarWidth - filled);
    }
    text += fmt::format("{}/{} {}", format_count(done_), format_count(total_), unit_);
  } else {
    text += fmt::format("{} {}", format_count(done_), unit_);
  }
  text += fmt::format(", {}/s", format_count(static_cast<std::int64_t>(rate)));
  if (total_ > done_ && rate > 0)
    text += fmt::format(", {} left", format_duration(static_cast<double>(total_ - done_) / rate));
  if (total_ > 0 && done_ >= total_) text += fmt::format(", {}", format_duration(seconds));
  if (!note_.empty()) text += ", " + note_;
  return text;
}

void Progress::show(bool last) {
  shown_ = Clock::now();
  const std::string text = line(std::chrono::duration<double>(shown_ - start_).count());
  print_note(redraws() ? fmt::format("\r\x1b[K{}{}", text, last ? "\n" : "") : text + "\n");
  drew_ = redraws() && !last;
}

}  // namespace sctab::core
