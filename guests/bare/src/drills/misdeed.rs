// SPDX-License-Identifier: BSD-2-Clause

//! What a culprit does when it is told to.

/// A misdeed, by its name in `tombolo.script`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misdeed {
    /// Panics, and turns itself off.
    Panic,
    /// Takes an exception whose vectors nobody can fetch.
    Crash,
    /// Spins with its interrupts masked.
    Spin,
    /// The same, and its watchdog brings it back.
    Hang,
    /// Prints without end, as fast as its UART takes it.
    Chatter,
    /// Prints without end and without a look whether its UART takes it.
    Deluge,
    /// Signals everybody without end.
    Doorbell,
    /// Plants a breakpoint and a watchpoint where others run, and spins.
    Plant,
    /// Makes its monitor, a suite's own, fault.
    VmmFault,
    /// The same, when there is nobody who restarts it; then a host faults as well.
    VmmLost,
    /// Makes its monitor, a suite's own, ask the server nonsense, and resets itself.
    VmmNonsense,
    /// Makes its monitor, a suite's own, fault now and whenever it is restarted.
    VmmEnd,
    /// Makes the manager, a suite's own, fault, and resets itself when it is gone.
    ManagerFault,
    /// Is reset by its timer while it attaches, again and again.
    ResetAttach,
    /// Is reset by its timer while it writes into the region, again and again.
    ResetCopy,
}

/// What becomes of a culprit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It attaches again.
    Returns,
    /// Nobody brings it back, and nobody ends its connection.
    Stays,
    /// Nobody brings it back; its connection ends.
    Leaves,
}

impl Misdeed {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Panic,
        Self::Crash,
        Self::Spin,
        Self::Hang,
        Self::Chatter,
        Self::Deluge,
        Self::Doorbell,
        Self::Plant,
        Self::VmmFault,
        Self::VmmLost,
        Self::VmmNonsense,
        Self::VmmEnd,
        Self::ManagerFault,
        Self::ResetAttach,
        Self::ResetCopy,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Crash => "crash",
            Self::Spin => "spin",
            Self::Hang => "hang",
            Self::Chatter => "chatter",
            Self::Deluge => "deluge",
            Self::Doorbell => "doorbell",
            Self::Plant => "plant",
            Self::VmmFault => "vmm-fault",
            Self::VmmLost => "vmm-lost",
            Self::VmmNonsense => "vmm-nonsense",
            Self::VmmEnd => "vmm-end",
            Self::ManagerFault => "manager-fault",
            Self::ResetAttach => "reset-attach",
            Self::ResetCopy => "reset-copy",
        }
    }

    /// The misdeed of that name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|misdeed| misdeed.name() == name)
    }

    /// How often the culprit dies of it before it is at peace.
    pub fn deaths(self) -> u32 {
        match self {
            Self::ResetAttach | Self::ResetCopy => 12,
            _ => 1,
        }
    }

    /// What becomes of the culprit.
    pub fn fate(self) -> Fate {
        match self {
            Self::VmmLost => Fate::Stays,
            Self::VmmEnd => Fate::Leaves,
            _ => Fate::Returns,
        }
    }

    /// The culprits of a giver's script, in the order of the drills: `panic,spin`.
    /// `None` in it: no such misdeed.
    pub fn script(text: &str) -> impl Iterator<Item = Option<Self>> + '_ {
        text.split(',').map(Self::find)
    }
}

#[cfg(test)]
mod tests {
    use super::Misdeed;

    #[test]
    fn each_is_found_by_its_name() {
        for misdeed in Misdeed::ALL {
            assert_eq!(Misdeed::find(misdeed.name()), Some(misdeed));
        }
        assert_eq!(Misdeed::find("kindness"), None);
    }

    #[test]
    fn a_script_is_a_list() {
        let script: Vec<_> = Misdeed::script("panic,reset-copy,kindness").collect();
        let expected = [Some(Misdeed::Panic), Some(Misdeed::ResetCopy), None];
        assert_eq!(script, expected);
    }
}
