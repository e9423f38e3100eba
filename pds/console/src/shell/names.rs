// SPDX-License-Identifier: BSD-2-Clause

//! Names that may be meant, for completion and for "did you mean".

use super::commands::{COMMANDS, Kind};
use super::trace::DUMP;
use heapless::Vec;
use tombolo_config::Name;

/// A region's name.
pub(super) type RegionName = heapless::String<31>;

/// What the shell knows of names.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Learned from the manager: guests without a console are among them.
    pub(super) guests: Vec<Name, 60>,
    /// Learned from the manager.
    pub(super) regions: Vec<RegionName, 128>,
    /// Guests with a console, by number of their keyboard.
    pub(super) consoles: Vec<Name, 62>,
    /// Protection domains with a log.
    pub(super) logs: Vec<Name, 124>,
    /// Protection domains with a trace.
    pub(super) traces: Vec<Name, 64>,
}

/// Protection domains that are no clients of the shmem-server.
const PLATFORM: [&str; 4] = ["server", "clock", "manager", "scrubber"];

impl Names {
    /// Whether that is a host protection domain.
    pub(super) fn is_host(&self, name: &str) -> bool {
        is_host(name) && self.logs.iter().any(|log| log == name)
    }

    /// All that an argument of this kind may be.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let guests = matches!(kind, Kind::Guest | Kind::Client);
        let consoles = matches!(kind, Kind::Console | Kind::Speaker)
            // Until the manager has told all.
            || guests && self.guests.is_empty();
        let words: &[&str] = match kind {
            Kind::Word(words) => words,
            Kind::Trace => &[DUMP],
            _ => &[],
        };
        let commands = (kind == Kind::Command).then_some(COMMANDS);
        names(&self.guests, guests)
            .chain(names(&self.consoles, consoles))
            .chain(names(&self.logs, kind == Kind::Speaker))
            .chain(names(&self.traces, kind == Kind::Trace))
            .chain(names(&self.logs, kind == Kind::Client).filter(|name| is_host(name)))
            .chain(
                self.regions
                    .iter()
                    .filter(move |_| kind == Kind::Region)
                    .map(|name| name.as_str()),
            )
            .chain(words.iter().copied())
            .chain(commands.into_iter().flatten().map(|command| command.name))
    }
}

fn names(all: &[Name], wanted: bool) -> impl Iterator<Item = &str> {
    all.iter().filter(move |_| wanted).map(Name::as_str)
}

fn is_host(name: &str) -> bool {
    !PLATFORM.contains(&name) && !name.starts_with("vmm-")
}

#[cfg(test)]
mod tests {
    use super::{Kind, Names};

    fn all(names: &Names, kind: Kind) -> Vec<&str> {
        names.of(kind).collect()
    }

    #[test]
    fn each_kind_has_its_names() {
        let mut names = Names::default();
        for console in ["a", "b"] {
            names.consoles.push(console.try_into().unwrap()).unwrap();
        }
        for log in ["server", "vmm-a", "host0"] {
            names.logs.push(log.try_into().unwrap()).unwrap();
        }
        assert_eq!(all(&names, Kind::Guest), ["a", "b"], "none learned yet");
        names.guests.push("mute".try_into().unwrap()).unwrap();
        names.regions.push("moo".try_into().unwrap()).unwrap();
        assert_eq!(all(&names, Kind::Guest), ["mute"]);
        assert_eq!(all(&names, Kind::Console), ["a", "b"]);
        assert_eq!(all(&names, Kind::Client), ["mute", "host0"]);
        assert!(names.is_host("host0"));
        assert!(
            ["a", "mute", "vmm-a", "server", "host1"]
                .iter()
                .all(|name| !names.is_host(name))
        );
        assert_eq!(all(&names, Kind::Region), ["moo"]);
        assert_eq!(
            all(&names, Kind::Speaker),
            ["a", "b", "server", "vmm-a", "host0"]
        );
        names.traces.push("server".try_into().unwrap()).unwrap();
        assert_eq!(all(&names, Kind::Trace), ["server", "dump"]);
        assert_eq!(all(&names, Kind::Word(&["on"])), ["on"]);
        assert!(all(&names, Kind::Command).contains(&"list"));
        assert!(all(&names, Kind::Number).is_empty());
    }
}
