// SPDX-License-Identifier: BSD-2-Clause

//! Rings that no driver would write. What an honest driver sees is tested with one:
//! `tests/virtio_blk.rs`.

use super::{Dma, MAX_QUEUE, SECTOR, VirtioBlk};
use crate::exits::{Access, Served, Width};
use crate::log::Log;
use proptest::prelude::*;
use tombolo_pages::ring::{Consumer, OUTPUT_BYTES, OutputRing, Producer};

const RAM: u64 = 0x4000_0000;
const RAM_BYTES: usize = 0x8000;
const DISK_BYTES: usize = 16 * SECTOR as usize;
const DESCRIPTORS: u64 = RAM;
const AVAILABLE: u64 = RAM + 0x1000;
const USED: u64 = RAM + 0x2000;
const HEADER: u64 = RAM + 0x3000;
const DATA: u64 = RAM + 0x4000;
const STATUS: u64 = RAM + 0x7000;

const NEXT: u16 = 1;
const WRITE: u16 = 2;
const INDIRECT: u16 = 4;

const NEEDS_RESET: u64 = 64;
const RUNNING: u64 = 0xf;

struct Memory {
    ram: Vec<u8>,
    disk: Vec<u8>,
    stored: u32,
}

impl Memory {
    fn range(&self, address: u64, bytes: u64) -> Option<std::ops::Range<usize>> {
        let from = usize::try_from(address.checked_sub(RAM)?).ok()?;
        let to = from.checked_add(usize::try_from(bytes).ok()?)?;
        (to <= self.ram.len()).then_some(from..to)
    }
}

impl Dma for Memory {
    fn read_guest(&self, address: u64, to: &mut [u8]) -> bool {
        let range = self.range(address, to.len() as u64);
        range
            .map(|range| to.copy_from_slice(&self.ram[range]))
            .is_some()
    }
    fn write_guest(&mut self, address: u64, bytes: &[u8]) -> bool {
        let range = self.range(address, bytes.len() as u64);
        range
            .map(|range| self.ram[range].copy_from_slice(bytes))
            .is_some()
    }
    fn disk_to_guest(&mut self, offset: u64, address: u64, bytes: u64) -> bool {
        let Some(range) = self.range(address, bytes) else {
            return false;
        };
        let (from, to) = (offset as usize, (offset + bytes) as usize);
        self.ram[range].copy_from_slice(&self.disk[from..to]);
        true
    }
    fn guest_to_disk(&mut self, offset: u64, address: u64, bytes: u64) -> bool {
        let Some(range) = self.range(address, bytes) else {
            return false;
        };
        let (from, to) = (offset as usize, (offset + bytes) as usize);
        self.disk[from..to].copy_from_slice(&self.ram[range]);
        self.stored += 1;
        true
    }
}

/// A device whose queue of 8 is ready, with a request to read sector 0.
struct World {
    device: VirtioBlk,
    memory: Memory,
    log: OutputRing,
    now: u64,
}

impl World {
    fn new(read_only: bool) -> Self {
        let mut world = Self {
            device: VirtioBlk::new(DISK_BYTES as u64, read_only, "disk", 1_000_000, 0),
            memory: Memory {
                ram: vec![0; RAM_BYTES],
                disk: (0..DISK_BYTES).map(|n| n as u8).collect(),
                stored: 0,
            },
            log: OutputRing::new(),
            now: 0,
        };
        world.start(8);
        world.descriptor(0, (HEADER, 16), NEXT, 1);
        world.descriptor(1, (DATA, 512), NEXT | WRITE, 2);
        world.descriptor(2, (STATUS, 1), WRITE, 0);
        world
    }

    fn start(&mut self, size: u64) {
        for (offset, value) in [
            (0x70, 0),
            (0x70, 3),
            (0x24, 1),
            (0x20, 1),
            (0x70, 11),
            (0x38, size),
            (0x80, DESCRIPTORS),
            (0x90, AVAILABLE),
            (0xa0, USED),
            (0x44, 1),
            (0x70, RUNNING),
        ] {
            self.store(offset, value);
        }
        assert_eq!((self.load(0x44), self.load(0x70)), (1, RUNNING));
    }

