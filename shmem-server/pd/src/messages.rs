// SPDX-License-Identifier: BSD-2-Clause

//! Message registers to calls, responses to message registers.

use sel4_microkit::{MessageInfo, with_msg_bytes, with_msg_bytes_mut};
use shmem_server_api::{Call, Response, call, label};

/// The call in the message registers; `None`: it is none of ours.
pub fn call(info: &MessageInfo) -> Option<Call> {
    with_msg_bytes(|registers| Call::decode(info.label(), info.count(), registers))
}

/// Puts a response into the message registers.
pub fn respond(response: &Response) -> MessageInfo {
    match with_msg_bytes_mut(|registers| call::put_response(response, registers)) {
        Some(count) => MessageInfo::new(0, count),
        None => malformed(),
    }
}

/// The answer to what is no message of ours.
pub fn malformed() -> MessageInfo {
    MessageInfo::new(label::REPLY_MALFORMED, 0)
}
