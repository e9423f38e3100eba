// SPDX-License-Identifier: BSD-2-Clause

//! The command line, from the device tree's `/chosen/bootargs`.

use core::fmt;

/// Bytes of a page.
const PAGE: u64 = 4096;

/// The part to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Watches the demo as a member.
    Watcher,
    /// Tries to get in.
    Outsider,
    /// Exercises every register of the shared-memory device.
    Registers,
    /// The other end of `Registers`.
    Peer,
    /// Measures its share of the processor beside a Linux guest.
    Meter,
    /// Never sleeps.
    Spinner,
    /// Plants breakpoints and watchpoints where others run.
    Planter,
    /// Runs where they were planted.
    Victim,
    /// Speaks in the conversation of the sample pair.
    Ghstest,
    /// Measures how long a signal takes.
    Latency,
    /// The other end of `Latency`.
    Echo,
    /// Does what a runner orders.
    Assistant,
    /// Runs the checks of the feature registers, rights and quotas.
    Features,
    /// Shares a region with others of its role, and hears from each.
    Neighbour,
    /// Runs the checks of what happens when guests end and come again.
    Lifecycle,
    /// Runs the checks of a region with 16 connections.
    Crowd,
    /// Runs the checks of many regions in one guest.
    Regions,
    /// Runs the checks of a doorbell storm.
    Storm,
    /// Attaches, writes, signals, detaches and is reset at random.
    Churn,
    /// As `Churn`, in lives that end in more ways.
    Mortal,
    /// Ends some of these.
    Reaper,
    /// Transfers blocks to `Taker`, and conducts the drills.
    Giver,
    /// Checks the blocks of `Giver`.
    Taker,
    /// Misbehaves when it is told to.
    Culprit,
    /// Runs the checks of how a name can be copied into its field.
    Copies,
    /// Lives in a region, and shows that it does.
    Citizen,
    /// Asks the manager.
    Overseer,
    /// Says again what is typed to it.
    Parrot,
    /// Is reset by each of its processors, inside an interrupt's handler.
    Processors,
    /// Reads the clock that a host keeps.
    Clock,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 30] = [
        Self::Watcher,
        Self::Outsider,
        Self::Registers,
        Self::Peer,
        Self::Meter,
        Self::Spinner,
        Self::Planter,
        Self::Victim,
        Self::Ghstest,
        Self::Latency,
        Self::Echo,
        Self::Assistant,
        Self::Features,
        Self::Neighbour,
        Self::Lifecycle,
        Self::Crowd,
        Self::Regions,
        Self::Storm,
        Self::Churn,
        Self::Mortal,
        Self::Reaper,
        Self::Giver,
        Self::Taker,
        Self::Culprit,
        Self::Copies,
        Self::Citizen,
        Self::Overseer,
        Self::Parrot,
        Self::Processors,
        Self::Clock,
    ];

    /// Its name, as in `tombolo.role=` and in the check line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Watcher => "watcher",
            Self::Outsider => "outsider",
            Self::Registers => "registers",
            Self::Peer => "peer",
            Self::Meter => "meter",
            Self::Spinner => "spinner",
            Self::Planter => "planter",
            Self::Victim => "victim",
            Self::Ghstest => "ghstest",
            Self::Latency => "latency",
            Self::Echo => "echo",
            Self::Assistant => "assistant",
            Self::Features => "features",
            Self::Neighbour => "neighbour",
            Self::Lifecycle => "lifecycle",
            Self::Crowd => "crowd",
            Self::Regions => "regions",
            Self::Storm => "storm",
            Self::Churn => "churn",
            Self::Mortal => "mortal",
            Self::Reaper => "reaper",
            Self::Giver => "giver",
            Self::Taker => "taker",
            Self::Culprit => "culprit",
            Self::Parrot => "parrot",
            Self::Processors => "processors",
            Self::Clock => "clock",
            Self::Copies => "copies",
            Self::Citizen => "citizen",
            Self::Overseer => "overseer",
        }
    }
}

/// What the command line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arguments<'a> {
    /// `tombolo.role`.
    pub role: Option<Role>,
    /// `tombolo.region`: name of the region.
    pub region: &'a str,
    /// `tombolo.size`, in pages.
    pub pages: u32,
    /// `tombolo.probe`: where the outsider has nothing to find.
    pub probe: Option<u64>,
    /// `tombolo.timeout`, in seconds.
    pub timeout: u64,
    /// `tombolo.script`: what `ghstest` says, or the misdeeds of a drill.
    pub script: &'a str,
    /// `tombolo.number`: which assistant this is, from 1; how many a runner has;
    /// how many neighbours there are, oneself included; how many processors; how many
    /// of a giver's culprits somebody types to.
    pub number: u32,
    /// `tombolo.seed`: where random numbers start.
    pub seed: u64,
    /// `tombolo.targets`: addresses of instructions, see [`Arguments::targets`].
    targets: &'a str,
}

