#include "sctab/core/interrupt.hpp"

#include <array>
#include <atomic>
#include <csignal>

#include "sctab/core/error.hpp"

namespace sctab::core {
namespace {

constexpr std::array kEnding = {SIGINT, SIGTERM, SIGHUP};

std::atomic<int> arrived{0};
static_assert(std::atomic<int>::is_always_lock_free);  // so that the handler may write it

extern "C" void on_signal(int signal_number) {
  arrived.store(signal_number);
  for (const int signal : kEnding) std::signal(signal, SIG_DFL);
}

}  // namespace

void install_signal_handlers() {
  for (const int signal : kEnding) {
    if (std::signal(signal, on_signal) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
}

int interrupting_signal() {
  return arrived.load();
}

void check_interrupt() {
  if (arrived.load(std::memory_order_relaxed) != 0) throw Interrupted();
}

void set_interrupted(bool value) {
  arrived.store(value ? SIGINT : 0);
}

}  // namespace sctab::core