    fn access(&mut self, offset: u64, width: Width, store: Option<u64>) -> Served {
        let access = Access {
            address: offset,
            width,
            store,
        };
        let mut log = Log::new(Producer::new(&self.log), 1_000_000);
        self.device
            .access(offset, &access, self.now, &mut self.memory, &mut log)
    }

    fn store(&mut self, offset: u64, value: u64) -> Served {
        self.access(offset, Width::Word, Some(value))
    }

    fn load(&mut self, offset: u64) -> u64 {
        match self.access(offset, Width::Word, None) {
            Served::Done(value) => value,
            other => panic!("a load is {other:?}"),
        }
    }

    fn put(&mut self, address: u64, bytes: &[u8]) {
        assert!(self.memory.write_guest(address, bytes));
    }

    fn descriptor(&mut self, number: u64, (address, bytes): (u64, u32), flags: u16, next: u16) {
        let mut raw = [0; 16];
        raw[..8].copy_from_slice(&address.to_le_bytes());
        raw[8..12].copy_from_slice(&bytes.to_le_bytes());
        raw[12..14].copy_from_slice(&flags.to_le_bytes());
        raw[14..].copy_from_slice(&next.to_le_bytes());
        self.put(DESCRIPTORS + 16 * number, &raw);
    }

    fn header(&mut self, kind: u32, sector: u64) {
        self.put(HEADER, &kind.to_le_bytes());
        self.put(HEADER + 8, &sector.to_le_bytes());
    }

    /// Makes `head` available as the first and notifies.
    fn offer(&mut self, head: u16) -> Served {
        self.put(AVAILABLE + 4, &head.to_le_bytes());
        self.put(AVAILABLE + 2, &1u16.to_le_bytes());
        self.store(0x50, 0)
    }

    fn byte(&self, address: u64) -> u8 {
        self.memory.ram[(address - RAM) as usize]
    }

    fn used(&self) -> u8 {
        self.byte(USED + 2)
    }

    fn said(&self) -> String {
        let mut bytes = vec![0; OUTPUT_BYTES];
        let n = Consumer::new(&self.log).read(&mut bytes);
        String::from_utf8_lossy(&bytes[..n]).into_owned()
    }

    /// The device has stopped, and said why.
    fn has_stopped(&mut self, why: &str) {
        assert_eq!(self.load(0x70), RUNNING | NEEDS_RESET, "{why}");
        assert_eq!(self.load(0x60), 2, "a configuration change");
        let said = self.said();
        assert!(said.contains(why), "{said}");
        let used = self.used();
        assert_eq!(self.offer(0), Served::Done(0));
        assert_eq!(self.used(), used, "it serves nothing any more");
        self.start(8);
        self.put(AVAILABLE, &[0; 64]);
        self.put(USED, &[0; 64]);
        assert_eq!(self.offer(7), Served::Done(0), "a reset is all it needs");
    }
}

#[test]
fn an_honest_request_is_served() {
    let mut world = World::new(false);
    world.put(STATUS, &[0xff]);
    world.header(0, 3);
    assert_eq!(world.offer(0), Served::Done(0));
    assert_eq!((world.used(), world.byte(STATUS)), (1, 0));
    assert_eq!(world.byte(USED + 8), 1, "513 bytes were written");
    assert_eq!(world.byte(USED + 9), 2);
    let data = &world.memory.ram[0x4000..0x4200];
    assert_eq!(data, &world.memory.disk[3 * 512..4 * 512]);
    assert!(world.device.line());
}

