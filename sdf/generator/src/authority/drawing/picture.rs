// SPDX-License-Identifier: BSD-2-Clause

//! The page: memory, guests, protection domains, bars, legend.

use super::canvas::{Anchor, Canvas};
use super::marks::{Mark, marks, member, withheld};
use super::place::{Column, Places, places};
use crate::authority::facts::{Fact, Subject};
use crate::authority::matrix::Authority;
use crate::size::Size;

const MARGIN: i32 = 20;
/// Names of bars and memory.
const GUTTER: i32 = 230;
const COLUMN: i32 = 140;
const BOX: (i32, i32) = (124, 72);
const MEMORY: i32 = 46;
const BAR: i32 = 56;
/// A connection between two bars.
const PAIR: i32 = 70;
const HEAD: i32 = 60;
const LEGEND: i32 = 60;

/// Draws `authority`.
pub fn svg(authority: &Authority, title: &str) -> String {
    let places = places(authority);
    let page = Page::new(authority, &places);
    let mut canvas = Canvas::default();
    canvas.text((MARGIN, 34), Anchor::Start, "title", title);
    page.wires(&mut canvas);
    page.memory(&mut canvas);
    // Marks come last: nothing may lie over them.
    for (index, bar) in places.bars.iter().enumerate() {
        page.bar(&mut canvas, index, bar);
    }
    for (index, column) in places.columns.iter().enumerate() {
        page.column(&mut canvas, index, column);
    }
    page.pairs(&mut canvas);
    page.legend(&mut canvas);
    canvas.finish((page.width, page.height), title)
}

struct Page<'a> {
    authority: &'a Authority,
    places: &'a Places<'a>,
    /// Bars that talk to each other, by position, upper first.
    pairs: Vec<(usize, usize)>,
    width: i32,
    height: i32,
    guests: i32,
    domains: i32,
    bars: i32,
}

fn count(items: usize) -> i32 {
    i32::try_from(items).unwrap_or(0)
}

impl<'a> Page<'a> {
    fn new(authority: &'a Authority, places: &'a Places<'a>) -> Self {
        let mut pairs = Vec::new();
        for (lower, below) in places.bars.iter().enumerate() {
            for (upper, above) in places.bars[..lower].iter().enumerate() {
                if !marks(authority, &above.name, &below.name).is_empty() {
                    pairs.push((upper, lower));
                }
            }
        }
        let guests = HEAD + MEMORY * count(places.shared.len()) + 10;
        let domains = guests + BOX.1 + 26;
        let bars = domains + BOX.1 + 30;
        let columns = GUTTER + COLUMN * count(places.columns.len());
        Self {
            authority,
            places,
            width: (2 * MARGIN + columns + PAIR * count(pairs.len())).max(1200),
            height: bars + BAR * count(places.bars.len()) + LEGEND,
            pairs,
            guests,
            domains,
            bars,
        }
    }

    /// Middle of a column.
    fn x(&self, column: usize) -> i32 {
        MARGIN + GUTTER + COLUMN * count(column) + COLUMN / 2
    }

    /// Top of a bar.
    fn y(&self, bar: usize) -> i32 {
        self.bars + BAR * count(bar)
    }

    /// Right end of the bars.
    fn end(&self) -> i32 {
        MARGIN + GUTTER + COLUMN * count(self.places.columns.len()) + PAIR * count(self.pairs.len())
    }

    fn wires(&self, canvas: &mut Canvas) {
        for (index, column) in self.places.columns.iter().enumerate() {
            let x = self.x(index);
            if column.domain.is_some() {
                canvas.line(
                    (x, self.domains + BOX.1),
                    (x, self.y(self.places.bars.len())),
                    "wire",
                );
            }
            if column.machine.is_some() && column.domain.is_some() {
                canvas.line((x, self.guests + BOX.1), (x, self.domains), "trap");
            }
        }
    }

    fn memory(&self, canvas: &mut Canvas) {
        for (row, shared) in self.places.shared.iter().enumerate() {
            let y = HEAD + MEMORY * count(row);
            let columns = || shared.members.iter().map(|(column, _)| *column);
            let (Some(first), Some(last)) = (columns().min(), columns().max()) else {
                continue;
            };
            let left = self.x(first) - BOX.0 / 2;
            let width = self.x(last) + BOX.0 / 2 - left;
            for column in columns() {
                let machine = self.places.columns[column].machine.is_some();
                let to = if machine { self.guests } else { self.domains };
                // Beside each other, so that lines of several regions can be told apart.
                let x = self.x(column) + 14 * (count(row) % 5 - 2);
                canvas.line((x, y + 15), (x, to), "link");
            }
            canvas.rect((left, y), (width, 30), "memory");
            let bytes = self
                .authority
                .region_bytes(shared.region)
                .map(|bytes| Size(bytes).to_string());
            canvas.text((MARGIN, y + 14), Anchor::Start, "name", shared.region);
            canvas.text(
                (MARGIN, y + 28),
                Anchor::Start,
                "small",
                &bytes.unwrap_or_default(),
            );
            let names: Vec<&str> = columns().map(|column| self.member(column)).collect();
            for ((column, access), name) in shared.members.iter().zip(&names) {
                let x = self.x(*column) + 14 * (count(row) % 5 - 2);
                let peers: Vec<&str> = names.iter().copied().filter(|n| n != name).collect();
                let mark = member(self.authority, name, (shared.region, access), &peers);
                canvas.mark((x, y + 15), mark.class, mark.letter, &mark.hover);
                if let Some(mark) = withheld(self.authority, name, &peers) {
                    canvas.mark((x + 22, y + 15), mark.class, mark.letter, &mark.hover);
                }
            }
        }
    }

