// SPDX-License-Identifier: BSD-2-Clause

//! QEMU, started as Microkit documents it for `qemu_virt_aarch64`.

use crate::judge::{Judge, Verdict};
use crate::row::Rows;
use crate::trace::{Collector, Dump, DumpError};
use crate::typist::Typist;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long a dump may take: a megabyte over the serial line.
const DUMP_PATIENCE: Duration = Duration::from_secs(120);

/// Why QEMU could not be used.
#[derive(Debug, thiserror::Error)]
pub enum QemuError {
    /// Not there, most likely.
    #[error("cannot start qemu-system-aarch64: {0}; `./build.sh deps` installs it")]
    Start(std::io::Error),
    /// It broke while running.
    #[error("QEMU: {0}")]
    Run(#[from] std::io::Error),
    /// The traces cannot be read.
    #[error("traces: {0}")]
    Dump(#[from] DumpError),
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

/// Runs until `judge` has decided and everything is typed, showing every line. With
/// `traces` the system's traces are asked for then: `None` if it does not hand
/// them out.
pub fn batch(
    image: &Path,
    judge: &mut Judge<'_>,
    typist: &mut Typist<'_>,
    count: bool,
    traces: bool,
) -> Result<(Verdict, Option<Dump>), QemuError> {
    let mut command = command(image, count);
    command.args(["-display", "none", "-monitor", "none", "-serial", "stdio"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(QemuError::Start)?;
    let outcome = talk(&mut child, judge, typist, traces);
    // It may have ended by itself; either way nothing of it stays.
    let _ = child.kill();
    child.wait()?;
    outcome
}

fn talk(
    child: &mut Child,
    judge: &mut Judge<'_>,
    typist: &mut Typist<'_>,
    traces: bool,
) -> Result<(Verdict, Option<Dump>), QemuError> {
    let Some(mut serial) = Serial::of(child) else {
        return Ok((Verdict::Fail("QEMU has no serial line".into()), None));
    };
    let verdict = watch(&mut serial, judge, typist)?;
    let dump = if traces { dump(&mut serial)? } else { None };
    Ok((verdict, dump))
}

/// The serial line.
struct Serial {
    keyboard: ChildStdin,
    output: Receiver<Vec<u8>>,
    rows: Rows,
}

impl Serial {
    fn of(child: &mut Child) -> Option<Self> {
        Some(Self {
            output: reader(child.stdout.take()?),
            keyboard: child.stdin.take()?,
            rows: Rows::default(),
        })
    }
}

fn watch(
    serial: &mut Serial,
    judge: &mut Judge<'_>,
    typist: &mut Typist<'_>,
) -> Result<Verdict, QemuError> {
    let end = Instant::now() + judge.timeout();
    let mut verdict = Verdict::Undecided;
    loop {
        let until = typist.due().map_or(end, |due| due.min(end));
        let wait = until.saturating_duration_since(Instant::now());
        match serial.output.recv_timeout(wait) {
            Ok(bytes) => {
                for line in serial.rows.take(&bytes) {
                    writeln!(std::io::stdout(), "{line}")?;
                    verdict = judge.line(&line);
                    typist.line(&line, Instant::now());
                    if matches!(verdict, Verdict::Fail(_)) {
                        return Ok(verdict);
                    }
                }
                typist.unfinished(&serial.rows.unfinished(), Instant::now());
            }
            Err(RecvTimeoutError::Timeout) if Instant::now() < end => {}
            Err(RecvTimeoutError::Timeout) => {
                let limit = judge.timeout().as_secs();
                let what = format!("no end after {limit} s");
                return Ok(Verdict::Fail(unseen(&what, judge, typist, &serial.rows)));
            }
            Err(RecvTimeoutError::Disconnected) => {
                let reason = unseen("QEMU ended too early", judge, typist, &serial.rows);
                return Ok(Verdict::Fail(reason));
            }
        }
        let burst: Vec<u8> = std::iter::from_fn(|| typist.key(Instant::now()))
            .flatten()
            .collect();
        if !burst.is_empty() {
            serial.keyboard.write_all(&burst)?;
            serial.keyboard.flush()?;
        }
        if verdict == Verdict::Undecided {
            verdict = judge.verdict();
        }
        if verdict == Verdict::Pass && typist.missing().is_none() {
            return Ok(verdict);
        }
    }
}

/// Goes to the shell, asks for the traces and takes them. `None`: they did not come.
fn dump(serial: &mut Serial) -> Result<Option<Dump>, QemuError> {
    let mut collector = Collector::default();
    serial.keyboard.write_all(b"\x1dstrace dump\r")?;
    serial.keyboard.flush()?;
    let end = Instant::now() + DUMP_PATIENCE;
    loop {
        let wait = end.saturating_duration_since(Instant::now());
        let Ok(bytes) = serial.output.recv_timeout(wait) else {
            return Ok(None);
        };
        for line in serial.rows.take(&bytes) {
            if let Some(dump) = collector.line(&line)? {
                return Ok(Some(dump));
            }
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
