// SPDX-License-Identifier: BSD-2-Clause

//! The server's configuration, as small as a target needs it.

use core::ops::Range;
use tombolo_config::Output;
use tombolo_config::server::{
    Access, Client, EVERYONE, Member, Pool, Quota, Rule, ServerConfig, Slot,
};

/// So many clients, who are all denied `denied`; pools by pattern and members; slots by
/// pool and pages.
pub fn config(
    clients: u8,
    denied: &str,
    pools: &[(&str, Range<u8>)],
    slots: impl Iterator<Item = (u8, u32)>,
) -> ServerConfig {
    let client = |number: u8| Client {
        name: format!("guest{number}").as_str().try_into().expect("short"),
        channel: number,
        board: 0,
        rules: [Rule::Deny(denied.try_into().expect("short"))]
            .into_iter()
            .collect(),
        pace: tombolo_config::guest::Pace::default(),
        quota: Quota::default(),
    };
    let member = |client| Member {
        client,
        access: Access::ReadWrite,
        signals: EVERYONE,
    };
    let pool = |(pattern, members): &(&str, Range<u8>)| Pool {
        name: "pool".try_into().expect("short"),
        patterns: [(*pattern).try_into().expect("short")]
            .into_iter()
            .collect(),
        members: members.clone().map(member).collect(),
    };
    ServerConfig {
        output: Output::default(),
        clients: (0..clients).map(client).collect(),
        pools: pools.iter().map(pool).collect(),
        slots: slots.map(|(pool, pages)| Slot { pool, pages }).collect(),
        create: heapless::Vec::new(),
        scrubber: 61,
        scrub_page: 0,
        manager: 60,
        trace: 0,
    }
}
