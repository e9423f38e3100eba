// SPDX-License-Identifier: BSD-2-Clause

//! The manager's answers in words.

use core::fmt::{self, Write};
use manager_api::{
    Command, GuestSummary, HostState, OnSilence, Refusal, State, VcpuState, VmmState,
};

/// A guest's state.
pub(super) fn state(guest: &GuestSummary) -> &'static str {
    match guest.state {
        State::Running if guest.silent => "silent",
        State::Unknown => "unknown",
        State::Held => "held",
        State::Running => "running",
        State::Off => "off",
        State::Failed => "failed",
        State::Paused => "paused",
        State::Resetting => "resetting",
    }
}

/// What a watchdog does beside saying so.
pub(super) fn on_silence(what: OnSilence) -> &'static str {
    match what {
        OnSilence::Report => "it is reported",
        OnSilence::Pause => "it is paused",
        OnSilence::Reset => "it is reset",
        OnSilence::Stop => "it is stopped",
    }
}

/// A VMM's state.
pub(super) fn vmm(state: VmmState) -> &'static str {
    match state {
        VmmState::Up => "up",
        VmmState::Restarting => "restarting",
        VmmState::GivenUp => "given up",
        VmmState::Lost => "lost",
    }
}

/// What a vCPU does.
pub(super) fn vcpu(state: VcpuState) -> &'static str {
    match state {
        VcpuState::Off => "off",
        VcpuState::Running => "running",
        VcpuState::Parked => "waiting",
        VcpuState::Suspended => "suspended",
    }
}

/// A host's state.
pub(super) fn host_state(state: HostState) -> &'static str {
    match state {
        HostState::Up => "up",
        HostState::Stopped => "stopped",
    }
}

/// What an order makes of a guest.
pub(super) fn done(command: Command) -> &'static str {
    match command {
        Command::Start => "started",
        Command::Stop => "stopped",
        Command::Pause => "paused",
        Command::Resume => "resumed",
        Command::Reset => "reset",
        Command::Restart => "restarted",
    }
}

/// When an order makes sense.
fn needs(command: Command) -> &'static str {
    match command {
        Command::Start => "it must be held, off or failed",
        Command::Stop => "it must have been started",
        Command::Pause => "it must be running",
        Command::Reset => "it must be running or paused",
        Command::Resume => "it must be paused",
        Command::Restart => "its VMM must be up",
    }
}

/// Why not, and what to do. `guest` and `command` are those of an order.
pub(super) struct Reason<'a> {
    pub(super) refusal: Refusal,
    pub(super) guest: Option<&'a str>,
    pub(super) command: Option<Command>,
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guest = self.guest.unwrap_or("GUEST");
        match (self.refusal, self.command) {
            (Refusal::NoPermission, _) => f.write_str(
                "the manager grants the console everything but that: are both of one build? \
                 `version` tells",
            ),
            (Refusal::Malformed, _) => f.write_str(
                "the manager does not understand the request: `version` compares versions",
            ),
            (Refusal::DoesNotExist, _) => f.write_str("there is no such thing"),
            (Refusal::WrongState, Some(command)) => {
                write!(f, "{}: see `info {guest}`", needs(command))
            }
            (Refusal::WrongState, None) => f.write_str("it makes no sense in its state"),
            (Refusal::Failed, Some(_)) => write!(
                f,
                "it was tried and did not work: `log vmm-{guest}` and `log manager` say why"
            ),
            (Refusal::Failed, None) => {
                f.write_str("it was tried and did not work: `log manager` says why")
            }
            (Refusal::TimedOut, _) => write!(
                f,
                "its VMM did not answer in time: see `info {guest}`, or `restart {guest}`"
            ),
            (Refusal::Busy, _) => write!(
                f,
                "another order to it is being carried out: try again when that is done"
            ),
            (Refusal::Lost, _) => write!(
                f,
                "its VMM is given up (`restart {guest}` starts it anew) or lost for good: \
                 `log manager` says why"
            ),
        }
    }
}

/// Microseconds as seconds.
pub(super) struct Seconds(pub(super) u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = self.0 / 10_000;
        let mut text = heapless::String::<32>::new();
        write!(text, "{}.{:02} s", hundredths / 100, hundredths % 100)?;
        f.pad(&text)
    }
}

/// A number of 4 KiB pages as a size.
pub(super) struct Pages(pub(super) u32);

impl fmt::Display for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = heapless::String::<32>::new();
        match self.0 {
            pages if pages != 0 && pages.is_multiple_of(256) => write!(text, "{} MB", pages / 256)?,
            pages => write!(text, "{} KB", u64::from(pages) * 4)?,
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Pages, Reason, Seconds};
    use manager_api::{Command, Refusal};

    #[test]
    fn every_refusal_is_a_sentence_with_what_to_do() {
        for refusal in [
            Refusal::NoPermission,
            Refusal::Malformed,
            Refusal::DoesNotExist,
            Refusal::WrongState,
            Refusal::Failed,
            Refusal::TimedOut,
            Refusal::Busy,
            Refusal::Lost,
        ] {
            let reason = Reason {
                refusal,
                guest: Some("guest0"),
                command: Some(Command::Pause),
            };
            assert!(reason.to_string().len() > 15, "{refusal:?}");
        }
        let reason = Reason {
            refusal: Refusal::WrongState,
            guest: Some("a"),
            command: Some(Command::Resume),
        };
        assert_eq!(reason.to_string(), "it must be paused: see `info a`");
    }

    #[test]
    fn sizes_and_times_are_for_people() {
        assert_eq!(format!("{:>8}", Pages(65536)), "  256 MB");
        assert_eq!(Pages(1).to_string(), "4 KB");
        assert_eq!(Pages(u32::MAX).to_string(), "17179869180 KB");
        assert_eq!(format!("{:>9}", Seconds(12_345_678)), "  12.34 s");
    }
}
