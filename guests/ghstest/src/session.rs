// SPDX-License-Identifier: BSD-2-Clause

//! One connection's part of the conversation.

use crate::script::{Script, Step, spoken};
use crate::{Line, MAX_PEERS, Memory};
use core::fmt::{self, Write};

/// A set of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peers(pub u16);

impl Peers {
    /// The indices in it, ascending.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..MAX_PEERS).filter(move |idx| self.0 & 1 << idx != 0)
    }
}

impl fmt::Display for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        for (at, idx) in self.iter().enumerate() {
            write!(f, "{}{idx}", if at == 0 { "" } else { " " })?;
        }
        f.write_char('}')
    }
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Signal everyone else: this line has been written.
    Poke,
    /// Wait for the next status.
    Listen,
    /// The same, for at most so many milliseconds; then [`Session::slept`].
    Sleep(u32),
    /// Detach: the script has ended.
    Quit,
}

/// The conversation so far.
#[derive(Debug)]
pub struct Session<M> {
    memory: M,
    own: u8,
    script: Script,
    at: usize,
    active: Peers,
    /// What each peer said last, with its signal.
    heard: [Line; MAX_PEERS as usize],
}

impl<M: Memory> Session<M> {
    /// Connection `own` of the region with this data.
    pub fn new(memory: M, own: u8, script: Script) -> Self {
        Self {
            memory,
            own,
            script,
            at: 0,
            active: Peers::default(),
            heard: [Line::EMPTY; MAX_PEERS as usize],
        }
    }

    /// Own index.
    pub fn own(&self) -> u8 {
        self.own
    }

    /// Takes a reading of the status register, and prints what it says.
    ///
    /// Errors: those of `out`.
    pub fn status(&mut self, status: u32, out: &mut impl Write) -> fmt::Result {
        // Both lossless: masked and shifted to 16 bits.
        let pending = Peers((status & 0xffff) as u16);
        let now = Peers((status >> 16) as u16);
        for idx in pending.iter() {
            let line = Line::load(&self.memory, idx);
            writeln!(out, "{idx}: {line}")?;
            if let Some(heard) = self.heard.get_mut(usize::from(idx)) {
                *heard = line;
            }
        }
        if now != self.active {
            writeln!(out, "attached: {} -> {now}", self.active)?;
            self.active = now;
        }
        Ok(())
    }

    /// Writes a line to one's own buffer; then everyone else is to be signalled.
    pub fn write(&self, text: impl IntoIterator<Item = u8>) {
        Line::new(text).store(&self.memory, self.own);
    }

    /// What the script says now. To be called until it says to wait, and after each
    /// status.
    pub fn advance(&mut self) -> Next {
        loop {
            let step = match self.script.step(self.at) {
                Some(step) => step,
                None if self.script.is_empty() => return Next::Listen,
                None => return Next::Quit,
            };
            match step {
                Step::Members(count) if self.active.0.count_ones() != count => return Next::Listen,
                Step::Hear(text) if !self.has_heard(text) => return Next::Listen,
                Step::Sleep(ms) => return Next::Sleep(ms),
                Step::Quit => return Next::Quit,
                Step::Say(text) => {
                    self.write(spoken(text));
                    self.at += 1;
                    return Next::Poke;
                }
                Step::Members(_) | Step::Hear(_) => self.at += 1,
            }
        }
    }

    /// The time of [`Next::Sleep`] is over.
    pub fn slept(&mut self) {
        if let Some(Step::Sleep(_)) = self.script.step(self.at) {
            self.at += 1;
        }
    }