/// An option that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadArgument<'a> {
    /// The option as it stands.
    pub text: &'a str,
}

impl fmt::Display for BadArgument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "command line: `{}` is not understood: see tombolo.role, .region, .size, .probe, \
             .timeout, .script, .number, .seed, .targets",
            self.text
        )
    }
}

impl<'a> Arguments<'a> {
    /// Reads a command line; words that do not start with `tombolo.` are ignored.
    pub fn parse(line: &'a str) -> Result<Self, BadArgument<'a>> {
        let mut arguments = Self {
            role: None,
            region: "moo",
            pages: 4096,
            probe: None,
            timeout: 120,
            script: "",
            number: 0,
            seed: 1,
            targets: "",
        };
        for text in line.split_ascii_whitespace() {
            if let Some(option) = text.strip_prefix("tombolo.") {
                arguments.take(option).ok_or(BadArgument { text })?;
            }
        }
        Ok(arguments)
    }

    fn take(&mut self, option: &'a str) -> Option<()> {
        let (key, value) = option.split_once('=')?;
        match key {
            "role" => self.role = Some(role(value)?),
            "region" if !value.is_empty() => self.region = value,
            "size" => self.pages = u32::try_from(size(value)?.div_ceil(PAGE)).ok()?,
            "probe" => self.probe = Some(number(value)?),
            "timeout" => self.timeout = number(value)?,
            "script" => self.script = value,
            "seed" => self.seed = number(value)?,
            "targets" if hexadecimals(value).all(|target| target.is_some()) => {
                self.targets = value;
            }
            "number" => self.number = u32::try_from(number(value)?).ok()?,
            _ => return None,
        }
        Some(())
    }

    /// `tombolo.targets`: hexadecimal numbers, separated by commas.
    pub fn targets(&self) -> impl Iterator<Item = u64> + 'a {
        hexadecimals(self.targets).flatten()
    }
}

fn hexadecimals(list: &str) -> impl Iterator<Item = Option<u64>> + '_ {
    list.split_terminator(',')
        .map(|text| u64::from_str_radix(text, 16).ok())
}

fn role(value: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.name() == value)
}

/// A number in decimal or, with `0x`, hexadecimal.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A number of bytes, with `K`, `M` or `G`.
fn size(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()? {
        b'K' => (&text[..text.len() - 1], 10),
        b'M' => (&text[..text.len() - 1], 20),
        b'G' => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    number(digits)?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::{Arguments, BadArgument, Role};

    #[test]
    fn options_are_taken_and_other_words_ignored() {
        let line = "console=ttyAMA0 tombolo.role=outsider tombolo.probe=0x100200000 \
                    tombolo.size=16M tombolo.region=testing tombolo.timeout=5 \
                    tombolo.script=say=hello;quit tombolo.number=3 tombolo.seed=0x51 quiet";
        let arguments = Arguments::parse(line).unwrap();
        assert_eq!(
            arguments,
            Arguments {
                role: Some(Role::Outsider),
                region: "testing",
                pages: 4096,
                probe: Some(0x1_0020_0000),
                timeout: 5,
                script: "say=hello;quit",
                number: 3,
                seed: 0x51,
                targets: "",
            }
        );
        assert_eq!(Arguments::parse("").unwrap().role, None);
        assert_eq!(Arguments::parse("tombolo.size=1").unwrap().pages, 1);
    }

    #[test]
    fn targets_are_a_list() {
        let arguments = Arguments::parse("tombolo.targets=2000a0,ffff").unwrap();
        let targets: Vec<u64> = arguments.targets().collect();
        assert_eq!(targets, [0x20_00a0, 0xffff]);
        assert_eq!(Arguments::parse("").unwrap().targets().count(), 0);
    }

    #[test]
    fn every_role_is_found_by_its_name() {
        for role in Role::ALL {
            let line = format!("tombolo.role={}", role.name());
            assert_eq!(Arguments::parse(&line).unwrap().role, Some(role));
        }
    }

    #[test]
    fn nonsense_is_named() {
        for text in [
            "tombolo.role=king",
            "tombolo.rule=watcher",
            "tombolo.size=16Q",
            "tombolo.size=99999999999G",
            "tombolo.size=",
            "tombolo.probe=here",
            "tombolo.region=",
            "tombolo.targets=20,x",
            "tombolo.role",
        ] {
            assert_eq!(Arguments::parse(text), Err(BadArgument { text }));
        }
    }
}
