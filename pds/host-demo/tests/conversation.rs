// SPDX-License-Identifier: BSD-2-Clause

//! Two hosts talk; the server's own rules carry it.

use ghstest::{PAGES, Script};
use host_demo::{Demo, Wish};
use shmem_client::{Client, Data, Slot, Transport};
use shmem_server_api::{Board, Request, Response};
use shmem_server_core::{Caller, ClientId, Handle, Server};
use std::cell::RefCell;
use std::sync::atomic::AtomicU64;
use tombolo_config::Output;
use tombolo_config::server::{
    Access, Client as Entry, EVERYONE, Member, Pool, Quota, ServerConfig, Slot as Shape,
};

fn config() -> ServerConfig {
    let client = |channel| Entry {
        name: "host".try_into().unwrap(),
        channel,
        board: 0,
        rules: heapless::Vec::new(),
        pace: tombolo_config::guest::Pace::default(),
        quota: Quota::default(),
    };
    let member = |client| Member {
        client,
        access: Access::ReadWrite,
        signals: EVERYONE,
    };
    let pool = Pool {
        name: "all".try_into().unwrap(),
        patterns: ["*".try_into().unwrap()].into_iter().collect(),
        members: (0..2).map(member).collect(),
    };
    let slot = Shape {
        pool: 0,
        pages: PAGES,
    };
    ServerConfig {
        output: Output::default(),
        trace: 0,
        clients: (0..2).map(client).collect(),
        pools: [pool].into_iter().collect(),
        slots: [slot].into_iter().collect(),
        create: heapless::Vec::new(),
        scrubber: 61,
        scrub_page: 0,
        manager: 60,
    }
}

struct Line<'s, 'w>(&'s RefCell<Server<'w>>, ClientId);

impl Transport for Line<'_, '_> {
    fn request(&mut self, request: &Request) -> Option<Response> {
        let caller = Caller::Client(self.1);
        Some(self.0.borrow_mut().serve(caller, request.clone()).response)
    }

    fn signal(&mut self, connection: u8, targets: u32) -> u64 {
        let done = self
            .0
            .borrow_mut()
            .signal(self.1, Handle(connection), targets);
        done.map_or_else(|refusal| u64::from(refusal.status().code()), |_| 0)
    }

    fn now(&self) -> u64 {
        0
    }
}

/// What two hosts print that say these scripts, and what they wish at the end.
fn talk(scripts: [&str; 2]) -> [(String, Wish); 2] {
    let boards: [Board; 2] = Default::default();
    let words: Vec<AtomicU64> = (0..PAGES * 512).map(|_| AtomicU64::new(0)).collect();
    let server = RefCell::new(Server::new(config(), &boards).unwrap());
    let mut out = [String::new(), String::new()];
    let mut wishes = [Wish::Notification; 2];
    {
        let [left, right] = &mut out;
        let mut demos = [(0, left), (1, right)].map(|(n, out)| {
            let slot = Slot {
                number: 0,
                data: Data::new(&words),
            };
            let line = Line(&server, ClientId(n));
            let client = Client::new(line, &boards[usize::from(n)], [slot]).unwrap();
            let script = Script::parse(scripts[usize::from(n)]).unwrap();
            Demo::new(client, script, out)
        });
        for (demo, wish) in demos.iter_mut().zip(&mut wishes) {
            *wish = demo.start();
        }
        for _ in 0..20 {
            for (demo, wish) in demos.iter_mut().zip(&mut wishes) {
                *wish = match *wish {
                    Wish::Notification => demo.notified(),
                    Wish::Alarm(_) => demo.alarm(),
                    Wish::Nothing => Wish::Nothing,
                };
            }
        }
    }
    let [left, right] = out;
    [(left, wishes[0]), (right, wishes[1])]
}

#[test]
fn two_hosts_talk_and_the_last_one_sees_the_other_leave() {
    let [(asker, first), (answerer, second)] = talk([
        "members=2;sleep=5;say=who_is_there?;hear=it is me;members=1;quit",
        "hear=who is there?;say=it_is_me;quit",
    ]);
    assert_eq!((first, second), (Wish::Nothing, Wish::Nothing));
    assert_eq!(
        asker,
        "\"testing\": 16 pages, generation 1, own index 0\n\
         attached: {} -> {0}\nattached: {0} -> {0 1}\nnews: connection 1 joined\n\
         1: it is me\nattached: {0 1} -> {0}\nnews: connection 1 left\ndetached; my last line is unread by {}\n\
         CHECK ghstest: pass\n"
    );
    // It answers and leaves before the asker has looked.
    assert!(answerer.contains("0: who is there?\n"), "{answerer}");
    assert!(
        answerer.contains("my last line is unread by {0}\n"),
        "{answerer}"
    );
}

#[test]
fn one_that_is_not_answered_goes_on_waiting() {
    let [(asker, wish), _] = talk(["say=hello;hear=you;quit", ""]);
    assert_eq!(wish, Wish::Notification);
    assert!(!asker.contains("CHECK"), "{asker}");
}

#[test]
fn one_that_may_not_attach_says_why() {
    let boards: [Board; 2] = Default::default();
    let mut config = config();
    config.slots[0].pages = PAGES - 1;
    let server = RefCell::new(Server::new(config, &boards).unwrap());
    let mut out = String::new();
    let line = Line(&server, ClientId(0));
    let client = Client::new(line, &boards[0], []).unwrap();
    let wish = Demo::new(client, Script::default(), &mut out).start();
    assert_eq!(wish, Wish::Nothing);
    assert!(
        out.starts_with("refused: no slot is that large\nCHECK ghstest: fail"),
        "{out}"
    );
}
