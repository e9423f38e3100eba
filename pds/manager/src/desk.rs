// SPDX-License-Identifier: BSD-2-Clause

//! Answers to whoever asks over a mailbox.
//!
//! | request | right |
//! |---|---|
//! | Version | none |
//! | Guests, Guest, Regions, Region | view |
//! | Order | control of that guest |
//! | Detach, Revoke | regions |
//!
//! Without the right the answer is NoPermission, before anything is looked up:
//! nobody learns what exists by asking for what is not his.

use crate::Guests;
use manager_api::{
    GuestInfo, GuestSummary, Load, PART, Refusal, Request, Response, SignalCounters,
};
use tombolo_config::manager::Rights;

/// Numbers about a guest, for people to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// What it and its VMM used.
    pub load: Load,
    /// Resets.
    pub resets: u32,
    /// Panics that its console showed.
    pub panics: u32,
    /// Milliseconds since its last exit.
    pub silent_ms: u64,
    /// Exits by kind.
    pub exits: [u64; 7],
}

/// What an answer is made of, besides [`Guests`].
pub trait Sources {
    /// Figures of the guest of that number.
    fn figures(&mut self, guest: usize) -> Figures;
}

/// Answers a request of somebody with these `rights`.
pub fn answer(
    request: &Request,
    rights: &Rights,
    guests: &Guests,
    sources: &mut impl Sources,
) -> Response {
    serve(request, rights, guests, sources).unwrap_or_else(Response::Refused)
}

fn serve(
    request: &Request,
    rights: &Rights,
    guests: &Guests,
    sources: &mut impl Sources,
) -> Result<Response, Refusal> {
    match request {
        Request::Version => Ok(Response::Version(manager_api::VERSION)),
        Request::Guests { .. }
        | Request::Guest { .. }
        | Request::Regions { .. }
        | Request::Region { .. }
            if !rights.view =>
        {
            Err(Refusal::NoPermission)
        }
        Request::Guests { from } => Ok(list(*from, guests, sources)),
        Request::Guest { guest } => {
            let number = guests.by_name(guest).ok_or(Refusal::DoesNotExist)?;
            info(number, guests, sources).ok_or(Refusal::DoesNotExist)
        }
        Request::Order { guest, .. } => {
            let number = guests.by_name(guest).filter(|n| rights.controls(*n));
            number.ok_or(Refusal::NoPermission)?;
            Err(Refusal::Failed)
        }
        Request::Detach { .. } | Request::Revoke { .. } if !rights.regions => {
            Err(Refusal::NoPermission)
        }
        Request::Regions { .. }
        | Request::Region { .. }
        | Request::Detach { .. }
        | Request::Revoke { .. } => Err(Refusal::Failed),
    }
}

fn list(from: u8, guests: &Guests, sources: &mut impl Sources) -> Response {
    let mut part = heapless::Vec::new();
    for number in (usize::from(from)..guests.count()).take(PART) {
        if let Some(summary) = summary(number, &sources.figures(number), guests) {
            // As many as a part has.
            let _ = part.push(summary);
        }
    }
    Response::Guests {
        // Lossless: at most 60.
        total: guests.count() as u8,
        guests: part,
    }
}

fn summary(number: usize, figures: &Figures, guests: &Guests) -> Option<GuestSummary> {
    let known = guests.get(number)?;
    Some(GuestSummary {
        name: known.name.clone(),
        state: known.state,
        vmm: known.vmm,
        vcpus: known.vcpus,
        memory_pages: known.memory_pages,
        load: figures.load,
    })
}

fn info(number: usize, guests: &Guests, sources: &mut impl Sources) -> Option<Response> {
    let figures = sources.figures(number);
    Some(Response::Guest(GuestInfo {
        summary: summary(number, &figures, guests)?,
        resets: figures.resets,
        restarts: 0,
        panics: figures.panics,
        silent_ms: figures.silent_ms,
        exits: figures.exits,
        signals: SignalCounters::default(),
        connections: 0,
    }))
}
