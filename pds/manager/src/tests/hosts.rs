// SPDX-License-Identifier: BSD-2-Clause

//! Hosts that fault.

use super::model::{Model, hosts};
use manager_api::HostState;

#[test]
fn a_host_that_faults_stays_stopped_and_the_server_drops_it_at_once() {
    let (mut hosts, mut world) = (hosts(3), Model::new(0));
    assert_eq!(hosts.by_child(42), Some(2));
    assert_eq!((hosts.by_child(43), hosts.by_child(0)), (None, None));
    hosts.fault(2, &mut world);
    assert_eq!(
        world.take(),
        [
            "server: DropClient { client: 22 }",
            "host2 stays stopped: its connections have ended, nothing waits for it"
        ]
    );
    let states = (0..3).map(|number| hosts.get(number).unwrap().state);
    assert!(states.eq([HostState::Up, HostState::Up, HostState::Stopped]));
}

#[test]
fn one_that_is_no_client_concerns_no_server() {
    let (mut hosts, mut world) = (hosts(2), Model::new(0));
    hosts.fault(1, &mut world);
    let said = world.take();
    assert_eq!(said.len(), 1, "{said:?}");
    hosts.fault(9, &mut world);
    assert_eq!(world.take(), [""; 0], "no such host");
}
