// SPDX-License-Identifier: BSD-2-Clause

//! Random histories of thousands of steps: several clients that attach, signal,
//! store, detach, reboot and die while the scrubber cleans.
//!
//! The first three tests compare every answer, every notification and every word of
//! every board with a model made of maps and sets. Each of the others watches one
//! thing that must always hold, from outside. `docs/interfaces/shmem-server.md`,
//! "What always holds", says them in words.
//!
//! `PROPTEST_CASES=1000 cargo test --release -p shmem-server-core --test history` runs
//! more histories than the few of every day; `PROPTEST_RNG_SEED` repeats them.

mod check;
mod invariants;
mod memory;
mod messages;
mod model;
mod request;
mod seen;
mod step;
mod system;
mod world;

use check::histories;
use invariants::{
    Conserved, Death, Generation, Index, Membership, NothingOld, Quotas, ReadsZero, Signals, Waits,
};
use model::Reference;
use step::{FEW, Kind, MANY};

#[test]
fn every_answer_and_every_word_is_the_models() {
    histories::<Reference>(FEW, false);
}

#[test]
fn so_it_is_with_more_clients_than_a_region_takes() {
    histories::<Reference>(MANY, false);
}

#[test]
fn a_scribbling_client_changes_nothing_but_its_own_words() {
    let scribbles = Kind {
        scribbles: true,
        ..MANY
    };
    histories::<Reference>(scribbles, false);
}

#[test]
fn no_byte_is_reachable_by_a_non_member() {
    histories::<Membership>(MANY, false);
}

#[test]
fn no_byte_of_an_ended_region_is_in_a_new_one() {
    histories::<NothingOld>(FEW, false);
}

#[test]
fn a_new_region_reads_zeros() {
    histories::<ReadsZero>(FEW, true);
}

#[test]
fn no_signal_is_lost_or_invented() {
    histories::<Signals>(FEW, false);
    histories::<Signals>(MANY, false);
}

#[test]
fn an_index_is_reused_as_the_reference_page_says() {
    histories::<Index>(FEW, false);
    histories::<Index>(MANY, false);
}

#[test]
fn slots_and_connections_are_conserved() {
    histories::<Conserved>(MANY, false);
}

#[test]
fn nobody_has_more_than_its_quota() {
    histories::<Quotas>(FEW, false);
}

#[test]
fn generations_and_serials_only_grow() {
    histories::<Generation>(MANY, false);
}

#[test]
fn nothing_that_a_dead_client_held_stays_held() {
    histories::<Death>(MANY, false);
}

#[test]
fn nobody_waits_in_vain() {
    histories::<Waits>(FEW, false);
}
