//! The operating system's signals that tell a program to stop.
//!
//! A thread of its own waits for them, and sends each to the program's process as a message. It ends
//! with the program.

use regrow_runtime::process::ProcessRef;

use super::control::Command;
use super::error::ProgramError;

/// What tells a program from outside to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// SIGINT: somebody has pressed Ctrl-C.
    Interrupt,
    /// SIGTERM: whoever runs the program wants it to end.
    Terminate,
}

/// Listens until it is dropped. Afterwards the signals do what they do to any program.
#[derive(Debug)]
pub(super) struct Listening {
    #[cfg(unix)]
    handle: signal_hook::iterator::Handle,
}

#[cfg(unix)]
impl Listening {
    pub(super) fn start(program: ProcessRef<Command>) -> Result<Listening, ProgramError> {
        use signal_hook::consts::{SIGINT, SIGTERM};

        let failed = |error: std::io::Error| ProgramError::Signals(error.to_string());
        let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]).map_err(failed)?;
        let handle = signals.handle();
        let listen = move || {
            for number in &mut signals {
                program.send(Command::Signal(match number {
                    SIGINT => Signal::Interrupt,
                    _ => Signal::Terminate,
                }));
            }
        };
        let thread = std::thread::Builder::new().name("signals".to_owned());
        thread.spawn(listen).map_err(failed)?;
        Ok(Listening { handle })
    }
}

#[cfg(not(unix))]
impl Listening {
    /// There are none here that could be told apart from an end.
    pub(super) fn start(_: ProcessRef<Command>) -> Result<Listening, ProgramError> {
        Ok(Listening {})
    }
}

#[cfg(unix)]
impl Drop for Listening {
    fn drop(&mut self) {
        self.handle.close();
    }
}
