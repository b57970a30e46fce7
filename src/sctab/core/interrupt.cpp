#include "sctab/core/interrupt.hpp"

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>

#include "sctab/core/error.hpp"

namespace sctab::core {
namespace {

constexpr std::array kEnding = {SIGINT, SIGTERM, SIGHUP};

std::atomic<int> arrived{0};
std::array<std::atomic<bool>, kEnding.size()> caught{};  // those that were not ignored
static_assert(std::atomic<int>::is_always_lock_free);    // so that the handler may use them
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void on_signal(int signal_number) {
  const bool is_second = arrived.exchange(signal_number) != 0;
  for (std::size_t i = 0; i < kEnding.size(); ++i) {
    if (caught[i]) std::signal(kEnding[i], SIG_DFL);
  }
  if (is_second) (void)::raise(signal_number);  // another thread had got the first just before
}

}  // namespace

void install_signal_handlers() {
  for (std::size_t i = 0; i < kEnding.size(); ++i) {
    struct sigaction action {};
    if (::sigaction(kEnding[i], nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
    caught[i] = true;
    action = {};
    action.sa_handler = on_signal;  // and no SA_RESTART: what waits for a pipe ends
    for (const int signal : kEnding) ::sigaddset(&action.sa_mask, signal);
    (void)::sigaction(kEnding[i], &action, nullptr);
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
