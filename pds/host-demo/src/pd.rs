// SPDX-License-Identifier: BSD-2-Clause

//! Configuration in, notifications to the demo, lines out.

use core::fmt::Write;
use host_demo::clock::{Arguments, Clock, TICK_MS};
use host_demo::{Demo, Wish};
use sel4_microkit::{Channel, ChannelSet, Infallible, protection_domain};
use shmem_client::microkit::{self, Calls};
use tombolo_config::host::HostConfig;
use tombolo_pages::deadline::DeadlinePage;
use tombolo_pages::ring::{OUTPUT_BYTES, OutputRing, Producer};
use tombolo_start::{StartError, channel, configuration, counter, shared};

type Ring = Producer<'static, OUTPUT_BYTES>;

/// The running demo and its channels.
struct Handler {
    demo: Option<Demo<'static, Calls, Ring>>,
    console: Channel,
    clock: Channel,
    deadline: &'static DeadlinePage,
    /// Counter value at which the alarm is due.
    alarm: Option<u64>,
    /// The clock, and when it is set next.
    ticker: Option<(Clock<'static>, u64)>,
}

/// Its state has the peers' last lines, moved while it is made.
#[protection_domain(stack_size = 0x10000)]
fn init() -> impl sel4_microkit::Handler {
    match start() {
        Ok(handler) => handler,
        Err(error) => panic!("host-demo cannot start: {error}"),
    }
}

fn start() -> Result<Handler, StartError> {
    let config: HostConfig = configuration()?;
    let mut handler = Handler {
        demo: None,
        console: channel(config.output.channel)?,
        clock: channel(config.clock)?,
        deadline: shared("a deadline page", config.deadline)?,
        alarm: None,
        ticker: None,
    };
    let ring: &OutputRing = shared("the log", config.output.ring)?;
    match demo(&config, Producer::new(ring)) {
        Ok((mut demo, clock)) => {
            if clock {
                handler.ticker = demo.clock().map(|clock| (clock, counter::now()));
            }
            let wish = handler.demo.insert(demo).start();
            handler.grant(wish);
            handler.tick();
        }
        // The ring counts what does not fit and never fails.
        Err(why) => drop(writeln!(Producer::new(ring), "CHECK ghstest: fail {why}")),
    }
    handler.console.notify();
    Ok(handler)
}

/// The demo that the configuration describes and whether it keeps a clock, or why there
/// is none.
fn demo(
    config: &HostConfig,
    ring: Ring,
) -> Result<(Demo<'static, Calls, Ring>, bool), &'static str> {
    let shmem = config
        .shmem
        .as_ref()
        .ok_or("no shared memory: add [host.shmem]")?;
    let Arguments { clock, script } =
        Arguments::parse(&config.arguments).ok_or("the script in `arguments` is not understood")?;
    // SAFETY: the configuration is as trusted as this program: the generator wrote
    // it together with this domain's maps, and this is the only client made.
    let client = unsafe { microkit::client(shmem) }
        .map_err(|_| "the server does not take this client: generate the system anew")?;
    Ok((Demo::new(client, script, ring), clock))
}

impl Handler {
    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Alarm(ms) => self.alarm = Some(counter::now().saturating_add(ticks(ms))),
            Wish::Nothing => self.alarm = None,
            Wish::Notification => {}
        }
        self.sleep();
    }

    /// Sets the clock, if that is due.
    fn tick(&mut self) {
        let now = counter::now();
        if let Some((clock, due)) = self.ticker.as_mut().filter(|(_, due)| now >= *due) {
            // No overflow before centuries.
            clock.tick(now / (counter::frequency() / 1000).max(1));
            *due = now.saturating_add(ticks(TICK_MS));
            self.sleep();
        }
    }

    /// Is woken when something is due.
    fn sleep(&self) {
        let tick = self.ticker.as_ref().map(|(_, due)| *due);
        match [self.alarm, tick].into_iter().flatten().min() {
            Some(at) => self.deadline.set(at),
            None => self.deadline.clear(),
        }
    }
}

/// Counter ticks of so many milliseconds.
fn ticks(ms: u32) -> u64 {
    u64::from(ms).saturating_mul(counter::frequency()) / 1000
}

impl sel4_microkit::Handler for Handler {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Self::Error> {
        self.tick();
        let clock = self.clock;
        let only_clock = channels.iter().all(|channel| channel == clock);
        let due = self.alarm.is_some_and(|at| counter::now() >= at);
        if only_clock && !due {
            return Ok(());
        }
        if let Some(demo) = &mut self.demo {
            // Whoever notified: the status says what there is to do.
            let wish = if due {
                self.alarm = None;
                demo.alarm()
            } else {
                demo.notified()
            };
            self.grant(wish);
            self.console.notify();
        }
        Ok(())
    }
}
