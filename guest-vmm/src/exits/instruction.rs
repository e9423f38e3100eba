// SPDX-License-Identifier: BSD-2-Clause

//! Loads and stores for which the processor gives no syndrome.
//!
//! Arm gives none for pairs and for forms that write the base register back
//! (Arm ARM, ISS encoding for a data abort, ISV). Encodings: Arm ARM, C4.1
//! "A64 instruction set encoding", group "Loads and Stores".

use super::Width;

/// How the base register is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// Base plus offset; the base stays.
    Offset,
    /// Base plus offset; the sum is written back.
    PreIndex,
    /// Base alone; base plus offset is written back.
    PostIndex,
}

/// What moves, between which registers and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// From memory to register.
    pub load: bool,
    /// Bytes of each element.
    pub width: Width,
    /// Loads extend the sign.
    pub signed: bool,
    /// Registers are 64 bits wide.
    pub to_64: bool,
    /// First register.
    pub first: u8,
    /// Second register of a pair.
    pub second: Option<u8>,
    /// Base register; 31 is the stack pointer.
    pub base: u8,
    /// Signed byte offset.
    pub offset: i64,
    /// Use of the base.
    pub addressing: Addressing,
}

/// A decoded instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Integer pair or write-back form: emulated.
    Transfer(Transfer),
    /// Not emulated; what it is called.
    Other(&'static str),
}

fn field(word: u32, low: u32, bits: u32) -> u32 {
    word >> low & ((1 << bits) - 1)
}

fn register(word: u32, low: u32) -> u8 {
    // Lossless: 5 bits.
    field(word, low, 5) as u8
}

/// `bits` bits from `low`, as a signed number.
fn signed_field(word: u32, low: u32, bits: u32) -> i64 {
    let shift = 64 - bits;
    (u64::from(field(word, low, bits)) << shift).cast_signed() >> shift
}

impl Instruction {
    /// Decodes an A64 instruction that touched memory.
    pub fn decode(word: u32) -> Self {
        let simd = field(word, 26, 1) == 1;
        // Bits 29:27 are 101 for pairs; 111 for single registers; 001 for exclusives.
        match field(word, 27, 3) {
            0b101 | 0b111 if simd => Self::Other("a SIMD or floating-point access"),
            0b101 => pair(word),
            0b111 => single(word),
            0b001 => Self::Other("an exclusive, acquire or release access"),
            _ if word & 0xffff_ffe0 == 0xd50b_7420 => Self::Other("DC ZVA"),
            _ => Self::Other("an instruction of an unknown kind"),
        }
    }
}

fn pair(word: u32) -> Instruction {
    let load = field(word, 22, 1) == 1;
    let (width, signed, to_64) = match (field(word, 30, 2), load) {
        (0b00, _) => (Width::Word, false, false),
        (0b01, true) => (Width::Word, true, true),
        (0b10, _) => (Width::Double, false, true),
        _ => return Instruction::Other("a pair of an unknown kind"),
    };
    let addressing = match field(word, 23, 3) {
        // 00 is the non-temporal pair: the same, as far as a device can tell.
        0b000 | 0b010 => Addressing::Offset,
        0b001 => Addressing::PostIndex,
        0b011 => Addressing::PreIndex,
        _ => return Instruction::Other("a pair of an unknown kind"),
    };
    Instruction::Transfer(Transfer {
        load,
        width,
        signed,
        to_64,
        first: register(word, 0),
        second: Some(register(word, 10)),
        base: register(word, 5),
        offset: signed_field(word, 15, 7) * width.bytes().cast_signed(),
        addressing,
    })
}

fn single(word: u32) -> Instruction {
    if field(word, 24, 2) != 0 || field(word, 21, 1) != 0 {
        return Instruction::Other("an atomic access, or one with a register offset");
    }
    let addressing = match field(word, 10, 2) {
        0b01 => Addressing::PostIndex,
        0b11 => Addressing::PreIndex,
        _ => Addressing::Offset,
    };
    let width = Width::from_log2(field(word, 30, 2));
    let (load, signed, to_64) = match field(word, 22, 2) {
        0b00 => (false, false, width == Width::Double),
        0b01 => (true, false, width == Width::Double),
        0b10 if width != Width::Double => (true, true, true),
        0b11 if matches!(width, Width::Byte | Width::Half) => (true, true, false),
        _ => return Instruction::Other("a prefetch"),
    };
    Instruction::Transfer(Transfer {
        load,
        width,
        signed,
        to_64,
        first: register(word, 0),
        second: None,
        base: register(word, 5),
        offset: signed_field(word, 12, 9),
        addressing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer(word: u32) -> Transfer {
        match Instruction::decode(word) {
            Instruction::Transfer(transfer) => transfer,
            Instruction::Other(kind) => panic!("{word:#x} is {kind}"),
        }
    }

    // Encodings as the GNU assembler makes them.
    #[test]
    fn pairs_decode() {
        // stp x3, x4, [x0, #16]
        let stp = transfer(0xa901_1003);
        assert!(!stp.load);
        assert_eq!(
            (stp.first, stp.second, stp.base, stp.offset),
            (3, Some(4), 0, 16)
        );
        assert_eq!(
            (stp.width, stp.addressing),
            (Width::Double, Addressing::Offset)
        );
        // ldp w1, w2, [sp], #-8
        let ldp = transfer(0x28ff_0be1);
        assert!(ldp.load);
        assert_eq!(
            (ldp.first, ldp.second, ldp.base, ldp.offset),
            (1, Some(2), 31, -8)
        );
        assert_eq!(
            (ldp.width, ldp.addressing),
            (Width::Word, Addressing::PostIndex)
        );
        // ldpsw x5, x6, [x7, #4]!
        let ldpsw = transfer(0x69c0_98e5);
        assert!(ldpsw.load && ldpsw.signed && ldpsw.to_64);
        assert_eq!((ldpsw.offset, ldpsw.addressing), (4, Addressing::PreIndex));
    }

    #[test]
    fn write_back_forms_decode() {
        // str w1, [x2], #4
        let post = transfer(0xb800_4441);
        assert_eq!(
            (post.load, post.width, post.offset),
            (false, Width::Word, 4)
        );
        assert_eq!(
            (post.first, post.base, post.addressing),
            (1, 2, Addressing::PostIndex)
        );
        // ldrsb w9, [x10, #-1]!
        let pre = transfer(0x38df_fd49);
        assert!(pre.load && pre.signed && !pre.to_64);
        assert_eq!(
            (pre.width, pre.offset, pre.addressing),
            (Width::Byte, -1, Addressing::PreIndex)
        );
    }

    #[test]
    fn what_is_not_emulated_is_named() {
        // stp q0, q1, [x0]
        assert_eq!(
            Instruction::decode(0xad00_0400),
            Instruction::Other("a SIMD or floating-point access")
        );
        // ldxr w0, [x1]
        assert_eq!(
            Instruction::decode(0x885f_7c20),
            Instruction::Other("an exclusive, acquire or release access")
        );
        // dc zva, x0
        assert_eq!(
            Instruction::decode(0xd50b_7420),
            Instruction::Other("DC ZVA")
        );
    }

    proptest::proptest! {
        #[test]
        fn every_word_decodes(word: u32) {
            let _ = Instruction::decode(word);
        }
    }
}
