// SPDX-License-Identifier: BSD-2-Clause

//! A world for the manager on the host: pages, VMMs, a server that answers.

use crate::{Event, Figures, Guests, Hosts, Seen, Ticket, World};
use manager_api::{Response, Silence};
use shmem_server_api::{Request, Response as Answer};
use std::collections::VecDeque;
use tombolo_config::manager::{Guest, Host, Restart, Start};
use tombolo_pages::guest_status::{GuestState, Order, Outcome};
use tombolo_trace::Event as Traced;

/// What happened, as text.
pub struct Model {
    pub now: u64,
    pub pages: Vec<Seen>,
    pub figures: Vec<Figures>,
    pub said: Vec<String>,
    pub orders: Vec<u32>,
    pub answers: Vec<(Ticket, Response)>,
    pub server: VecDeque<Answer>,
    /// Whether VMMs can be restarted.
    pub restartable: bool,
    /// Of each guest.
    pub silence: Vec<Option<Silence>>,
    pub traced: Vec<Traced>,
}

impl Model {
    pub fn new(guests: usize) -> Self {
        Self {
            now: 1_000_000,
            pages: vec![Seen::default(); guests],
            figures: vec![Figures::default(); guests],
            said: Vec::new(),
            orders: vec![0; guests],
            answers: Vec::new(),
            server: VecDeque::new(),
            restartable: true,
            silence: vec![None; guests],
            traced: Vec::new(),
        }
    }

    /// What happened since the last call.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }

    /// The VMM answers its last order and is in that state.
    pub fn obeys(&mut self, guest: usize, state: GuestState, outcome: Outcome) {
        self.pages[guest].state = state;
        self.pages[guest].answer = Some((self.orders[guest], outcome));
    }
}

impl World for Model {
    fn now(&self) -> u64 {
        self.now
    }
    fn seen(&mut self, guest: usize) -> Seen {
        self.pages[guest]
    }
    fn figures(&mut self, guest: usize) -> Figures {
        self.figures[guest]
    }
    fn silence(&mut self, guest: usize) -> Option<Silence> {
        self.silence[guest]
    }
    fn trace(&mut self, event: Traced) {
        self.traced.push(event);
    }
    fn order(&mut self, guest: usize, order: Order) -> u32 {
        self.said.push(format!("{guest}: {order:?}"));
        self.orders[guest] += 1;
        self.orders[guest]
    }
    fn halt(&mut self, guest: usize) {
        self.said.push(format!("{guest}: halted"));
    }
    fn restart(&mut self, guest: usize) -> bool {
        self.said.push(format!("{guest}: restarted"));
        self.restartable
    }
    fn server(&mut self, request: &Request) -> Option<Answer> {
        match request {
            Request::Slot { .. } | Request::ClientReport { .. } => {}
            told => self.said.push(format!("server: {told:?}")),
        }
        self.server.pop_front()
    }
    fn say(&mut self, event: &Event) {
        self.said.push(event.to_string());
    }
    fn answer(&mut self, ticket: Ticket, response: &Response) {
        self.answers.push((ticket, response.clone()));
    }
}

pub fn guest(number: u8, start: Start) -> Guest {
    Guest {
        name: format!("guest{number}").as_str().try_into().unwrap(),
        child: 10 + number,
        channel: number,
        client: Some(number),
        status: 0,
        order: 0,
        start,
        vcpus: 1,
        memory_pages: 16384,
        sched_context: number + 1,
        watchdog: None,
    }
}

/// That many hosts; all but each second one are clients.
pub fn hosts(count: u8) -> Hosts {
    let host = |number: u8| Host {
        name: format!("host{number}").as_str().try_into().unwrap(),
        child: 40 + number,
        client: number.is_multiple_of(2).then_some(20 + number),
    };
    Hosts::new(&(0..count).map(host).collect::<Vec<_>>())
}

/// That many guests that start at once.
pub fn many(count: u8) -> Guests {
    let guests: Vec<_> = (0..count).map(|n| guest(n, Start::Immediately)).collect();
    Guests::new(&guests, Restart::default())
}

/// Looks; what happened.
pub fn look(guests: &mut Guests, world: &mut Model) -> Vec<String> {
    guests.look(world);
    world.take()
}

/// That many guests, all running, nothing untold.
pub fn running(count: u8) -> (Guests, Model) {
    let (mut guests, mut world) = (many(count), Model::new(usize::from(count)));
    look(&mut guests, &mut world);
    for page in &mut world.pages {
        page.state = GuestState::Running;
        page.boots = 1;
    }
    look(&mut guests, &mut world);
    (guests, world)
}
