// SPDX-License-Identifier: BSD-2-Clause

//! Structures and commands of `guest_shm.h`, and the calls with them.
//!
//! Rule: each call is a safe function that takes the structure of its command, so
//! that no other can be passed. `tests/c_header.rs` compares them with the header.

use std::fs::File;

use rustix::io::Errno;
use rustix::ioctl::{Getter, NoArg, Opcode, Setter, Updater, ioctl, opcode};

use crate::region::NAME_MAX;

const GROUP: u8 = 0xb9;
/// Version of the interface that this crate needs.
pub const INTERFACE: u32 = 1;
/// Mask flag: membership changes do not wake.
pub const MASK_MEMBERSHIP: u32 = 1;
/// Access of a region that may only be read.
pub const ACCESS_READ: u32 = 1;

/// `struct guest_shm_attachment`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Attachment {
    pub name: [u8; NAME_MAX + 1],
    pub size_pages: u32,
    pub idx: u32,
    pub gpa: u64,
    pub status: u32,
    pub reason: u32,
    pub generation: u32,
    pub access: u32,
    pub vector: u32,
    pub reserved: u32,
}

/// `struct guest_shm_version`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Version {
    pub interface: u32,
    pub device: u32,
    pub features: u32,
    pub vector: u32,
}

/// `struct guest_shm_mask`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Mask {
    pub mute: u16,
    pub one_shot: u16,
    pub flags: u32,
    pub events: u32,
    pub reserved: u32,
}

/// `struct guest_shm_event`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Event {
    pub kind: u32,
    pub idx: u32,
    pub serial: u32,
    pub generation: u32,
    pub lost: u32,
    pub reserved: u32,
}

/// `struct guest_shm_listed`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Listed {
    pub name: [u8; NAME_MAX + 1],
    pub nth: u32,
    pub size_pages: u32,
    pub generation: u32,
    pub active: u32,
    pub idx: u32,
    pub reserved: u32,
}

/// `struct guest_shm_usage`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Usage {
    pub connections: u32,
    pub connections_max: u32,
    pub regions: u32,
    pub regions_max: u32,
    pub bytes: u64,
    pub bytes_max: u64,
}

/// `struct guest_shm_state`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct State {
    pub status: u32,
    pub unread: u32,
    pub may_signal: u32,
    pub serial: u32,
    pub sent: u32,
    pub received: u32,
    pub coalesced: u32,
    pub refused: u32,
}

/// Commands, by their names in the header.
pub const ATTACH: Opcode = opcode::read_write::<Attachment>(GROUP, 0);
pub const NOTIFY: Opcode = opcode::write::<u32>(GROUP, 2);
pub const DETACH: Opcode = opcode::none(GROUP, 3);
pub const VERSION: Opcode = opcode::read::<Version>(GROUP, 4);
pub const SET_MASK: Opcode = opcode::write::<Mask>(GROUP, 5);
pub const GET_MASK: Opcode = opcode::read::<Mask>(GROUP, 6);
pub const EVENT: Opcode = opcode::read::<Event>(GROUP, 7);
pub const LIST: Opcode = opcode::read_write::<Listed>(GROUP, 8);
pub const USAGE: Opcode = opcode::read::<Usage>(GROUP, 9);
pub const STATE: Opcode = opcode::read::<State>(GROUP, 10);

/// ATTACH; `attachment` has the device's answer also when it fails.
pub fn attach(file: &File, attachment: &mut Attachment) -> Result<(), Errno> {
    // SAFETY: ATTACH reads and writes one structure of this layout, and keeps no
    // pointer to it.
    unsafe { ioctl(file, Updater::<ATTACH, _>::new(attachment)) }
}

/// LIST.
pub fn list(file: &File, listed: &mut Listed) -> Result<(), Errno> {
    // SAFETY: as in `attach`.
    unsafe { ioctl(file, Updater::<LIST, _>::new(listed)) }
}

/// NOTIFY.
pub fn notify(file: &File, targets: u32) -> Result<(), Errno> {
    // SAFETY: NOTIFY reads one u32 through the pointer that Setter passes.
    unsafe { ioctl(file, Setter::<NOTIFY, u32>::new(targets)) }
}

/// DETACH.
pub fn detach(file: &File) -> Result<(), Errno> {
    // SAFETY: DETACH takes no argument.
    unsafe { ioctl(file, NoArg::<DETACH>::new()) }
}

/// SET_MASK.
pub fn set_mask(file: &File, mask: Mask) -> Result<(), Errno> {
    // SAFETY: SET_MASK reads one structure of this layout through Setter's pointer.
    unsafe { ioctl(file, Setter::<SET_MASK, Mask>::new(mask)) }
}

macro_rules! getter {
    ($name:ident, $command:ident, $structure:ident) => {
        #[doc = concat!(stringify!($command), ".")]
        pub fn $name(file: &File) -> Result<$structure, Errno> {
            // SAFETY: the command writes one structure of this layout, for which
            // every bit pattern is valid, and fills all of it when it succeeds.
            unsafe { ioctl(file, Getter::<$command, $structure>::new()) }
        }
    };
}

getter!(version, VERSION, Version);
getter!(get_mask, GET_MASK, Mask);
getter!(event, EVENT, Event);
getter!(usage, USAGE, Usage);
getter!(state, STATE, State);

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::process::Command;

    /// What the header says of each structure and command, by a C compiler.
    fn header() -> String {
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("../driver");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/header.c");
        let program = std::env::temp_dir().join(format!("guest-shm-{}", std::process::id()));
        let built = Command::new("cc")
            .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"])
            .arg(driver)
            .arg(source)
            .arg("-o")
            .arg(&program)
            .status()
            .expect("this test needs a C compiler, cc");
        assert!(built.success(), "the header does not compile");
        let output = Command::new(&program).output().expect("it was just built");
        let _ = std::fs::remove_file(program);
        String::from_utf8(output.stdout).expect("it prints ASCII")
    }

    #[test]
    fn commands_and_constants_are_those_of_the_header() {
        let ours = [
            ("ATTACH", ATTACH),
            ("NOTIFY", NOTIFY),
            ("DETACH", DETACH),
            ("VERSION", VERSION),
            ("SET_MASK", SET_MASK),
            ("GET_MASK", GET_MASK),
            ("EVENT", EVENT),
            ("LIST", LIST),
            ("USAGE", USAGE),
            ("STATE", STATE),
            ("INTERFACE", INTERFACE),
            ("ACCESS_READ", ACCESS_READ),
            ("MASK_MEMBERSHIP", MASK_MEMBERSHIP),
        ];
        // A command has the size of its structure in it.
        let mut expected = String::new();
        for (name, number) in ours {
            expected += &format!("{name} {:#x}\n", number);
        }
        assert_eq!(header(), expected);
    }
}