#[test]
fn rings_that_make_no_sense_stop_the_device() {
    type Change = fn(&mut World);
    let cases: [(&str, Change); 9] = [
        ("descriptor 8 does not exist", |w| {
            w.offer(8);
        }),
        ("descriptor 9 does not exist", |w| {
            w.descriptor(1, (DATA, 512), NEXT | WRITE, 9);
            w.offer(0);
        }),
        ("longer than the queue", |w| {
            w.descriptor(2, (STATUS, 1), WRITE | NEXT, 1);
            w.offer(0);
        }),
        ("readable part behind", |w| {
            w.descriptor(2, (STATUS, 1), 0, 0);
            w.offer(0);
        }),
        ("no header or no status", |w| {
            w.descriptor(0, (HEADER, 15), NEXT, 1);
            w.offer(0);
        }),
        ("no header or no status", |w| {
            w.descriptor(0, (HEADER, 16), 0, 1);
            w.offer(0);
        }),
        ("0x40008000 is not in", |w| {
            w.descriptor(2, (RAM + RAM_BYTES as u64, 1), WRITE, 0);
            w.offer(0);
        }),
        ("nested", |w| {
            w.descriptor(0, (DESCRIPTORS, 32), INDIRECT, 0);
            w.offer(0);
        }),
        ("nested", |w| {
            w.descriptor(0, (DESCRIPTORS + 16, 24), INDIRECT, 0);
            w.offer(0);
        }),
    ];
    for (why, change) in cases {
        let mut world = World::new(false);
        change(&mut world);
        world.has_stopped(why);
    }
    let mut world = World::new(false);
    world.put(AVAILABLE + 2, &9u16.to_le_bytes());
    world.store(0x50, 0);
    world.has_stopped("index 9 is more than the queue ahead of 0");
}

#[test]
fn data_outside_ram_or_disk_is_an_error_of_the_request_alone() {
    for (address, kind, sector) in [
        (RAM + RAM_BYTES as u64 - 511, 0, 0),
        (u64::MAX - 100, 0, 0),
        (DATA, 0, 16),
        (DATA, 0, u64::MAX),
        (DATA, 0, u64::MAX / 512 + 1),
        (DATA, 11, 0),
        (DATA, 77, 0),
    ] {
        let mut world = World::new(false);
        world.descriptor(1, (address, 512), NEXT | WRITE, 2);
        world.header(kind, sector);
        world.offer(0);
        let expected = if kind == 0 { 1 } else { 2 };
        assert_eq!(
            world.byte(STATUS),
            expected,
            "{address:#x} {kind} {sector:#x}"
        );
        assert_eq!((world.used(), world.load(0x70)), (1, RUNNING));
        assert_eq!(world.byte(USED + 8), 1, "the status byte");
    }
    let mut world = World::new(false);
    world.descriptor(1, (DATA, 100), NEXT | WRITE, 2);
    world.offer(0);
    assert_eq!(world.byte(STATUS), 1, "no whole sectors");
}

#[test]
fn a_header_and_a_status_may_be_in_pieces() {
    let mut world = World::new(false);
    world.header(1, 2);
    world.put(DATA, &[0xab; 512]);
    world.descriptor(0, (HEADER, 7), NEXT, 3);
    world.descriptor(3, (HEADER + 7, 9), NEXT, 4);
    world.descriptor(4, (DATA, 200), NEXT, 5);
    world.descriptor(5, (DATA + 200, 312), NEXT, 6);
    world.descriptor(6, (STATUS, 0), WRITE | NEXT, 2);
    world.put(STATUS, &[0xff]);
    world.offer(0);
    assert_eq!(world.byte(STATUS), 0);
    assert_eq!(world.memory.disk[2 * 512..3 * 512], [0xab; 512]);
}

#[test]
fn features_are_as_the_device_offers_or_not_ok() {
    for (low, high, ok) in [
        (0, 1, true),
        (1 << 9, 1, true),
        (0, 0, false),
        (1 << 3, 1, false),
    ] {
        let mut world = World::new(false);
        for (offset, value) in [
            (0x70, 0),
            (0x70, 3),
            (0x24, 0),
            (0x20, low),
            (0x24, 1),
            (0x20, high),
        ] {
            world.store(offset, value);
        }
        world.store(0x70, 11);
        assert_eq!(world.load(0x70), if ok { 11 } else { 3 });
        // Without them no queue gets ready.
        world.store(0x38, 8);
        world.store(0x44, 1);
        assert_eq!(world.load(0x44), u64::from(ok));
    }
}

