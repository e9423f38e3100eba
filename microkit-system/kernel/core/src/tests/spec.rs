// SPDX-License-Identifier: BSD-2-Clause

//! Descriptions: what is refused, and where.

use proptest::prelude::{any, proptest};
use tombolo_kernel_spec::{CapKind, Header, MAGIC, NONE, TableRef, TcbSpec, VERSION, limits};
use zerocopy::{FromZeros, IntoBytes};

use super::system::Builder;
use crate::{SpecError, SpecTable, SystemSpec};

fn sound() -> Builder {
    let mut builder = Builder::new();
    let vmm = builder.pd("vmm", 9);
    builder.pd("child", 5);
    builder.child(vmm, 1, 1);
    builder.vcpu("guest", 4, vmm, 0);
    builder.irq(vmm, 0, 33);
    builder
}

/// A mistake.
type Change = fn(&mut Builder);

fn refused(change: impl FnOnce(&mut Builder)) -> SpecError {
    let mut builder = sound();
    change(&mut builder);
    builder.try_build().err().expect("refused")
}

#[test]
fn a_sound_description_is_taken() {
    assert!(sound().try_build().is_ok());
}

#[test]
fn each_wrong_field_is_named() {
    let cases: [(&str, Change); 20] = [
        ("budget_us", |b| b.scs[0].budget_us = 19),
        ("period_us", |b| b.scs[0].period_us = 999),
        ("period_us", |b| b.scs[0].period_us = u64::MAX),
        ("root", |b| b.vspaces[1].root = 0x1000),
        ("vmid", |b| b.vspaces[1].vmid = 0),
        ("vmid", |b| b.vspaces[1].vmid = 256),
        ("ipc_buffer", |b| b.tcbs[0].ipc_buffer = 8),
        ("priority", |b| b.tcbs[0].priority = 256),
        ("mcp", |b| b.tcbs[0].mcp = 256),
        ("cspace", |b| b.tcbs[0].cspace = 2),
        ("vspace", |b| b.tcbs[0].vspace = NONE),
        ("fault_endpoint", |b| b.tcbs[1].fault_endpoint = 9),
        ("notification", |b| b.tcbs[1].notification = 0),
        ("sched_context", |b| b.tcbs[1].sched_context = 0),
        ("vcpu", |b| b.tcbs[2].vcpu = NONE),
        ("tcb", |b| b.vcpus[0].tcb = 3),
        ("intid", |b| b.irqs[0].intid = 160),
        ("notification", |b| b.irqs[0].notification = NONE),
        ("slot", |b| b.cap(0, 1, CapKind::CNode, 0, 0)),
        ("kind", |b| b.caps[0].kind = 99),
    ];
    for (name, change) in cases {
        let error = refused(change);
        let SpecError::BadField { field, .. } = error else {
            panic!("{name}: {error}");
        };
        assert_eq!(field, name);
    }
}

#[test]
fn capabilities_stay_in_their_slots_and_tables() {
    for kind in 1..=10 {
        if kind != CapKind::Smc as u32 {
            let error = refused(|b| {
                b.caps[0].kind = kind;
                b.caps[0].object = 9999;
            });
            assert!(
                error
                    .to_string()
                    .starts_with("Cap 0: object cannot be 0x270f")
            );
        }
    }
    for slot in [0, 512, 576, u32::MAX] {
        refused(|b| b.caps[0].slot = slot);
    }
}

#[test]
fn counts_above_the_capacity_are_refused() {
    let error = refused(|b| b.header.endpoints = 65);
    assert_eq!(
        error,
        SpecError::TooMany {
            table: SpecTable::Endpoint,
            count: 65,
            limit: limits::ENDPOINTS
        }
    );
}

/// A header and one thread behind it, as bytes.
fn bytes(header: Header) -> Vec<u64> {
    let tcb = TcbSpec::new_zeroed();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(tcb.as_bytes());
    bytes
        .chunks_exact(8)
        .map(|word| u64::from_le_bytes(word.try_into().unwrap()))
        .collect()
}

fn header() -> Header {
    let size = size_of::<Header>() as u64;
    Header {
        magic: MAGIC,
        version: VERSION,
        size: size + size_of::<TcbSpec>() as u64,
        tcbs: TableRef {
            offset: size,
            count: 1,
        },
        ..Header::default()
    }
}

#[test]
fn tables_are_borrowed_from_the_bytes() {
    let words = bytes(header());
    let spec = SystemSpec::parse(words.as_bytes()).expect("sound");
    assert_eq!((spec.tcbs.len(), spec.caps.len()), (1, 0));
}

#[test]
fn headers_that_lie_are_refused() {
    let mut cases: Vec<(Header, SpecError)> = Vec::new();
    let mut case = |change: fn(&mut Header), error| {
        let mut header = header();
        change(&mut header);
        cases.push((header, error));
    };
    let outside = SpecError::TableOutside {
        table: SpecTable::Tcb,
    };
    case(|h| h.magic = 7, SpecError::Magic { found: 7 });
    case(|h| h.version = 2, SpecError::Version { found: 2 });
    case(|h| h.size += 1, SpecError::TooShort);
    case(|h| h.size = u64::MAX, SpecError::TooShort);
    case(|h| h.size -= 8, outside);
    case(|h| h.tcbs.count = 2, outside);
    case(|h| h.tcbs.offset = u64::MAX, outside);
    case(|h| h.tcbs.offset -= 4, outside);
    let too_many = SpecError::TooMany {
        table: SpecTable::Tcb,
        count: 193,
        limit: 192,
    };
    case(|h| h.tcbs.count = 193, too_many);
    for (header, error) in cases {
        let words = bytes(header);
        assert_eq!(SystemSpec::parse(words.as_bytes()).err(), Some(error));
    }
    assert!(SystemSpec::parse(&[]).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_parsing_panic(mut words in proptest::collection::vec(any::<u64>(), 0..80)) {
        if let Some(first) = words.first_mut() {
            *first = MAGIC;
        }
        if let Some(second) = words.get_mut(1) {
            *second = u64::from(VERSION);
        }
        let _ = SystemSpec::parse(words.as_bytes());
    }
}