    /// Who in a column shares memory: the guest, or the host.
    fn member(&self, column: usize) -> &str {
        let subject = self.places.columns[column].subjects().next();
        subject.map_or("", |subject| subject.name.as_str())
    }

    fn column(&self, canvas: &mut Canvas, index: usize, column: &Column<'_>) {
        let x = self.x(index) - BOX.0 / 2;
        if let Some(machine) = column.machine {
            self.subject(canvas, (x, self.guests), machine, "guest");
        }
        if let Some(domain) = column.domain {
            self.subject(canvas, (x, self.domains), domain, "domain");
            for (bar, subject) in self.places.bars.iter().enumerate() {
                let marks = marks(self.authority, &domain.name, &subject.name);
                row(canvas, (self.x(index), self.y(bar) + BAR / 2 - 4), &marks);
            }
        }
    }

    fn subject(&self, canvas: &mut Canvas, (x, y): (i32, i32), subject: &Subject, class: &str) {
        canvas.rect((x, y), BOX, class);
        let middle = x + BOX.0 / 2;
        canvas.text((middle, y + 18), Anchor::Middle, "name", &subject.name);
        let mut lines: Vec<String> = time(subject).split(", ").map(str::to_owned).collect();
        lines.extend(self.holdings(subject));
        for (line, text) in lines.iter().take(3).enumerate() {
            canvas.text(
                (middle, y + 34 + 15 * count(line)),
                Anchor::Middle,
                "small",
                text,
            );
        }
    }

    /// Devices and interrupts.
    fn holdings(&self, subject: &Subject) -> Vec<String> {
        let of = |fact: &Fact| match fact {
            Fact::Device { region, .. } => Some(region.clone()),
            Fact::Interrupt { intid, .. } => Some(format!("IRQ {intid}")),
            Fact::Smc { .. } => Some("SMC".to_owned()),
            _ => None,
        };
        let held: Vec<String> = self
            .authority
            .held_by(&subject.name)
            .filter_map(of)
            .collect();
        held.chunks(2).map(|two| two.join(", ")).collect()
    }

    fn bar(&self, canvas: &mut Canvas, index: usize, bar: &Subject) {
        let y = self.y(index);
        canvas.rect((MARGIN, y), (GUTTER - 20, BAR - 8), "bar");
        canvas.line(
            (MARGIN + GUTTER - 20, y + BAR / 2 - 4),
            (self.end(), y + BAR / 2 - 4),
            "wire",
        );
        canvas.text((MARGIN + 10, y + 19), Anchor::Start, "name", &bar.name);
        let mut text = vec![time(bar)];
        text.extend(self.holdings(bar));
        canvas.text(
            (MARGIN + 10, y + 37),
            Anchor::Start,
            "small",
            &text.join(" · "),
        );
    }

    fn pairs(&self, canvas: &mut Canvas) {
        let first = MARGIN + GUTTER + COLUMN * count(self.places.columns.len());
        for (index, (upper, lower)) in self.pairs.iter().enumerate() {
            let x = first + PAIR * count(index) + PAIR / 2;
            let (top, bottom) = (self.y(*upper) + BAR / 2 - 4, self.y(*lower) + BAR / 2 - 4);
            canvas.line((x, top), (x, bottom), "pair");
            canvas.rect((x - 3, top - 3), (6, 6), "bar");
            canvas.rect((x - 3, bottom - 3), (6, 6), "bar");
            let [above, below] = [upper, lower].map(|bar| &self.places.bars[*bar].name);
            // In the gap below the upper bar, where no other mark is.
            row(
                canvas,
                (x, top + BAR / 2),
                &marks(self.authority, above, below),
            );
        }
    }

    fn legend(&self, canvas: &mut Canvas) {
        let y = self.height - LEGEND / 2;
        let entries = [
            ("calls", "↓", "protected call"),
            ("signals", "↕", "notification, by direction"),
            ("controls", "↑", "parent: stops and restarts it"),
            ("shares", "m", "memory of both (hover: which)"),
            ("shares", "rw", "maps it"),
            ("reads", "r", "may only read it"),
            ("withheld", "×", "may not signal all of them"),
        ];
        let mut x = MARGIN + 10;
        for (class, letter, text) in entries {
            canvas.mark((x, y), class, letter, text);
            canvas.text((x + 16, y + 4), Anchor::Start, "small", text);
            x += 40 + 6 * count(text.len());
        }
    }
}

/// Marks beside each other around `x`.
fn row(canvas: &mut Canvas, (x, y): (i32, i32), marks: &[Mark]) {
    let left = x - 11 * (count(marks.len()) - 1);
    for (index, mark) in marks.iter().enumerate() {
        canvas.mark(
            (left + 22 * count(index), y),
            mark.class,
            mark.letter,
            &mark.hover,
        );
    }
}

fn time(subject: &Subject) -> String {
    let limit = if subject.passive {
        ", passive".to_owned()
    } else if subject.budget_us < subject.period_us {
        format!(", {}/{} µs", subject.budget_us, subject.period_us)
    } else {
        String::new()
    };
    format!("priority {}{limit}", subject.priority)
}
