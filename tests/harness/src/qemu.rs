// SPDX-License-Identifier: BSD-2-Clause

//! QEMU, started as Microkit documents it for `qemu_virt_aarch64`.

use crate::judge::{Judge, Verdict};
use crate::row::Rows;
use crate::typist::Typist;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Instant;

/// Why QEMU could not be used.
#[derive(Debug, thiserror::Error)]
pub enum QemuError {
    /// Not there, most likely.
    #[error("cannot start qemu-system-aarch64: {0}; `./build.sh deps` installs it")]
    Start(std::io::Error),
    /// It broke while running.
    #[error("QEMU: {0}")]
    Run(#[from] std::io::Error),
}

/// The command line; `count` makes one instruction one virtual nanosecond.
fn command(image: &Path, count: bool) -> Command {
    let mut command = Command::new("qemu-system-aarch64");
    command.args([
        "-machine",
        "virt,virtualization=on",
        "-cpu",
        "cortex-a53",
        "-m",
        "size=2G",
    ]);
    command.arg("-device");
    command.arg(format!(
        "loader,file={},addr=0x70000000,cpu-num=0",
        image.display()
    ));
    // No guest uses QEMU's default network device, and its boot ROM is in a
    // package of its own (ipxe-qemu), without which QEMU does not start.
    command.args(["-nic", "none"]);
    if count {
        command.args(["-icount", "shift=0,sleep=off"]);
    }
    command
}

/// Runs with the terminal attached, until the person ends QEMU.
pub fn interactive(image: &Path) -> Result<(), QemuError> {
    let mut command = command(image, false);
    command.args(["-nographic", "-serial", "mon:stdio"]);
    let status = command.status().map_err(QemuError::Start)?;
    println!("QEMU ended: {status}");
    Ok(())
}

/// Runs until `judge` has decided and everything is typed, showing every line.
pub fn batch(
    image: &Path,
    judge: &mut Judge<'_>,
    typist: &mut Typist<'_>,
    count: bool,
) -> Result<Verdict, QemuError> {
    let mut command = command(image, count);
    command.args(["-display", "none", "-monitor", "none", "-serial", "stdio"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(QemuError::Start)?;
    let verdict = watch(&mut child, judge, typist);
    // It may have ended by itself; either way nothing of it stays.
    let _ = child.kill();
    child.wait()?;
    verdict
}

fn watch(
    child: &mut Child,
    judge: &mut Judge<'_>,
    typist: &mut Typist<'_>,
) -> Result<Verdict, QemuError> {
    let (Some(stdout), Some(mut keyboard)) = (child.stdout.take(), child.stdin.take()) else {
        return Ok(Verdict::Fail("QEMU has no serial line".into()));
    };
    let output = reader(stdout);
    let mut rows = Rows::default();
    let end = Instant::now() + judge.timeout();
    let mut verdict = Verdict::Undecided;
    loop {
        let until = typist.due().map_or(end, |due| due.min(end));
        match output.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(bytes) => {
                for line in rows.take(&bytes) {
                    writeln!(std::io::stdout(), "{line}")?;
                    verdict = judge.line(&line);
                    typist.line(&line, Instant::now());
                    if matches!(verdict, Verdict::Fail(_)) {
                        return Ok(verdict);
                    }
                }
                typist.unfinished(&rows.unfinished(), Instant::now());
            }
            Err(RecvTimeoutError::Timeout) if Instant::now() < end => {}
            Err(RecvTimeoutError::Timeout) => {
                let limit = judge.timeout().as_secs();
                let what = format!("no end after {limit} s");
                return Ok(Verdict::Fail(unseen(&what, judge, typist, &rows)));
            }
            Err(RecvTimeoutError::Disconnected) => {
                let reason = unseen("QEMU ended too early", judge, typist, &rows);
                return Ok(Verdict::Fail(reason));
            }
        }
        while let Some(key) = typist.key(Instant::now()) {
            keyboard.write_all(&key)?;
            keyboard.flush()?;
        }
        if verdict == Verdict::Undecided {
            verdict = judge.verdict();
        }
        if verdict == Verdict::Pass && typist.missing().is_none() {
            return Ok(verdict);
        }
    }
}

/// QEMU's output as it comes, lines or not.
fn reader(mut stdout: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, output) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stdout.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    output
}

/// What went wrong, and what was waited for.
fn unseen(what: &str, judge: &Judge<'_>, typist: &Typist<'_>, rows: &Rows) -> String {
    let mut missing = judge.missing();
    missing.extend(typist.missing());
    let last = rows.unfinished();
    if !last.is_empty() {
        missing.push(format!("the last line, unfinished: `{last}`"));
    }
    format!("{what}: {}", missing.join("; "))
}
