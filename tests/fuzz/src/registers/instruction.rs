// SPDX-License-Identifier: BSD-2-Clause

//! Instructions without a syndrome: pairs, and forms that write the base back.
//!
//! What one of them does must be what single accesses do, element by element, and
//! nothing but that.

use super::guest::{Guest, Outcome, Start};
use super::step::Form;
use guest_vmm::exits::{Addressing, Instruction, Transfer, extend};
use guest_vmm::machine::model::FACTORY;
use guest_vmm::vcpu::Registers;

/// Of the factory page: loads change nothing from 0 to here.
const PLAIN: u64 = 0x40;
/// There a store changes nothing else.
const NAME: core::ops::Range<u64> = 0x1c..0x3c;
const STACK: u8 = 31;

/// What is executed, where, and what the registers hold.
#[derive(Clone, Copy, Debug)]
pub struct Executed {
    pub form: Form,
    pub word: u32,
    pub address: u64,
    pub value: u64,
}

/// Executes it; the transfer, if it was done.
pub fn execute(guest: &mut Guest<'_>, executed: Executed) -> Option<Transfer> {
    let Executed {
        form,
        word,
        address,
        value,
    } = executed;
    let word = form.shape(word);
    let mut start = Start {
        x: [value; 31],
        stack: value,
        store: word >> 22 & 1 == 0,
    };
    let Instruction::Transfer(transfer) = Instruction::decode(word) else {
        let done = guest.instruct(word, address, &start);
        assert!(done.is_none(), "{word:#x} is emulated");
        return None;
    };
    let base = match transfer.addressing {
        Addressing::PostIndex => address,
        Addressing::Offset | Addressing::PreIndex => address.wrapping_add_signed(-transfer.offset),
    };
    match start.x.get_mut(usize::from(transfer.base)) {
        Some(register) => *register = base,
        None => start.stack = base,
    }
    start.store = !transfer.load;
    let after = guest.instruct(word, address, &start);
    let stack = guest.stack();
    let Some(after) = after else {
        assert_eq!(stack, start.stack, "an abort writes nothing back");
        return None;
    };
    let mut expected = start.x;
    let mut write = |register: u8, value| match expected.get_mut(usize::from(register)) {
        Some(place) => *place = value,
        None if register == STACK => {}
        None => panic!("no register {register}"),
    };
    if transfer.addressing != Addressing::Offset {
        write(transfer.base, base.wrapping_add_signed(transfer.offset));
    }
    let elements = elements(&transfer, address);
    for (register, at) in elements.clone() {
        if transfer.load {
            let plain = at >= FACTORY && at + transfer.width.bytes() <= FACTORY + PLAIN;
            let value = if plain {
                let single = single(guest, &transfer, at);
                extend(single, transfer.width, transfer.signed, transfer.to_64)
            } else {
                after.operand(register)
            };
            write(register, value);
        }
    }
    assert_eq!(after.x, expected, "{word:#x} at {address:#x}");
    let moved = transfer.base == STACK && transfer.addressing != Addressing::Offset;
    let moved = if moved { transfer.offset } else { 0 };
    assert_eq!(stack, start.stack.wrapping_add_signed(moved), "{word:#x}");
    if !transfer.load {
        stored(guest, &transfer, address, &start);
    }
    Some(transfer)
}

/// Registers and addresses of what is transferred.
pub fn elements(
    transfer: &Transfer,
    address: u64,
) -> impl Iterator<Item = (u8, u64)> + Clone + use<> {
    let second = transfer.second;
    let bytes = transfer.width.bytes();
    let second = second.map(|register| (register, address + bytes));
    [Some((transfer.first, address)), second]
        .into_iter()
        .flatten()
}

/// What was stored to a name is there.
fn stored(guest: &mut Guest<'_>, transfer: &Transfer, address: u64, start: &Start) {
    let registers = Registers {
        x: start.x,
        ..Registers::default()
    };
    let bytes = transfer.width.bytes();
    let in_name = |at: u64| {
        let offset = at.checked_sub(FACTORY + NAME.start);
        offset.is_some_and(|offset| offset + bytes <= NAME.end - NAME.start)
    };
    for (register, at) in elements(transfer, address).filter(|(_, at)| in_name(*at)) {
        let value = registers.operand(register) & transfer.width.mask();
        assert_eq!(single(guest, transfer, at), value, "stored at {at:#x}");
    }
}

/// A load of one element.
fn single(guest: &mut Guest<'_>, transfer: &Transfer, at: u64) -> u64 {
    // Lossless: 0 to 3.
    let log2 = transfer.width.bytes().trailing_zeros() as u8;
    match guest.access(at, log2, None) {
        Outcome::Done(value) => value,
        Outcome::Abort => panic!("the factory page answers always"),
    }
}
