// SPDX-License-Identifier: BSD-2-Clause

//! One look at all pages.

use tombolo_pages::deadline::{DeadlinePage, Demand};

/// Calls `wake` with the position of each page whose deadline has come, and tells all
/// how many guests contend for the processor: those that wait, and those that are held
/// back for them. If none waits, nobody has to be held back.
pub fn round<'a, I>(pages: I, now: u64, mut wake: impl FnMut(usize))
where
    I: Iterator<Item = &'a DeadlinePage> + Clone,
{
    let (mut waiting, mut held) = (0, 0);
    for (position, page) in pages.clone().enumerate() {
        match page.look() {
            Demand::Content => {}
            Demand::Waits => waiting += 1,
            Demand::Held => held += 1,
        }
        if page.due(now) {
            wake(position);
        }
    }
    let contenders = if waiting == 0 { 0 } else { waiting + held };
    for page in pages {
        page.set_contenders(contenders);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_would_run_and_did_not_trap_since_the_last_look_waits() {
        // The last is a host's: it has no guest.
        let [computes, traps, sleeps, host] = &<[DeadlinePage; 4]>::default();
        let pages = [computes, traps, sleeps, host];
        let look = |now| {
            let mut woken = Vec::new();
            round(pages.iter().copied(), now, |n| woken.push(n));
            (woken, host.contenders())
        };
        assert_eq!(look(10), (vec![], 0));
        computes.set_demand(true, false);
        traps.set_demand(true, false);
        sleeps.set_demand(false, false);
        sleeps.set(20);
        host.set(20);
        assert_eq!(look(11), (vec![], 0), "not at two looks yet");
        traps.trapped();
        assert_eq!(look(20), (vec![2, 3], 1));
        sleeps.set_demand(true, false);
        assert_eq!(look(21), (vec![], 2), "nobody trapped");
        traps.trapped();
        assert_eq!(look(22), (vec![], 2), "woken, and kept from running");
        sleeps.set_demand(false, false);
        traps.set_demand(true, true);
        assert_eq!(look(23), (vec![], 2), "one computes, one is held for it");
        computes.set_demand(false, false);
        assert_eq!(look(24), (vec![], 0), "held for nobody");
    }
}
