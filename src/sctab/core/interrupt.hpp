#pragma once

namespace sctab::core {

/// Makes SIGINT, SIGTERM and SIGHUP set a flag instead of ending the program, but for those that it was started to
/// ignore (by nohup, say); a second signal of any of these ends it at once. Calls that wait for a pipe return with
/// EINTR, and who made them asks check_interrupt(). SIGPIPE and SIGXFSZ are ignored: a write that fails says so itself.
void install_signal_handlers();

/// The signal that has arrived; 0: none.
int interrupting_signal();

/// Long loops ask this between blocks of work. Throws Interrupted once a signal has arrived; callable from any thread.
void check_interrupt();

/// Sets the flag as a signal would, for tests; `false` clears it.
void set_interrupted(bool value);

}  // namespace sctab::core
