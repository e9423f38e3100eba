// SPDX-License-Identifier: BSD-2-Clause

//! Attach, notify, wait, events.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use guest_shm::{Connection, Driver, Error, EventKind, Mask, Peers, Targets};
use rustix::event::{PollFd, PollFlags, poll};

use crate::arguments::{Attach, Events, Wait};
use crate::output::{plain, print_attachment, print_status};

/// A wait without an end ends after that.
const EVER: Duration = Duration::from_secs(1 << 30);

pub fn attach(device: &Driver, arguments: &Attach) -> Result<(), Error> {
    let pages = arguments.size.unwrap_or(0);
    let hold = |connection: &Connection| {
        print_attachment(connection.attachment());
        match arguments.hold {
            Some(seconds) => hold_for(connection, Duration::from_secs(seconds)),
            None => hold_until_input_ends(connection),
        }
    };
    if arguments.read_only {
        hold(device.watch(&arguments.name, pages)?.connection())
    } else {
        let attached = guest_shm::Device::attach(device, &arguments.name, pages)?;
        hold(attached.connection())
    }
}

fn hold_for(connection: &Connection, time: Duration) -> Result<(), Error> {
    let end = Instant::now() + time;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if let Some(status) = connection.wait(left)? {
            print_status(status);
        } else if left.is_zero() {
            return Ok(());
        }
    }
}

/// Prints every change of the status until standard input ends.
fn hold_until_input_ends(connection: &Connection) -> Result<(), Error> {
    let failed = |source: io::Error| Error::os("waiting for input", source);
    let input = io::stdin();
    loop {
        let mut fds = [
            PollFd::new(&input, PollFlags::IN),
            PollFd::from_borrowed_fd(connection.as_fd(), PollFlags::IN),
        ];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(failed(errno.into())),
        }
        let input_ready = !fds[0].revents().is_empty();
        if let Some(status) = connection.wait(Duration::ZERO)? {
            print_status(status);
        }
        if input_ready && input.lock().read(&mut [0; 256]).map_err(failed)? == 0 {
            return Ok(());
        }
    }
}

/// Who is attached now: the first status after an attach tells.
fn attached(connection: &Connection) -> Result<Peers, Error> {
    Ok(connection.state()?.status.active)
}

pub fn notify(device: &Driver, name: &str, targets: Targets) -> Result<(), Error> {
    let connection = device.connect(name, 0)?;
    let own = Peers::one(connection.attachment().idx);
    let there = attached(&connection)?;
    // Bits 31:16 are set in ALL only, which misses nobody but may find nobody.
    let wanted = match targets {
        Targets::ALL => None,
        Targets(bits) => Some(guest_shm::Status::from(bits).pending),
    };
    connection.notify(targets)?;
    let missing = match wanted {
        Some(set) => set & !there,
        None if there == own => !own,
        None => Peers::NONE,
    };
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::NoPeer {
        name: name.into(),
        missing,
    })
}

pub fn wait(device: &Driver, arguments: &Wait) -> Result<(), Error> {
    let connection = device.connect(&arguments.name, arguments.size.unwrap_or(0))?;
    print_attachment(connection.attachment());
    let from = arguments.from.unwrap_or(!Peers::NONE);
    connection.set_mask(&Mask {
        mute: !from,
        membership: false,
        ..Mask::default()
    })?;
    let end = Instant::now() + Duration::from_secs(arguments.timeout);
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match connection.wait(left)? {
            Some(status) if !(status.pending & from).is_empty() => {
                print_status(status);
                return Ok(());
            }
            None if left.is_zero() => {
                return Err(Error::Timeout {
                    what: format!("a signal in \"{}\"", arguments.name),
                    seconds: arguments.timeout,
                });
            }
            _ => {}
        }
    }
}

pub fn events(device: &Driver, arguments: &Events) -> Result<(), Error> {
    let connection = device.connect(&arguments.name, arguments.size.unwrap_or(0))?;
    print_attachment(connection.attachment());
    let only = match arguments.only.as_slice() {
        [] => EventKind::ALL.as_slice(),
        some => some,
    };
    connection.set_mask(&Mask {
        events: only.to_vec(),
        ..Mask::default()
    })?;
    plain(&format!("attached {}", attached(&connection)?));
    let time = arguments.timeout.map_or(EVER, Duration::from_secs);
    let end = Instant::now() + time;
    let mut seen = 0;
    while arguments.count != Some(seen) {
        let left = end.saturating_duration_since(Instant::now());
        if let Some(event) = connection.wait_event(left)? {
            // One that was queued before the mask was set.
            if !only.contains(&event.kind) {
                continue;
            }
            seen += 1;
            if event.lost > 0 {
                plain(&format!("{} events lost", event.lost));
            }
            plain(&format!(
                "{} {} serial {} generation {}",
                event.kind, event.idx, event.serial, event.generation
            ));
        } else if left.is_zero() {
            break;
        }
    }
    match arguments.count {
        Some(count) if seen < count => Err(Error::Timeout {
            what: format!("event {} of {count}", seen + 1),
            seconds: time.as_secs(),
        }),
        _ => Ok(()),
    }
}
