// SPDX-License-Identifier: BSD-2-Clause

//! Code for children and guests, written in assembly and copied to where they run.

/// Ends a piece of code; never executed.
pub const END: u32 = 0x0000_ffff;
/// `SVC #0`.
pub const SVC: u32 = 0xd400_0001;
/// `UDF #0`: how a child's code says that it is done.
pub const UDF: u32 = 0;
/// `SMC #0`: how a guest's code says that it is done.
pub const SMC: u32 = 0xd400_0003;

/// Position-independent code under the name of a function that nobody calls.
pub type Code = extern "C" fn();

/// Declares code: `code!(name: "instruction", …)`.
macro_rules! code {
    ($name:ident: $($line:literal),+ $(,)?) => {
        #[unsafe(naked)]
        extern "C" fn $name() {
            core::arch::naked_asm!($($line,)+ ".inst 0xffff")
        }
    };
}
pub(crate) use code;

/// The instructions of `code`.
pub fn words(code: Code) -> impl Iterator<Item = u32> {
    let start = code as *const u32;
    (0..)
        // SAFETY: `code!` ends all code with `END`, where `take_while` stops; the
        // text segment is readable.
        .map(move |index| unsafe { start.add(index).read_volatile() })
        .take_while(|word| *word != END)
}