#[test]
fn a_queue_of_no_power_of_two_or_misaligned_is_not_ready() {
    for (offset, value) in [
        (0x38, 0),
        (0x38, 7),
        (0x38, 2 * u64::from(MAX_QUEUE)),
        (0x38, 0x1_0000),
        (0x80, RAM + 8),
        (0x90, RAM + 1),
        (0xa0, RAM + 2),
    ] {
        let mut world = World::new(false);
        world.store(0x44, 0);
        for (offset, value) in [
            (0x38, 8),
            (0x80, DESCRIPTORS),
            (0x90, AVAILABLE),
            (0xa0, USED),
        ] {
            world.store(offset, value);
        }
        world.store(offset, value);
        world.store(0x44, 1);
        assert_eq!(world.load(0x44), 0, "{offset:#x} = {value:#x}");
    }
}

#[test]
fn a_storm_of_requests_has_to_wait() {
    let mut world = World::new(false);
    world.header(4, 0);
    world.descriptor(0, (HEADER, 16), NEXT, 2);
    let mut index = 0u16;
    let waited = loop {
        index = index.wrapping_add(1);
        world.put(AVAILABLE + 2, &index.to_le_bytes());
        match world.store(0x50, 0) {
            Served::Done(_) => assert!(index < 1000, "it never ends"),
            other => break other,
        }
    };
    assert!(index > 60, "{index}");
    let Served::Later(at) = waited else {
        panic!("{waited:?}");
    };
    let served = world.used();
    world.now = at;
    assert_eq!(world.store(0x50, 0), Served::Done(0));
    assert_eq!(world.used(), served + 1);
}

proptest! {
    #[test]
    fn no_ring_makes_it_panic_or_writes_a_read_only_disk(
        rings in proptest::collection::vec(any::<u8>(), 0x400),
        small in any::<bool>(),
        steps in proptest::collection::vec(
            (0usize..8, 0u64..0x120, 0u8..4, any::<u32>(), 0u16..12), 1..60),
    ) {
        let mut world = World::new(true);
        // Tables, rings and headers of random bytes; small numbers lead further.
        let bytes = rings.iter().map(|b| if small { b & 7 } else { *b }).collect::<Vec<_>>();
        for (n, part) in bytes.chunks(0x100).enumerate() {
            world.put(RAM + 0x1000 * n as u64 + 0x30, part);
        }
        for (what, offset, log2, value, number) in steps {
            let number64 = u64::from(number);
            match what {
                0 => {
                    world.access(offset, Width::from_log2(log2.into()), Some(value.into()));
                }
                1 => {
                    world.access(offset, Width::from_log2(log2.into()), None);
                }
                2 => {
                    let address = [HEADER, DATA, STATUS, RAM - 4, RAM + RAM_BYTES as u64 - 8]
                        [value as usize % 5];
                    let (bytes, flags) = (value >> 20, (value >> 8) as u16 & 7);
                    world.descriptor(number64, (address, bytes), flags, number.wrapping_mul(5) & 7);
                }
                3 => world.start(8),
                4 => world.header(u32::from(number), u64::from(value & 31)),
                _ => {
                    world.put(AVAILABLE + 4 + 2 * (number64 & 7), &number.to_le_bytes());
                    let index = u16::from(world.byte(AVAILABLE + 2)).wrapping_add(number & 3);
                    world.put(AVAILABLE + 2, &index.to_le_bytes());
                    if let Served::Later(at) = world.store(0x50, 0) {
                        prop_assert!(at > world.now);
                        world.now = at;
                    }
                }
            }
        }
        prop_assert_eq!(world.memory.stored, 0);
    }
}
