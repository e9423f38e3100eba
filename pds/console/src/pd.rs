// SPDX-License-Identifier: BSD-2-Clause

//! The domain itself: configuration, the event loop's handler.

use crate::uart::Uart;
use console::{Screen, Settings, Speaker};
use heapless::Vec;
use sel4_microkit::{Channel, ChannelSet, Handler, Infallible, protection_domain};
use tombolo_config::console::{ConsoleConfig, Input};
use tombolo_pages::{
    deadline::DeadlinePage,
    ring::{Consumer, INPUT_BYTES, InputRing, OutputRing, Producer},
};
use tombolo_start::{StartError, channel, configuration, counter, shared};

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
    match Console::new() {
        Ok(console) => console,
        Err(error) => panic!("console cannot start: {error}"),
    }
}

impl Console {
    fn new() -> Result<Self, StartError> {
        let config: ConsoleConfig = configuration()?;
        // SAFETY: the generator maps the board's UART at this address, into this
        // domain only; this is the only call.
        let uart = unsafe { Uart::new(config.uart_kind, config.uart) }
            .ok_or(StartError::Address("the UART", config.uart))?;
        let settings = Settings {
            ticks_per_ms: counter::frequency() / 1000,
        };
        let mut console = Self {
            screen: Screen::new(settings, uart),
            keyboards: Vec::new(),
            interrupt: channel(config.uart_irq)?,
            deadline: shared("the deadline page", config.deadline)?,
        };
        for stream in &config.streams {
            let ring: &OutputRing = shared("an output ring", stream.ring)?;
            let speaker = Speaker::new(&stream.name, stream.kind, Consumer::new(ring));
            // The blob's table is as large as the screen's.
            let _ = console.screen.add_speaker(speaker);
        }
        for input in &config.inputs {
            console.add_keyboard(input)?;
        }
        if !console.keyboards.is_empty() {
            console.screen.help();
        }
        console.drain();
        Ok(console)
    }

    fn add_keyboard(&mut self, input: &Input) -> Result<(), StartError> {
        let ring: &InputRing = shared("an input ring", input.ring)?;
        let keyboard = Keyboard {
            ring: Producer::new(ring),
            channel: channel(input.channel)?,
        };
        if !self.screen.add_input(&input.name) || self.keyboards.push(keyboard).is_err() {
            let name = &input.name;
            self.screen
                .say(format_args!("{name} has no output stream: it gets no keys"));
        }
        Ok(())
    }

    fn drain(&mut self) {
        match self.screen.drain(counter::now()) {
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
            if let Some((number, byte)) = self.screen.key(byte, counter::now())
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
