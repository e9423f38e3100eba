// SPDX-License-Identifier: BSD-2-Clause

//! Message registers to requests, responses to message registers.

use sel4_microkit::{MessageInfo, set_mr, with_msg_bytes, with_msg_bytes_mut, with_msg_regs};
use shmem_server_api::{Request, Response, decode, encode, label, message::MAX_BYTES};

/// Bytes of a message register.
const REGISTER: usize = 8;

/// A signal's plain words, as the caller alleges them.
pub struct Signal {
    /// Connection handle.
    pub connection: u64,
    /// Targets.
    pub targets: u64,
}

/// The words of a signal; `None`: too few.
pub fn signal(info: &MessageInfo) -> Option<Signal> {
    (info.count() >= 2).then(|| {
        with_msg_regs(|regs| Signal {
            connection: regs[0],
            targets: regs[1],
        })
    })
}

/// The request in the message registers; `None`: malformed.
pub fn request(info: &MessageInfo) -> Option<Request> {
    let room = info.count().checked_sub(1)? * REGISTER;
    let length = usize::try_from(with_msg_regs(|regs| regs[0])).ok()?;
    if length > room.min(MAX_BYTES) {
        return None;
    }
    with_msg_bytes(|bytes| decode(bytes.get(REGISTER..REGISTER + length)?))
}

/// Puts a response into the message registers.
pub fn respond(response: &Response) -> MessageInfo {
    let used = with_msg_bytes_mut(|bytes| {
        let room = bytes.get_mut(REGISTER..REGISTER + MAX_BYTES)?;
        encode(response, room).map(<[u8]>::len)
    });
    match used {
        Some(length) => {
            // Lossless: at most MAX_BYTES.
            set_mr(0, length as u64);
            MessageInfo::new(0, 1 + length.div_ceil(REGISTER))
        }
        None => malformed(),
    }
}

/// The answer to what is no message of ours.
pub fn malformed() -> MessageInfo {
    MessageInfo::new(label::REPLY_MALFORMED, 0)
}
