// SPDX-License-Identifier: BSD-2-Clause

//! Every target over random bytes, and over inputs that fuzzing has found.
//!
//! `PROPTEST_CASES` says how many random inputs each gets.

use proptest::prelude::{any, proptest};

proptest! {
    #[test]
    fn no_access_to_a_factory_page_breaks_anything(
        bytes in proptest::collection::vec(any::<u8>(), 0..4000),
    ) {
        tombolo_fuzz::factory_page(&bytes);
    }

    #[test]
    fn no_access_to_a_control_page_breaks_anything(
        bytes in proptest::collection::vec(any::<u8>(), 0..4000),
    ) {
        tombolo_fuzz::control_page(&bytes);
    }

    #[test]
    fn no_message_breaks_the_server(
        bytes in proptest::collection::vec(any::<u8>(), 0..4000),
    ) {
        tombolo_fuzz::messages(&bytes);
    }

    #[test]
    fn no_peer_breaks_a_ring(bytes in proptest::collection::vec(any::<u8>(), 0..4000)) {
        tombolo_fuzz::rings(&bytes);
    }
}
