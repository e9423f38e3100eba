// SPDX-License-Identifier: BSD-2-Clause

//! Clients that put anything into their message registers.
//!
//! What must hold: every call is answered; what is decoded is what its bytes say, once
//! more encoded; every answer fits the registers and comes back as it was; every line of
//! the log is printable; no client has a connection to what it is no member of.

use crate::system;
use arbitrary::{Arbitrary, Unstructured};
use shmem_server_api::message::MAX_BYTES;
use shmem_server_api::{Board, Call, Response, call, decode, encode, label};
use shmem_server_core::{Caller, ClientId, Effects, Handle, Outcome, Server, SlotId};
use tombolo_config::server::ServerConfig;

const CLIENTS: u8 = 3;
/// Bytes of all message registers.
const REGISTERS: usize = 120 * call::REGISTER;

#[derive(Arbitrary, Debug)]
enum Step {
    /// A caller's registers: label, number of registers, length, bytes.
    Raw {
        caller: u8,
        label: u8,
        count: u8,
        length: u16,
        bytes: Vec<u8>,
    },
    /// A request whose length and label are right.
    Request { caller: u8, bytes: Vec<u8> },
    /// An attach to a name of any bytes.
    Attach {
        caller: u8,
        name: [u8; 4],
        pages: u8,
    },
    /// A signal's two words.
    Signal {
        caller: u8,
        connection: u8,
        targets: u32,
    },
    /// The scrubber's answer.
    Cleaned(u8),
}

/// The target.
pub fn messages(bytes: &[u8]) {
    let boards: [Board; CLIENTS as usize] = Default::default();
    let mut server = Server::new(config(), &boards).expect("a sound configuration");
    let mut input = Unstructured::new(bytes);
    while !input.is_empty() {
        let Ok(step) = Step::arbitrary(&mut input) else {
            return;
        };
        run(&mut server, &step);
        members_only(&server);
    }
}

fn run(server: &mut Server<'_>, step: &Step) {
    let mut registers = [0; REGISTERS];
    let (caller, label, count) = match step {
        Step::Raw {
            caller,
            label,
            count,
            length,
            bytes,
        } => {
            registers[..8].copy_from_slice(&u64::from(*length).to_le_bytes());
            copy(bytes, &mut registers[8..]);
            (caller, u64::from(label % 4), usize::from(*count))
        }
        Step::Request { caller, bytes } => {
            let used = bytes.len().min(MAX_BYTES);
            registers[..8].copy_from_slice(&(used as u64).to_le_bytes());
            copy(&bytes[..used], &mut registers[8..]);
            (caller, label::REQUEST, 1 + used.div_ceil(8))
        }
        Step::Attach {
            caller,
            name,
            pages,
        } => {
            // In postcard: variant, length and bytes of the name, one byte of pages.
            let [a, b, c, d] = name.map(|byte| byte & 0x7f);
            registers[0] = 7;
            copy(&[0, 4, a, b, c, d, pages & 0x7f], &mut registers[8..]);
            (caller, label::REQUEST, 2)
        }
        Step::Signal {
            caller,
            connection,
            targets,
        } => {
            registers[0] = *connection;
            registers[8..12].copy_from_slice(&targets.to_le_bytes());
            (caller, label::SIGNAL, 2)
        }
        Step::Cleaned(slot) => {
            let _ = server.cleaned(SlotId(u16::from(*slot)), &mut Effects::default());
            return;
        }
    };
    let caller = match caller % (CLIENTS + 1) {
        CLIENTS => Caller::Manager,
        client => Caller::Client(ClientId(client)),
    };
    serve(server, caller, label, count, &registers);
}

fn serve(server: &mut Server<'_>, caller: Caller, label: u64, count: usize, registers: &[u8]) {
    match (Call::decode(label, count, registers), caller) {
        (Some(Call::Request(request)), _) => {
            let mut again = [0; MAX_BYTES];
            let used = encode(&request, &mut again).expect("what was decoded fits");
            assert_eq!(decode(used), Some(request.clone()));
            let outcome = server.serve(caller, request);
            answered(server, &outcome);
        }
        (
            Some(Call::Signal {
                connection,
                targets,
            }),
            Caller::Client(client),
        ) => {
            if let Ok(handle) = u8::try_from(connection) {
                let _ = server.signal(client, Handle(handle), targets);
            }
        }
        _ => {}
    }
}

fn answered(server: &Server<'_>, outcome: &Outcome) {
    let mut registers = [0; REGISTERS];
    let response: &Response = &outcome.response;
    let count = call::put_response(response, &mut registers).expect("every answer fits");
    let read = call::response(0, count, &registers);
    assert_eq!(
        read.as_ref(),
        Some(response),
        "the client reads what was said"
    );
    let line = outcome.event.display(server.config()).to_string();
    assert!(
        line.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
        "{line:?}"
    );
}

/// Client 2 is no member of pool 0, which has slots 0 and 1.
fn members_only(server: &Server<'_>) {
    let outsider = server.client(ClientId(2)).expect("it is a client");
    let mut connections = outsider.connections();
    assert!(connections.all(|(_, connection)| connection.slot.0 >= 2));
}

fn copy(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

fn config() -> ServerConfig {
    let pools = [("a*", 0..2), ("*", 0..CLIENTS)];
    let slots = [(0, 4), (0, 8), (1, 4), (1, 4)];
    system::config(CLIENTS, "c*", &pools, slots.into_iter())
}
