// SPDX-License-Identifier: BSD-2-Clause

//! The numbers of `kernel-abi.system`, and where Microkit puts capabilities.

/// Address of the code page in every child.
pub const CODE: u64 = 0x1000_0000;
/// Bytes of it for each child.
pub const CODE_SIZE: u64 = 0x400;
/// Address of the shared page in every child.
pub const SHARED: u64 = 0x1100_0000;
/// Address of the guest's RAM in the guest.
pub const GUEST_RAM: u64 = 0x4000_0000;
/// Address of a page that the guest may only read.
pub const GUEST_ROM: u64 = 0x5000_0000;
/// An address where the guest has nothing.
pub const GUEST_NOTHING: u64 = 0x6000_0000;
/// Where the guest finds the virtual GIC CPU interface.
pub const GUEST_GICC: u64 = 0x0801_0000;
/// The runner's channel of the UART's interrupt.
pub const UART_IRQ: usize = 5;

/// A protection domain's own endpoint or notification.
pub const INPUT: u64 = 1;
/// Its fault endpoint, badged.
pub const FAULT_ENDPOINT: u64 = 2;
/// Its address space.
pub const VSPACE: u64 = 3;
/// Its reply object.
pub const REPLY: u64 = 4;
/// The SMC capability.
pub const SMC: u64 = 7;
/// The runner's own TCB, from `<cspace>`.
pub const OWN_TCB: u64 = 1 << 58;
/// The scheduling context of `twin_a`, from `<cspace>`.
pub const TWIN_A_TIME: u64 = 2 << 58;
/// Id of the second virtual processor.
pub const SECOND_VCPU: u64 = 11;
/// A slot that nobody fills.
pub const EMPTY: u64 = 63;
/// A pointer whose guard does not match.
pub const UNRESOLVABLE: u64 = 0x1000;

/// The notification of the other end of channel `id`.
pub const fn notification(id: u64) -> u64 {
    10 + id
}

/// The endpoint of the other end of channel `id`.
pub const fn endpoint(id: u64) -> u64 {
    74 + id
}

/// A child's channel to the runner.
pub const TO_RUNNER: u64 = 1;
/// Both twins' channel to `probe`.
pub const TO_PROBE: u64 = 2;
/// `probe`'s channel to `twin_a`.
pub const TO_TWIN_A: u64 = 2;
/// A twin's channel to the other.
pub const TO_TWIN: u64 = 3;
/// The runner's channel to child `id`.
pub const fn to_child(id: u64) -> u64 {
    20 + id
}
/// The runner's channels to the servers.
pub const TO_SERVER: usize = 3;
/// The runner's channel to the active server.
pub const TO_ACTIVE: usize = 4;

/// Badge of a protected call: the caller's channel is in the low bits.
pub const CALL: u64 = 1 << 63;
/// Badge of a fault: the child's id is in the low bits.
pub const FAULT: u64 = 1 << 62;
