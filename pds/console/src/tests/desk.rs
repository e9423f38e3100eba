// SPDX-License-Identifier: BSD-2-Clause

//! What stands around the console: a UART, rings, a person, a manager.

use crate::{Console, Port, Settings, Speaker};
use manager_api::{Request, Response};
use tombolo_config::console::StreamKind;
use tombolo_pages::ring::{Consumer, INPUT_BYTES, InputRing, OutputRing, Producer};

pub const MS: u64 = 1000;
pub const SECOND: u64 = 1000 * MS;

/// Speakers: two protection domains' logs and two guests.
pub const SPEAKERS: [(&str, StreamKind); 4] = [
    ("server", StreamKind::Log),
    ("vmm-guest0", StreamKind::Log),
    ("guest0", StreamKind::Guest),
    ("guest1", StreamKind::Guest),
];

/// The rings that a console's parts lie on.
pub struct Rings {
    pub output: Vec<OutputRing>,
    pub input: [InputRing; 2],
}

impl Rings {
    pub fn new() -> Self {
        Self {
            output: SPEAKERS.iter().map(|_| OutputRing::new()).collect(),
            input: [InputRing::new(), InputRing::new()],
        }
    }

    /// A speaker says something.
    pub fn say(&self, speaker: usize, text: &str) {
        let written = Producer::new(&self.output[speaker]).write(text.as_bytes());
        assert_eq!(written, text.len());
    }
}

/// A UART: what it sent, and how many bytes it takes.
pub struct Uart {
    pub sent: Vec<u8>,
    pub room: usize,
    pub interrupts: bool,
}

impl Uart {
    pub fn new(room: usize) -> Self {
        Self {
            sent: Vec::new(),
            room,
            interrupts: false,
        }
    }
}

impl Port for Uart {
    fn is_ready(&self) -> bool {
        self.room > 0
    }
    fn send(&mut self, byte: u8) {
        self.room -= 1;
        self.sent.push(byte);
    }
    fn interrupt_when_ready(&mut self, wanted: bool) {
        self.interrupts = wanted;
    }
}

/// A console and a person before it.
pub struct Desk<'a> {
    pub console: Console<'a>,
    pub uart: Uart,
    pub guests: Vec<Consumer<'a, INPUT_BYTES>>,
    pub now: u64,
}

impl<'a> Desk<'a> {
    pub fn new(rings: &'a Rings) -> Self {
        let mut desk = Self::without_keyboards(rings);
        for (number, name) in ["guest0", "guest1"].iter().enumerate() {
            let ring = &rings.input[number];
            assert!(desk.console.add_keyboard(name, Producer::new(ring)));
            desk.guests.push(Consumer::new(ring));
        }
        desk
    }

    pub fn without_keyboards(rings: &'a Rings) -> Self {
        let mut console = Console::new(Settings { ticks_per_ms: MS });
        for ((name, kind), ring) in SPEAKERS.iter().zip(&rings.output) {
            let speaker = Speaker::new(name, *kind, Consumer::new(ring));
            assert!(console.add_speaker(speaker));
        }
        Self {
            console,
            uart: Uart::new(usize::MAX),
            guests: Vec::new(),
            now: SECOND,
        }
    }

    /// In the shell, with what it said so far forgotten.
    pub fn in_shell(rings: &'a Rings) -> Self {
        let mut desk = Self::new(rings);
        desk.type_bytes(b"\x1ds");
        desk.type_line("colour off");
        desk.console.request();
        desk.answer(Some(Response::Guests {
            total: 0,
            guests: Default::default(),
        }));
        desk.shown();
        desk
    }

    /// Types, as fast as the console takes it.
    pub fn type_bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            while let Err(later) = self.console.takes_a_key(self.now) {
                self.now = later.unwrap_or(self.now + MS);
                self.service();
            }
            self.console.typed(byte, self.now);
            self.service();
        }
    }

    pub fn type_line(&mut self, line: &str) {
        self.type_bytes(line.as_bytes());
        self.type_bytes(b"\r");
    }

    pub fn service(&mut self) {
        self.console.service(&mut self.uart, self.now);
    }

    /// The request that is to go out now.
    pub fn request(&mut self) -> Option<Request> {
        self.console.request().cloned()
    }

    pub fn answer(&mut self, response: Option<Response>) {
        self.console.answered(response, self.now);
        self.service();
    }

    /// Lets time pass, with calls when they are due.
    pub fn wait(&mut self, ticks: u64) {
        let end = self.now + ticks;
        while self.now < end
            && let Some(due) = self.console.service(&mut self.uart, self.now)
            && due < end
        {
            self.now = due.max(self.now + 1);
        }
        self.now = end;
        self.service();
    }

    /// What was sent since the last call.
    pub fn shown(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.uart.sent)).unwrap()
    }

    /// The same, by rows, without the movements of the edited line.
    pub fn rows(&mut self) -> Vec<String> {
        let text = self.shown().replace("\x1b[K", "");
        text.split("\r\n")
            .map(|row| row.rsplit('\r').next().unwrap_or_default().to_owned())
            .filter(|row| !row.is_empty())
            .collect()
    }

    /// What a guest got.
    pub fn got(&mut self, guest: usize) -> Vec<u8> {
        let mut bytes = vec![0; INPUT_BYTES];
        let count = self.guests[guest].read(&mut bytes);
        bytes.truncate(count);
        bytes
    }
}
