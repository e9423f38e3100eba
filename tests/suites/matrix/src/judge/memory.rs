// SPDX-License-Identifier: BSD-2-Clause

//! Every page of the plan in every address space: load, store, fetch.
//!
//! A store leaves a mark that says whose it is. Once all have stored, each looks at
//! what it finds at the first page of each of its ranges: whose mark is there says
//! which memory it shares with whom, whatever the addresses.

use crate::driver::{Driver, fault};
use crate::machine;
use crate::uart::{Uart, say};

/// Bytes of a page.
const PAGE: u64 = 0x1000;
/// Offset of the word that is accessed: no register of a device has an effect there.
const WORD: u64 = PAGE - 4;
/// Offset of what is fetched: nobody writes there, so it is no instruction.
const FETCH: u64 = PAGE - 8;
/// Upper byte of a mark; then the subject, then its run.
const MARK: u32 = 0xa5 << 24;

/// What worked.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Access {
    load: bool,
    store: bool,
    fetch: bool,
}

impl Access {
    fn letters(self) -> &'static str {
        match (self.load, self.store, self.fetch) {
            (false, false, false) => "none",
            (true, false, false) => "r",
            (true, true, false) => "rw",
            (true, false, true) => "rx",
            (true, true, true) => "rwx",
            (false, true, _) => "w",
            (false, false, true) => "x",
        }
    }
}

/// Pages in a row that behave alike.
#[derive(Clone, Copy, Default)]
struct Run {
    who: usize,
    start: u64,
    access: Access,
}

/// Runs in which something works.
struct Runs {
    found: [Run; 1024],
    count: usize,
}

/// Tries everything, then looks at the marks.
pub fn sweep(driver: &mut Driver, uart: &mut Uart) {
    let mut runs = Runs {
        found: [Run::default(); 1024],
        count: 0,
    };
    for who in 0..driver.plan.subjects() {
        let is_machine = driver.subject(who).is_machine;
        if is_machine {
            machine::prepare(driver, who);
        }
        for range in driver.plan.ranges(is_machine) {
            one_range(
                driver,
                uart,
                &mut runs,
                who,
                (range.start, range.end, range.step),
            );
        }
        if !is_machine {
            driver.listen(who);
        }
    }
    for run in &runs.found[..runs.count] {
        look(driver, uart, &runs, run);
    }
}

fn one_range(
    driver: &mut Driver,
    uart: &mut Uart,
    runs: &mut Runs,
    who: usize,
    (start, end, step): (u64, u64, u64),
) {
    let mut run: Option<Run> = None;
    let mut page = start;
    while page < end {
        // Lossless: the plan has few subjects, and `Runs` few runs.
        let mark = MARK | (who as u32) << 16 | runs.count as u32;
        // Away from all mappings a load is enough, unless it works.
        let only_load = step > PAGE;
        let access = access(driver, who, page, (mark, only_load));
        if run.is_none_or(|run| run.access != access) {
            if let Some(run) = run {
                show(driver, uart, run, (page, step));
                runs.keep(run);
            }
            run = Some(Run {
                who,
                start: page,
                access,
            });
        }
        page += step;
    }
    if let Some(run) = run {
        show(driver, uart, run, (page, step));
        runs.keep(run);
    }
}

impl Runs {
    fn keep(&mut self, run: Run) {
        if run.access != Access::default() {
            assert!(self.count < self.found.len(), "too many runs");
            self.found[self.count] = run;
            self.count += 1;
        }
    }
}

fn show(driver: &Driver, uart: &mut Uart, run: Run, (end, step): (u64, u64)) {
    let name = driver.subject(run.who).name();
    let (start, letters) = (run.start, run.access.letters());
    say!(uart, "page {name} {start:#x} {end:#x} {step:#x} {letters}");
}

fn access(driver: &mut Driver, who: usize, page: u64, (mark, only_load): (u32, bool)) -> Access {
    let (word, code) = (page + WORD, page + FETCH);
    let load = load(driver, who, word);
    if only_load && !load {
        return Access::default();
    }
    Access {
        load,
        store: store(driver, who, word, mark),
        fetch: fetch(driver, who, code),
    }
}

fn load(driver: &mut Driver, who: usize, address: u64) -> bool {
    if driver.subject(who).is_machine {
        return machine::load(driver, who, address);
    }
    tried(driver, who, driver.pieces.load, &[(0, address)])
}

fn store(driver: &mut Driver, who: usize, address: u64, mark: u32) -> bool {
    if driver.subject(who).is_machine {
        return machine::store(driver, who, address, mark);
    }
    let registers = [(0, address), (1, mark.into())];
    tried(driver, who, driver.pieces.store, &registers)
}

fn fetch(driver: &mut Driver, who: usize, address: u64) -> bool {
    if driver.subject(who).is_machine {
        return machine::fetch(driver, who, address);
    }
    driver.start(who, address, &[]);
    let stop = driver.wait(who);
    stop.label != fault::VM || stop.pc != address
}

/// Whether the piece at `pc` came to its end.
fn tried(driver: &mut Driver, who: usize, pc: u64, registers: &[(usize, u64)]) -> bool {
    driver.start(who, pc, registers);
    let stop = driver.wait(who);
    match (stop.label, stop.pc) {
        (fault::USER_EXCEPTION, at) if at == pc + 4 => true,
        (fault::VM, at) if at == pc => false,
        _ => panic!("an access ends in {stop:x?}"),
    }
}

/// Whose mark is at the start of a run.
fn look(driver: &mut Driver, uart: &mut Uart, runs: &Runs, run: &Run) {
    if !run.access.load {
        return;
    }
    let address = run.start + WORD;
    let who = run.who;
    load(driver, who, address);
    let value = if driver.subject(who).is_machine {
        machine::loaded(driver, who)
    } else {
        // Lossless: the load has 32 bits.
        let value = *driver.registers(who).gpr(9) as u32;
        driver.listen(who);
        value
    };
    let (name, start) = (driver.subject(who).name(), run.start);
    let other = &runs.found[..runs.count].get((value & 0xffff) as usize);
    match other {
        Some(other) if value & MARK == MARK && other.who == (value >> 16 & 0xff) as usize => {
            let (whose, there) = (driver.subject(other.who).name(), other.start);
            say!(uart, "mark {name} {start:#x} {whose} {there:#x}");
        }
        _ => say!(uart, "mark {name} {start:#x} nobody 0x0"),
    }
}
