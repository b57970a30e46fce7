#pragma once

namespace sctab::core {

/// Makes SIGINT and SIGTERM set a flag instead of ending the program; a second signal ends it at once.
void install_interrupt_handler();

/// Long loops ask this between blocks of work. Throws Interrupted once a signal has arrived; callable from any thread.
void check_interrupt();

/// Sets the flag as a signal would, for tests; `false` clears it.
void set_interrupted(bool value);

}  // namespace sctab::core
