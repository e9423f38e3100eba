// SPDX-License-Identifier: BSD-2-Clause

//! The clock that the demo keeps for others, if its arguments begin with `clock`.

use ghstest::Script;
use ghstest::clock::Setter;
use shmem_client::Connection;
use shmem_rings::Shared;

/// Milliseconds from one tick to the next.
pub const TICK_MS: u32 = 10;

/// What the arguments say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Whether to keep a clock.
    pub clock: bool,
    /// What to say.
    pub script: Script,
}

impl Arguments {
    /// `clock`, or a script, or `clock;` and a script. `None`: a step makes no sense.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, rest) = text.split_once(';').unwrap_or((text, ""));
        let clock = first.trim() == "clock";
        let script = Script::parse(if clock { rest } else { text }).ok()?;
        Some(Self { clock, script })
    }
}

/// A clock in a region; it stays attached.
#[derive(Debug)]
pub struct Clock<'m> {
    setter: Setter<'m>,
}

impl<'m> Clock<'m> {
    /// In this region. `None`: it can only be read, is too small, or in use.
    pub fn new(region: &Connection<'m>) -> Option<Self> {
        let memory = Shared::new(region.data().words()?);
        let setter = Setter::new(memory, region.generation()).ok()?;
        Some(Self { setter })
    }

    /// Sets it.
    pub fn tick(&mut self, ms: u64) {
        // A number is never too long.
        let _ = self.setter.set(ms);
    }
}

#[cfg(test)]
mod tests {
    use super::Arguments;

    #[test]
    fn a_clock_comes_before_the_script() {
        let parsed = |text| Arguments::parse(text).map(|a| (a.clock, a.script.is_empty()));
        assert_eq!(parsed(""), Some((false, true)));
        assert_eq!(parsed("clock"), Some((true, true)));
        assert_eq!(parsed("clock;quit"), Some((true, false)));
        assert_eq!(parsed("quit"), Some((false, false)));
        assert_eq!(parsed("quit;clock"), None);
    }
}
