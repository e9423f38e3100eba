// SPDX-License-Identifier: BSD-2-Clause

//! Random histories.

use super::world::World;
use proptest::prelude::{Strategy, any, proptest};
use shmem_client::{Attach, Connection, Error, Targets};
use shmem_server_core::{Effects, SlotId};

/// Clients that take part.
const CLIENTS: u8 = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    Attach(u8),
    Detach,
    Poke(u32),
    Read,
}

fn step() -> impl Strategy<Value = (u8, Step)> {
    let step = proptest::prop_oneof![
        (0u8..3).prop_map(Step::Attach),
        proptest::strategy::Just(Step::Detach),
        any::<u32>().prop_map(Step::Poke),
        proptest::strategy::Just(Step::Poke(u32::MAX)),
        proptest::strategy::Just(Step::Read),
    ];
    (0..CLIENTS, step)
}

proptest! {
    /// What a client thinks is attached is what the server serves, and a value
    /// of an ended connection, kept for ever, reaches nobody.
    #[test]
    fn ended_connections_reach_nobody(steps in proptest::collection::vec(step(), 1..120)) {
        let world = World::new();
        let server = world.server();
        let mut clients = [0, 1, 2].map(|n| world.client(&server, n, 3));
        let mut live: [Vec<Connection<'_>>; 3] = Default::default();
        let mut ended: [Vec<Connection<'_>>; 3] = Default::default();
        for (n, step) in steps {
            let at = usize::from(n);
            let (client, live) = (&mut clients[at], &mut live[at]);
            match step {
                Step::Attach(region) => {
                    let name = ["x", "y", "z"][usize::from(region)];
                    if let Ok(Attach::Done(connection)) = client.attach(name, 1)
                        && !live.iter().any(|other| other.name() == connection.name())
                    {
                        live.push(connection);
                    }
                }
                Step::Detach => if let Some(connection) = live.pop() {
                    ended[at].push(connection.clone());
                    client.detach(connection).unwrap();
                },
                Step::Poke(targets) => for connection in live.iter() {
                    client.poke(connection, Targets(targets)).unwrap();
                },
                Step::Read => for connection in live.iter() {
                    let status = client.status(connection).unwrap();
                    assert_ne!(status.active() & 1 << connection.index(), 0);
                },
            }
            server.take_notified();
            for connection in &ended[at] {
                assert_eq!(client.poke(connection, Targets::EVERYONE), Err(Error::Ended));
                assert_eq!(client.status(connection), Err(Error::Ended));
            }
            assert!(server.take_notified().is_empty());
            for slot in 0..3 {
                let mut effects = Effects::default();
                let _ = server.server.borrow_mut().cleaned(SlotId(slot), &mut effects);
            }
        }
    }
}
