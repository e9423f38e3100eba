// SPDX-License-Identifier: BSD-2-Clause

//! QEMU, started as Microkit documents it for `qemu_virt_aarch64`.

use crate::judge::{Judge, Verdict};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
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

/// Runs until `judge` has decided, showing every line.
pub fn batch(image: &Path, judge: &mut Judge<'_>, count: bool) -> Result<Verdict, QemuError> {
    let mut command = command(image, count);
    command.args(["-display", "none", "-monitor", "none", "-serial", "stdio"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(QemuError::Start)?;
    let verdict = watch(&mut child, judge);
    // It may have ended by itself; either way nothing of it stays.
    let _ = child.kill();
    child.wait()?;
    verdict
}

fn watch(child: &mut Child, judge: &mut Judge<'_>) -> Result<Verdict, QemuError> {
    let Some(stdout) = child.stdout.take() else {
        return Ok(Verdict::Fail("QEMU has no output".into()));
    };
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut raw = Vec::new();
        while reader
            .read_until(b'\n', &mut raw)
            .is_ok_and(|count| count > 0)
        {
            let line = String::from_utf8_lossy(&raw).trim_end().to_owned();
            if sender.send(line).is_err() {
                return;
            }
            raw.clear();
        }
    });
    let end = Instant::now() + judge.timeout();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(line) => {
                writeln!(std::io::stdout(), "{line}")?;
                match judge.line(&line) {
                    Verdict::Undecided => {}
                    decided => return Ok(decided),
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                let missing = judge.missing().join("; ");
                let limit = judge.timeout().as_secs();
                return Ok(Verdict::Fail(format!("no end after {limit} s: {missing}")));
            }
            Err(RecvTimeoutError::Disconnected) => {
                let missing = judge.missing().join("; ");
                return Ok(Verdict::Fail(format!("QEMU ended too early: {missing}")));
            }
        }
    }
}
