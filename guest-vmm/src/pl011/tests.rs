// SPDX-License-Identifier: BSD-2-Clause

use super::Pl011;
use proptest::prelude::*;
use std::collections::VecDeque;

const DR: u64 = 0x00;
const FR: u64 = 0x18;
const LCR_H: u64 = 0x2c;
const IFLS: u64 = 0x34;
const IMSC: u64 = 0x38;
const MIS: u64 = 0x40;
const ICR: u64 = 0x44;
const RX: u32 = 1 << 4;
const TX: u32 = 1 << 5;
const RT: u32 = 1 << 6;

#[test]
fn a_written_byte_is_sent_and_the_fifo_stays_empty() {
    let mut uart = Pl011::new();
    assert_eq!(uart.write(DR, 0x1_41), Some(0x41));
    assert_eq!(
        uart.read(FR) & 0xb8,
        0x90,
        "empty both ways, not busy, not full"
    );
    assert!(!uart.line());
    uart.write(IMSC, TX);
    assert!(uart.line());
    uart.write(ICR, TX);
    assert!(!uart.line());
}

#[test]
fn a_full_line_is_seen_in_the_flags_and_interrupts_when_it_takes_bytes_again() {
    let mut uart = Pl011::new();
    uart.write(IMSC, TX);
    uart.write(DR, 0x41);
    assert!(uart.line());
    uart.set_transmit_full(true);
    assert_eq!(uart.read(FR) & 0xa8, 0x28, "full and busy, not empty");
    assert!(!uart.line());
    assert_eq!(uart.write(DR, 0x42), Some(0x42), "whoever does not look");
    assert!(!uart.line());
    uart.set_transmit_full(false);
    assert_eq!(uart.read(FR) & 0xa8, 0x80);
    assert!(uart.line());
    uart.write(ICR, TX);
    uart.set_transmit_full(false);
    assert!(!uart.line(), "no news");
}

#[test]
fn received_bytes_raise_the_timeout_and_then_the_level() {
    let mut uart = Pl011::new();
    uart.write(LCR_H, 1 << 4);
    uart.write(IFLS, 2 << 3);
    uart.write(IMSC, RX | RT);
    assert!(uart.receive(b'a'));
    assert_eq!(uart.read(MIS), RT);
    for _ in 0..7 {
        assert!(uart.receive(b'b'));
    }
    assert_eq!(uart.read(MIS), RT | RX);
    assert_eq!(uart.read(DR), u32::from(b'a'));
    assert_eq!(uart.read(MIS), RT);
    for _ in 0..7 {
        uart.read(DR);
    }
    assert!(!uart.line());
    assert_eq!(uart.read(FR) & 0x50, 0x10);
}

#[test]
fn without_fifos_one_byte_fits() {
    let mut uart = Pl011::new();
    assert!(uart.receive(1));
    assert!(!uart.receive(2));
    assert_eq!(uart.read(FR) & 0x50, 0x40);
}

#[test]
fn linux_recognises_the_cell() {
    let mut uart = Pl011::new();
    let id = |uart: &mut Pl011, base: u64| {
        (0..4).fold(0, |id, n| id | uart.read(base + 4 * n) << (8 * n))
    };
    assert_eq!(
        id(&mut uart, 0xfe0) & 0x000f_ffff,
        0x0004_1011,
        "Arm, PL011"
    );
    assert_eq!(id(&mut uart, 0xff0), 0xb105_f00d);
}

proptest! {
    #[test]
    fn bytes_leave_in_the_order_of_arrival(
        steps in proptest::collection::vec((0u8..3, 0u64..0x1000, any::<u32>()), 0..300),
    ) {
        let mut uart = Pl011::new();
        uart.write(LCR_H, 1 << 4);
        let mut model = VecDeque::new();
        for (kind, offset, value) in steps {
            match kind {
                0 => if uart.receive(value as u8) { model.push_back(value as u8) },
                1 if offset & 0xffc != LCR_H => { uart.write(offset, value); }
                _ if offset & 0xffc == DR => {
                    prop_assert_eq!(uart.read(offset), u32::from(model.pop_front().unwrap_or(0)));
                }
                _ => { uart.read(offset); }
            }
            prop_assert!(model.len() <= 16);
            prop_assert_eq!(uart.room(), 16 - model.len());
        }
    }
}
