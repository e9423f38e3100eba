// SPDX-License-Identifier: BSD-2-Clause

//! ESR_EL2 as seL4 hands it on (Arm ARM, "ESR_EL2, Exception Syndrome Register").

use super::Width;

const ISV: u64 = 1 << 24;
const SSE: u64 = 1 << 21;
const SF: u64 = 1 << 15;
const FNV: u64 = 1 << 10;
const CM: u64 = 1 << 8;
const S1PTW: u64 = 1 << 7;
const WNR: u64 = 1 << 6;

/// A trapped load, store or cache operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataAbort {
    /// It was a store.
    pub store: bool,
    /// A permission fault: something is mapped there, but not for this.
    pub permission: bool,
    /// Cache maintenance by address: nothing is transferred.
    pub cache_maintenance: bool,
    /// What is transferred, if the processor says.
    pub transfer: Option<AbortTransfer>,
    /// The fault hit the guest's own table walk, or the address is not valid:
    /// never to be decoded.
    pub opaque: bool,
}

/// The transfer of a load or store with a valid syndrome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortTransfer {
    /// Bytes.
    pub width: Width,
    /// Register number; 31 is the zero register.
    pub register: u8,
    /// A load extends the sign.
    pub signed: bool,
    /// The register is 64 bits wide.
    pub to_64: bool,
}

/// The classes that a vCPU's faults carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syndrome {
    /// WFI.
    Wait,
    /// WFE.
    WaitForEvent,
    /// SMC from AArch64.
    SecureCall,
    /// MRS, MSR or a system instruction.
    SystemRegister,
    /// A load, store or cache operation.
    Data(DataAbort),
    /// An instruction fetch.
    Fetch,
    /// Anything else, by its exception class.
    Other(u8),
}

impl Syndrome {
    /// Decodes ESR_EL2.
    pub fn new(esr: u64) -> Self {
        match esr >> 26 & 0x3f {
            // TI: 0 WFI, 1 WFE, 2 and 3 the same with a timeout.
            0x01 if esr & 1 == 0 => Self::Wait,
            0x01 => Self::WaitForEvent,
            0x17 => Self::SecureCall,
            0x18 => Self::SystemRegister,
            0x20 | 0x21 => Self::Fetch,
            0x24 | 0x25 => Self::Data(data_abort(esr)),
            // Lossless: masked to 6 bits.
            other => Self::Other(other as u8),
        }
    }
}

fn data_abort(esr: u64) -> DataAbort {
    let transfer = (esr & ISV != 0).then(|| AbortTransfer {
        width: Width::from_log2((esr >> 22 & 3) as u32),
        register: (esr >> 16 & 0x1f) as u8,
        signed: esr & SSE != 0,
        to_64: esr & SF != 0,
    });
    DataAbort {
        store: esr & WNR != 0,
        permission: esr & 0x3c == 0x0c,
        cache_maintenance: esr & CM != 0,
        transfer,
        opaque: esr & (S1PTW | FNV) != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observed_values_decode() {
        assert_eq!(Syndrome::new(0x07e0_0000), Syndrome::Wait);
        assert_eq!(Syndrome::new(0x07e0_0001), Syndrome::WaitForEvent);
        assert_eq!(Syndrome::new(0x5e00_0000), Syndrome::SecureCall);
        let Syndrome::Data(abort) = Syndrome::new(0x93cb_8006) else {
            panic!("a data abort")
        };
        assert_eq!(
            abort.transfer,
            Some(AbortTransfer {
                width: Width::Double,
                register: 11,
                signed: false,
                to_64: true
            })
        );
        assert!(!abort.store && !abort.permission);
        let Syndrome::Data(pair) = Syndrome::new(0x9200_0006) else {
            panic!("a data abort")
        };
        assert_eq!(pair.transfer, None);
        let Syndrome::Data(text) = Syndrome::new(0x93c0_804f) else {
            panic!("a data abort")
        };
        assert!(text.store && text.permission);
    }

    #[test]
    fn what_is_no_transfer_is_told_apart() {
        let decoded = |esr| match Syndrome::new(esr) {
            Syndrome::Data(abort) => (abort.opaque, abort.cache_maintenance),
            other => panic!("{other:?}"),
        };
        assert_eq!(decoded(0x93c0_8046), (false, false));
        assert_eq!(decoded(0x93c0_8046 | S1PTW), (true, false));
        assert_eq!(decoded(0x93c0_8046 | FNV), (true, false));
        assert_eq!(decoded(0x9200_0046 | CM), (false, true));
    }
}
