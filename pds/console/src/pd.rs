// SPDX-License-Identifier: BSD-2-Clause

//! The domain itself: configuration, the event loop's handler.

use crate::uart::Uart;
use aarch64_cpu::{
    asm::barrier,
    registers::{CNTFRQ_EL0, CNTPCT_EL0, Readable},
};
use console::{Screen, Settings, Speaker};
use core::ptr::with_exposed_provenance;
use heapless::Vec;
use sel4_microkit::{Channel, ChannelSet, Handler, Infallible, protection_domain, var};
use tombolo_config::console::{ConsoleConfig, Input};
use tombolo_pages::{
    deadline::DeadlinePage,
    ring::{Consumer, INPUT_BYTES, InputRing, OutputRing, Producer},
};

/// Most bytes taken from the UART at one interrupt.
const KEYS_AT_ONCE: usize = 256;

/// A guest that takes keys.
struct Keyboard {
    ring: Producer<'static, INPUT_BYTES>,
    channel: Channel,
}

struct Console {
    screen: Screen<'static, Uart>,
    keyboards: Vec<Keyboard, 62>,
    interrupt: Channel,
    deadline: &'static DeadlinePage,
}

#[protection_domain]
fn init() -> Console {
    let config: ConsoleConfig = tombolo_config::decode(blob()).expect("console's configuration");
    // SAFETY: the generator maps the board's UART at this address, into this
    // domain only; this is the only call.
    let uart = unsafe { Uart::new(config.uart_kind, config.uart) }.expect("a UART address");
    let settings = Settings {
        ticks_per_ms: CNTFRQ_EL0.get() / 1000,
    };
    let mut console = Console {
        screen: Screen::new(settings, uart),
        keyboards: Vec::new(),
        interrupt: Channel::new(usize::from(config.uart_irq)),
        deadline: page(config.deadline),
    };
    for stream in &config.streams {
        let ring: &OutputRing = page(stream.ring);
        let speaker = Speaker::new(&stream.name, stream.kind, Consumer::new(ring));
        // The blob's table is as large as the screen's.
        let _ = console.screen.add_speaker(speaker);
    }
    for input in &config.inputs {
        console.add_keyboard(input);
    }
    if !console.keyboards.is_empty() {
        console.screen.help();
    }
    console.drain();
    console
}

impl Console {
    fn add_keyboard(&mut self, input: &Input) {
        let ring: &InputRing = page(input.ring);
        let keyboard = Keyboard {
            ring: Producer::new(ring),
            channel: Channel::new(usize::from(input.channel)),
        };
        if !self.screen.add_input(&input.name) || self.keyboards.push(keyboard).is_err() {
            let name = &input.name;
            self.screen
                .say(format_args!("{name} has no output stream: it gets no keys"));
        }
    }

    fn drain(&mut self) {
        match self.screen.drain(now()) {
            Some(at) => self.deadline.set(at),
            None => self.deadline.clear(),
        }
    }

    fn take_keys(&mut self) {
        self.screen.sink().acknowledge();
        for _ in 0..KEYS_AT_ONCE {
            let Some(byte) = self.screen.sink().receive() else {
                break;
            };
            if let Some((number, byte)) = self.screen.key(byte, now())
                && let Some(keyboard) = self.keyboards.get_mut(number)
            {
                // A guest that reads nothing loses keys; the ring counts them.
                keyboard.ring.write(&[byte]);
                keyboard.channel.notify();
            }
        }
    }
}

impl Handler for Console {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Self::Error> {
        if channels.contains(self.interrupt) {
            self.take_keys();
            if self.interrupt.irq_ack().is_err() {
                self.screen.say(format_args!(
                    "cannot acknowledge the UART: no keys any more"
                ));
            }
        }
        self.drain();
        Ok(())
    }
}

fn now() -> u64 {
    barrier::isb(barrier::SY);
    CNTPCT_EL0.get()
}

/// The configuration blob; empty, and so refused, if the tool patched nothing.
fn blob() -> &'static [u8] {
    let (address, size) = (
        *var!(config_address: usize = 0),
        *var!(config_size: usize = 0),
    );
    if address == 0 {
        return &[];
    }
    // SAFETY: the tool patched both symbols: `size` bytes at `address` are mapped
    // read-only into this domain for its whole life.
    unsafe { core::slice::from_raw_parts(with_exposed_provenance(address), size) }
}

/// A shared page that the configuration names.
fn page<T>(address: u64) -> &'static T {
    let pointer = with_exposed_provenance(address as usize);
    // SAFETY: the generator maps a memory region of that layout, page-aligned,
    // at the address it put into the blob, for this domain's whole life. The
    // layouts of `tombolo_pages` are atomics only, so any content is a value and
    // other writers are no data race.
    unsafe { &*pointer }
}
