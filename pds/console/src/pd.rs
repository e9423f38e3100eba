// SPDX-License-Identifier: BSD-2-Clause

//! The domain itself: configuration, the event loop's handler.

use crate::manager::Manager;
use crate::uart::Uart;
use console::{Console, Settings, Speaker};
use heapless::Vec;
use sel4_microkit::{Channel, ChannelSet, Handler, Infallible, protection_domain};
use tombolo_config::console::{ConsoleConfig, Input};
use tombolo_pages::{
    deadline::DeadlinePage,
    ring::{Consumer, InputRing, OutputRing, Producer},
};
use tombolo_start::{StartError, channel, configuration, counter, shared, trace_of};

/// Most bytes taken from the UART at one wake-up.
const KEYS_AT_ONCE: usize = 256;

struct Domain {
    console: Console<'static>,
    uart: Uart,
    /// Of each keyboard, the channel of its guest's VMM.
    guests: Vec<Channel, 62>,
    manager: Manager,
    interrupt: Channel,
    deadline: &'static DeadlinePage,
}

// The console is some 40 KiB, and is moved to its place once.
#[protection_domain(stack_size = 0x4_0000)]
fn init() -> Domain {
    match Domain::new() {
        Ok(domain) => domain,
        Err(error) => panic!("console cannot start: {error}"),
    }
}

impl Domain {
    fn new() -> Result<Self, StartError> {
        let config: ConsoleConfig = configuration()?;
        // SAFETY: the generator maps the board's UART at this address, into this
        // domain only; this is the only call.
        let uart = unsafe { Uart::new(config.uart_kind, config.uart) }
            .ok_or(StartError::Address("the UART", config.uart))?;
        let settings = Settings {
            ticks_per_ms: counter::frequency() / 1000,
        };
        let mut domain = Self {
            console: Console::new(settings),
            uart,
            guests: Vec::new(),
            manager: Manager::new(config.manager)?,
            interrupt: channel(config.uart_irq)?,
            deadline: shared("the deadline page", config.deadline)?,
        };
        for stream in &config.streams {
            let ring: &OutputRing = shared("an output ring", stream.ring)?;
            let speaker = Speaker::new(&stream.name, stream.kind, Consumer::new(ring));
            // The blob's table is as large as the console's.
            domain.console.add_speaker(speaker);
        }
        for input in &config.inputs {
            domain.add_keyboard(input)?;
        }
        for trace in &config.traces {
            // The blob's table is smaller than the console's.
            domain.console.add_trace(&trace.name, trace_of(trace.ring)?);
        }
        domain.console.start(counter::now());
        domain.service(None);
        Ok(domain)
    }

    fn add_keyboard(&mut self, input: &Input) -> Result<(), StartError> {
        let ring: &InputRing = shared("an input ring", input.ring)?;
        // The two tables have the same length.
        let channel = channel(input.channel)?;
        if !self.console.add_keyboard(&input.name, Producer::new(ring))
            || self.guests.push(channel).is_err()
        {
            let name = &input.name;
            self.console
                .say(format_args!("{name} has no output stream: it gets no keys"));
        }
        Ok(())
    }

    /// Takes what was typed, as long as its receiver has room. Returns when to look
    /// again if it has none.
    fn take_keys(&mut self) -> Option<u64> {
        self.uart.acknowledge();
        let mut lost = 0;
        let later = self.take_keys_until(&mut lost);
        self.console.note_lost_keys(lost);
        later
    }

    fn take_keys_until(&mut self, lost: &mut u32) -> Option<u64> {
        for _ in 0..KEYS_AT_ONCE {
            let now = counter::now();
            if let Err(later) = self.console.takes_a_key(now) {
                // The line stays up while the FIFO holds something.
                self.uart.interrupt_when_received(false);
                return later;
            }
            let Some(byte) = self.uart.receive(lost) else {
                self.uart.interrupt_when_received(true);
                return None;
            };
            if let Some(channel) = self
                .console
                .typed(byte, now)
                .and_then(|keyboard| self.guests.get(keyboard))
            {
                channel.notify();
            }
        }
        Some(counter::now())
    }

    /// Shows, asks, and notes when to be woken at the latest.
    fn service(&mut self, keys_due: Option<u64>) {
        let due = self.console.service(&mut self.uart, counter::now());
        if let Some(request) = self.console.request() {
            self.manager.ask(request);
        }
        match (due, keys_due) {
            (None, None) => self.deadline.clear(),
            (Some(one), Some(other)) => self.deadline.set(one.min(other)),
            (one, other) => self.deadline.set(one.or(other).unwrap_or_default()),
        }
    }
}

impl Handler for Domain {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Self::Error> {
        if channels.contains(self.manager.channel())
            && let Some(response) = self.manager.answer()
        {
            self.console.answered(response, counter::now());
        }
        let keys_due = self.take_keys();
        self.service(keys_due);
        if channels.contains(self.interrupt) && self.interrupt.irq_ack().is_err() {
            self.console.say(format_args!(
                "cannot acknowledge the UART: no keys any more"
            ));
            self.service(keys_due);
        }
        Ok(())
    }
}
