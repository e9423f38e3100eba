// SPDX-License-Identifier: BSD-2-Clause

//! A control page with a peer in another guest.

use super::super::checklist::equal;
use super::Check;
use super::bench::{
    Bench, CONTROL_DETACH, CONTROL_NOTIFY, CONTROL_STATUS, Connection, EVERYONE_ELSE, OK, Outcome,
    SIZE, aborts,
};
use crate::failure;
use crate::machine::{Deadline, Width};
use crate::run::Failure;
use bare_guests::mailbox::{Mailbox, Order, Report};

/// The peer created the region: index 0, with as many pages.
const PEER: u64 = 1;
const PEERS_PAGES: u64 = 4;
/// This guest came second.
const ME: u64 = 1 << 1;
const BOTH: u64 = 3 << 16;

/// How long the peer may take.
const PATIENCE_MS: u64 = 2000;

pub const CHECKS: &[Check] = &[
    (
        "who joins reads back the true size, and everybody's bits",
        joins,
    ),
    ("a peer sees who joined", seen),
    ("a signal reaches the peer that it names", to_peer),
    (
        "a signal to everyone but me reaches the peer, and not me",
        to_everyone_else,
    ),
    (
        "several signals of one peer before a read are one bit",
        several,
    ),
    ("the interrupt stays high until status is read", level),
    (
        "a peer that detaches interrupts, and its bit drops; it comes again",
        comes_again,
    ),
    ("a detach ends signals from the peer", leaves),
];

fn mailbox(connection: Connection) -> Result<Mailbox<'static>, Failure> {
    Mailbox::new(connection.data).ok_or_else(|| failure!("the region is too small"))
}

/// Gives an order, with a signal by `targets`.
fn order(
    connection: Connection,
    order: Order,
    argument: u64,
    targets: u64,
) -> Result<u32, Failure> {
    // Lossless: a set of 32 bits.
    let number = mailbox(connection)?.give(order, argument as u32);
    connection
        .control
        .store(CONTROL_NOTIFY, Width::Word, targets)?;
    Ok(number)
}

fn report(connection: Connection, number: u32) -> Result<Report, Failure> {
    let deadline = Deadline::in_ms(PATIENCE_MS);
    while !deadline.passed() {
        if let Some(report) = mailbox(connection)?.report(number) {
            return Ok(report);
        }
    }
    Err(failure!("the peer does not answer"))
}

fn joins(bench: &mut Bench<'_, '_>) -> Outcome {
    equal(format_args!("status"), bench.attach(b"moo", 1)?, OK)?;
    equal(format_args!("size"), bench.word(SIZE)?, PEERS_PAGES)?;
    let connection = bench.connect()?;
    bench.shared = Some(connection);
    let both = connection.control.load(CONTROL_STATUS, Width::Double)?;
    equal(format_args!("status and idx"), both, 1 << 32 | BOTH)
}

fn seen(bench: &mut Bench<'_, '_>) -> Outcome {
    let connection = bench.shared()?;
    let report = report(connection, order(connection, Order::Report, 0, PEER)?)?;
    equal(
        format_args!("attached, as the peer sees it"),
        report.attached.into(),
        BOTH >> 16,
    )
}

fn to_peer(bench: &mut Bench<'_, '_>) -> Outcome {
    reaches_peer_alone(bench, PEER)
}

fn to_everyone_else(bench: &mut Bench<'_, '_>) -> Outcome {
    reaches_peer_alone(bench, EVERYONE_ELSE)
}

fn reaches_peer_alone(bench: &mut Bench<'_, '_>, targets: u64) -> Outcome {
    let connection = bench.shared()?;
    bench.settle(connection)?;
    let report = report(connection, order(connection, Order::Report, 0, targets)?)?;
    equal(
        format_args!("signals, as the peer sees them"),
        report.signalled.into(),
        ME,
    )?;
    bench.quiet()?;
    let status = connection.control.load(CONTROL_STATUS, Width::Word)?;
    equal(format_args!("status"), status, BOTH)
}

/// The peer stores to `notify` three times.
fn several(bench: &mut Bench<'_, '_>) -> Outcome {
    let connection = bench.shared()?;
    bench.settle(connection)?;
    let number = order(connection, Order::Signal, ME, PEER)?;
    report(connection, number)?;
    // The first signal's interrupt is left alone until all three were sent.
    report(connection, order(connection, Order::Report, 0, PEER)?)?;
    bench.interrupted()?;
    let first = connection.control.load(CONTROL_STATUS, Width::Word);
    let second = connection.control.load(CONTROL_STATUS, Width::Word);
    bench.end();
    equal(format_args!("status"), first?, BOTH | PEER)?;
    equal(format_args!("status, read again"), second?, BOTH)?;
    bench.quiet()
}

fn level(bench: &mut Bench<'_, '_>) -> Outcome {
    let connection = bench.shared()?;
    bench.settle(connection)?;
    report(connection, order(connection, Order::Signal, ME, PEER)?)?;
    // All three signals were sent before this answer.
    report(connection, order(connection, Order::Report, 0, PEER)?)?;
    for _ in 0..3 {
        bench.interrupted()?;
        bench.end();
    }
    let status = connection.control.load(CONTROL_STATUS, Width::Word)?;
    equal(format_args!("status"), status, BOTH | PEER)?;
    bench.settle(connection)
}

fn comes_again(bench: &mut Bench<'_, '_>) -> Outcome {
    let connection = bench.shared()?;
    bench.settle(connection)?;
    report(connection, order(connection, Order::ComeAgain, 0, PEER)?)?;
    for expected in [ME << 16, BOTH] {
        bench.interrupted()?;
        let status = connection.control.load(CONTROL_STATUS, Width::Word);
        bench.end();
        equal(format_args!("status"), status?, expected)?;
    }
    bench.quiet()
}

fn leaves(bench: &mut Bench<'_, '_>) -> Outcome {
    let connection = bench.shared()?;
    bench.settle(connection)?;
    connection.control.store(CONTROL_DETACH, Width::Word, 1)?;
    aborts(
        "a load",
        connection.control.load(CONTROL_STATUS, Width::Word),
    )?;
    bench.quiet()
}
