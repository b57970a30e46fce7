#include "sctab/core/interrupt.hpp"

#include <atomic>
#include <csignal>

#include "sctab/core/error.hpp"

namespace sctab::core {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // so that the handler may write it

extern "C" void on_signal(int signal_number) {
  interrupted.store(true);
  std::signal(signal_number, SIG_DFL);
}

}  // namespace

void install_interrupt_handler() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

void check_interrupt() {
  if (interrupted.load(std::memory_order_relaxed)) throw Interrupted();
}

void set_interrupted(bool value) {
  interrupted.store(value);
}

}  // namespace sctab::core
