// SPDX-License-Identifier: BSD-2-Clause

//! Distributor registers (Arm IHI 0048B, 4.3), decoded from an offset.

/// A register, and which of its copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// GICD_CTLR.
    Ctlr,
    /// GICD_TYPER.
    Typer,
    /// GICD_IIDR.
    Iidr,
    /// GICD_IGROUPRn.
    Group(usize),
    /// GICD_ISENABLERn.
    SetEnable(usize),
    /// GICD_ICENABLERn.
    ClearEnable(usize),
    /// GICD_ISPENDRn.
    SetPending(usize),
    /// GICD_ICPENDRn.
    ClearPending(usize),
    /// GICD_ISACTIVERn.
    SetActive(usize),
    /// GICD_ICACTIVERn.
    ClearActive(usize),
    /// GICD_IPRIORITYRn: first INTID of the word.
    Priority(usize),
    /// GICD_ITARGETSRn: first INTID of the word.
    Targets(usize),
    /// GICD_ICFGRn: first INTID of the word.
    Configuration(usize),
    /// GICD_SGIR.
    SoftwareGenerated,
    /// GICD_CPENDSGIRn: first SGI of the word.
    ClearSoftwarePending(usize),
    /// GICD_SPENDSGIRn: first SGI of the word.
    SetSoftwarePending(usize),
    /// ICPIDR2.
    PeripheralId2,
    /// Reserved: reads 0, writes are ignored.
    Reserved,
}

impl Register {
    /// The register that holds byte `offset` of the distributor's page.
    pub fn at(offset: u64) -> Self {
        // Lossless: masked to a page.
        let offset = (offset & 0xffc) as usize;
        let word = offset & 0x7f;
        match offset {
            0x000 => Self::Ctlr,
            0x004 => Self::Typer,
            0x008 => Self::Iidr,
            0x080..0x100 => Self::Group(word / 4),
            0x100..0x180 => Self::SetEnable(word / 4),
            0x180..0x200 => Self::ClearEnable(word / 4),
            0x200..0x280 => Self::SetPending(word / 4),
            0x280..0x300 => Self::ClearPending(word / 4),
            0x300..0x380 => Self::SetActive(word / 4),
            0x380..0x400 => Self::ClearActive(word / 4),
            0x400..0x800 => Self::Priority(offset - 0x400),
            0x800..0xc00 => Self::Targets(offset - 0x800),
            0xc00..0xd00 => Self::Configuration((offset - 0xc00) * 4),
            0xf00 => Self::SoftwareGenerated,
            0xf10..0xf20 => Self::ClearSoftwarePending(offset - 0xf10),
            0xf20..0xf30 => Self::SetSoftwarePending(offset - 0xf20),
            0xfe8 => Self::PeripheralId2,
            _ => Self::Reserved,
        }
    }

    /// Whether byte accesses are allowed (IHI 0048B, 4.1.4); other registers
    /// take words only.
    pub fn takes_bytes(self) -> bool {
        matches!(
            self,
            Self::Priority(_)
                | Self::Targets(_)
                | Self::ClearSoftwarePending(_)
                | Self::SetSoftwarePending(_)
        )
    }
}
