// SPDX-License-Identifier: BSD-2-Clause

//! A Linux guest's part in the conversation of the sample pair (`ghstest`).
//!
//! By script, or with whoever types; the lines are those of every other speaker.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use ghstest::{Memory, Next, Script, Session};

use guest_shm::Error;
use guest_shm::region::{Region, Status, Targets};

/// A region's data.
pub struct Words<'r>(&'r [AtomicU64]);

impl Memory for Words<'_> {
    fn load(&self, at: usize) -> u64 {
        self.0
            .get(at)
            .map_or(0, |word| word.load(Ordering::Relaxed))
    }

    fn store(&self, at: usize, value: u64) {
        if let Some(word) = self.0.get(at) {
            word.store(value, Ordering::Relaxed);
        }
    }
}

/// The conversation in an attached region.
pub struct Talk<'r, R> {
    region: &'r R,
    session: Session<Words<'r>>,
}

impl<'r, R: Region> Talk<'r, R> {
    /// In `region`, saying what `script` says.
    ///
    /// # Errors
    /// [`Error::Check`] if the device gave an index that no connection has.
    pub fn new(region: &'r R, script: Script) -> Result<Self, Error> {
        let idx = region.attachment().idx;
        let own = u8::try_from(idx)
            .map_err(|_| Error::Check(format!("the device says that my index is {idx}")))?;
        let session = Session::new(Words(region.words()), own, script);
        Ok(Self { region, session })
    }

    /// Prints what a status says.
    pub fn hear(&mut self, status: Status, out: &mut impl Write) {
        let mut text = String::new();
        let register = u32::from(status.active.0) << 16 | u32::from(status.pending.0);
        // Writing to a string never fails, and output that nobody takes stops nothing.
        let _ = self.session.status(register, &mut text);
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Says a line: a part of it, if it is too long.
    ///
    /// # Errors
    /// As [`Region::notify`].
    pub fn say(&self, line: &str) -> Result<(), Error> {
        self.session.write(line.bytes());
        self.region.notify(Targets::ALL)
    }

    /// Plays the script to its end, waiting for no step longer than `timeout`.
    ///
    /// # Errors
    /// [`Error::Timeout`] with the step that did not come; those of [`Region`].
    pub fn play(&mut self, timeout: Duration, out: &mut impl Write) -> Result<(), Error> {
        let mut awake = None;
        loop {
            let until = match self.session.advance() {
                Next::Poke => {
                    self.region.notify(Targets::ALL)?;
                    continue;
                }
                Next::Quit => return Ok(()),
                Next::Listen => Instant::now() + timeout,
                Next::Sleep(ms) => {
                    *awake.get_or_insert_with(|| Instant::now() + Duration::from_millis(ms.into()))
                }
            };
            let left = until.saturating_duration_since(Instant::now());
            if let Some(status) = self.region.wait(left)? {
                self.hear(status, out);
            } else if Instant::now() >= until {
                if awake.take().is_none() {
                    return Err(self.in_vain(timeout));
                }
                self.session.slept();
            }
        }
    }

    fn in_vain(&self, timeout: Duration) -> Error {
        let what = self.session.waits_for();
        Error::Timeout {
            what: what.map_or_else(|| "a signal".into(), |step| format!("`{step}`")),
            seconds: timeout.as_secs(),
        }
    }
}

/// Lines of a stream that comes in pieces.
#[derive(Debug, Default)]
pub struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    /// Takes what came; returns the lines that it completes, without their ends.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        self.pending.extend_from_slice(bytes);
        let mut lines = Vec::new();
        while let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            lines.push(String::from_utf8_lossy(&line[..end]).trim_end().to_owned());
        }
        lines
    }
}

/// Talks in `region` with whoever types into `input`, until `quit` or its end.
///
/// # Errors
/// [`Error::Os`] if there is no waiting or reading; those of [`Region`].
pub fn converse<R: Region + AsFd>(
    region: &R,
    input: &impl AsFd,
    out: &mut impl Write,
) -> Result<(), Error> {
    let failed = |errno| Error::os("waiting for input", io::Error::from(errno));
    let mut talk = Talk::new(region, Script::default())?;
    let mut lines = Lines::default();
    loop {
        let mut fds = [
            PollFd::new(input, PollFlags::IN),
            PollFd::from_borrowed_fd(region.as_fd(), PollFlags::IN),
        ];
        match poll(&mut fds, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(failed(errno)),
        }
        let input_ready = !fds[0].revents().is_empty();
        if let Some(status) = region.wait(Duration::ZERO)? {
            talk.hear(status, out);
        }
        if !input_ready {
            continue;
        }
        // Not through a buffer of ours: poll would not see what is in there.
        let mut bytes = [0; 1024];
        let count = rustix::io::read(input, &mut bytes).map_err(failed)?;
        for line in lines.take(&bytes[..count]) {
            if line == "quit" {
                return Ok(());
            }
            talk.say(&line)?;
        }
        if count == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, Talk};
    use ghstest::{PAGES, REGION, Script};
    use guest_shm::Error;
    use guest_shm::fake::Fake;
    use guest_shm::region::{Device, Region};
    use std::time::Duration;

    fn play(device: &Fake, script: &str, timeout: Duration) -> (Result<(), Error>, String) {
        let region = device.attach(REGION, PAGES).unwrap();
        let mut out = Vec::new();
        let mut talk = Talk::new(&region, Script::parse(script).unwrap()).unwrap();
        let result = talk.play(timeout, &mut out);
        (result, String::from_utf8(out).unwrap())
    }

    #[test]
    fn two_guests_talk() {
        let device = Fake::default();
        let other = device.clone();
        let answerer = std::thread::spawn(move || {
            let script = "hear=who is there?;say=it_is_me;members=1;quit";
            play(&other, script, Duration::from_secs(20))
        });
        let script = "members=2;say=who_is_there?;hear=it is me;quit";
        let (asked, heard) = play(&device, script, Duration::from_secs(20));
        let (answered, _) = answerer.join().unwrap();
        asked.unwrap();
        answered.unwrap();
        assert!(heard.contains(": it is me\n"), "{heard}");
    }

    #[test]
    fn who_waits_in_vain_says_for_what() {
        let (result, _) = play(
            &Fake::default(),
            "sleep=1;hear=x",
            Duration::from_millis(20),
        );
        let error = result.unwrap_err().to_string();
        assert!(error.contains("`hear=x`"), "{error}");
    }

    #[test]
    fn a_typed_line_is_said() {
        let device = Fake::default();
        let (a, b) = (
            device.attach(REGION, PAGES).unwrap(),
            device.attach(REGION, PAGES).unwrap(),
        );
        let talk = Talk::new(&a, Script::default()).unwrap();
        talk.say("moo").unwrap();
        let mut out = Vec::new();
        let mut listener = Talk::new(&b, Script::default()).unwrap();
        let status = b.wait(Duration::ZERO).unwrap().unwrap();
        listener.hear(status, &mut out);
        assert_eq!(out, b"0: moo\nattached: {} -> {0 1}\n");
    }

    #[test]
    fn lines_are_put_together_from_pieces() {
        let mut lines = Lines::default();
        assert!(lines.take(b"mo").is_empty());
        assert_eq!(lines.take(b"o\r\nquit\nx"), ["moo", "quit"]);
        assert!(lines.take(b"").is_empty());
    }
}