    /// What is being waited for, for messages.
    pub fn waits_for(&self) -> Option<Step<'_>> {
        self.script.step(self.at)
    }

    fn has_heard(&self, text: &str) -> bool {
        let line = Line::new(spoken(text));
        (0..)
            .zip(&self.heard)
            .any(|(idx, heard)| idx != self.own && *heard == line)
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, Session};
    use crate::buffer::tests::Words;
    use crate::{Line, Memory, Script};
    use proptest::prelude::{any, proptest};

    impl Memory for &Words {
        fn load(&self, at: usize) -> u64 {
            (*self).load(at)
        }

        fn store(&self, at: usize, value: u64) {
            (*self).store(at, value);
        }
    }

    fn session<'a>(memory: &'a Words, own: u8, script: &str) -> Session<&'a Words> {
        Session::new(memory, own, Script::parse(script).unwrap())
    }

    fn shown(session: &mut Session<&Words>, status: u32) -> String {
        let mut out = String::new();
        session.status(status, &mut out).unwrap();
        out
    }

    #[test]
    fn lines_and_changes_are_printed() {
        let memory = Words::new();
        let mut me = session(&memory, 0, "");
        assert_eq!(shown(&mut me, 1 << 16), "attached: {} -> {0}\n");
        session(&memory, 2, "").write(*b"moo");
        session(&memory, 1, "").write(*b"hello");
        assert_eq!(
            shown(&mut me, 0b111 << 16 | 0b110),
            "1: hello\n2: moo\nattached: {0} -> {0 1 2}\n"
        );
        assert_eq!(shown(&mut me, 0b111 << 16), "", "nothing new, nothing said");
        assert_eq!(shown(&mut me, 0b101 << 16), "attached: {0 1 2} -> {0 2}\n");
        assert_eq!(me.advance(), Next::Listen, "without a script for ever");
    }

    #[test]
    fn a_script_goes_on_when_its_step_is_done() {
        let memory = Words::new();
        let mut me = session(
            &memory,
            0,
            "members=2;say=good_day;hear=and_to_you;sleep=3;quit",
        );
        assert_eq!(me.advance(), Next::Listen);
        shown(&mut me, 1 << 16);
        assert_eq!(me.advance(), Next::Listen, "still alone");
        shown(&mut me, 0b11 << 16);
        assert_eq!(me.advance(), Next::Poke);
        assert_eq!(Line::load(&memory, 0).to_string(), "good day");
        assert_eq!(me.advance(), Next::Listen);
        session(&memory, 1, "").write(*b"and to you");
        assert_eq!(me.advance(), Next::Listen, "it has not been signalled");
        me.slept();
        shown(&mut me, 0b11 << 16 | 0b10);
        assert_eq!(me.advance(), Next::Sleep(3));
        assert_eq!(me.advance(), Next::Sleep(3));
        me.slept();
        assert_eq!(me.advance(), Next::Quit);
    }

    #[test]
    fn what_was_heard_too_early_still_counts_and_ones_own_line_never() {
        let memory = Words::new();
        let mut me = session(&memory, 0, "members=1;hear=x;quit");
        session(&memory, 0, "").write(*b"x");
        shown(&mut me, 0b11 << 16 | 0b01);
        assert_eq!(me.advance(), Next::Listen);
        shown(&mut me, 1 << 16);
        assert_eq!(me.advance(), Next::Listen, "I am not my peer");
        session(&memory, 1, "").write(*b"x");
        shown(&mut me, 1 << 16 | 0b10);
        assert_eq!(me.advance(), Next::Quit);
    }

    proptest! {
        #[test]
        fn no_memory_and_no_status_disturb_it(
            words in proptest::collection::vec(any::<u64>(), 64),
            statuses in proptest::collection::vec(any::<u32>(), 8),
            script in "[a-z=;_0-9]{0,40}",
        ) {
            let memory = Words::new();
            for (at, value) in words.iter().enumerate() {
                memory.store(at * 31, *value);
            }
            let script = Script::parse(&script).unwrap_or_default();
            let mut me = Session::new(&memory, 3, script);
            for status in statuses {
                let out = shown(&mut me, status);
                assert!(out.bytes().all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte)));
                me.advance();
            }
        }
    }
}
