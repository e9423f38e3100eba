// SPDX-License-Identifier: BSD-2-Clause

//! What watches a history, and how histories are run.

use crate::seen::Seen;
use crate::step::{Kind, Step, step};
use crate::world::{Memory, World};
use proptest::collection::vec;
use proptest::test_runner::{Config, TestRunner};

/// Something that must hold after every step.
pub trait Check {
    /// Looks; panics if it does not hold.
    fn after(&mut self, world: &World<'_>, step: &Step, seen: &Seen);
    /// The history is over: everybody has left and the scrubber is done.
    fn wound_up(&mut self, _world: &World<'_>) {}
}

/// Steps of one history.
const STEPS: std::ops::Range<usize> = 2000..4000;
/// Histories of one test, unless the environment says otherwise.
const HISTORIES: u32 = 4;

/// Runs histories under a fresh check each. `PROPTEST_CASES` says how many.
pub fn histories<C: Check + Default>(kind: Kind, disciplined: bool) {
    let default = Config::default();
    let cases = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => default.cases,
        None => HISTORIES,
    };
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_time: 120_000,
        ..default
    };
    let outcome = TestRunner::new(config).run(&vec(step(kind), STEPS), |steps| {
        history::<C>(&steps, disciplined);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

fn history<C: Check + Default>(steps: &[Step], disciplined: bool) {
    let memory = Memory::new();
    let mut world = World::new(&memory, disciplined);
    let mut check = C::default();
    for step in steps {
        let seen = world.apply(step);
        check.after(&world, step, &seen);
    }
    world.wind_up();
    check.wound_up(&world);
}
