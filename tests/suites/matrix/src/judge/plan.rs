// SPDX-License-Identifier: BSD-2-Clause

//! The plan: whom to drive, and which pages to try. `tombolo-matrix` writes it, from
//! the `.system` file; its words are little-endian.
//!
//! | words | what |
//! |---|---|
//! | 4 | magic, number of subjects, of ranges of protection domains, of guests |
//! | 10 each | subject: 0 protection domain or 1 guest; capability of its TCB; position of its parent or VMM, all ones: the judge; its number there; guest RAM in the VMM, in the guest; name, 32 bytes |
//! | 3 each | range: first page, end, step |

/// First word.
const MAGIC: u64 = 0x3178_6972_7461_6d01;
/// Words of the region.
pub const WORDS: usize = 0x2000;
/// Words before the subjects.
const HEADER: usize = 4;
/// Words of a subject.
const SUBJECT: usize = 10;
/// Words of a range.
const RANGE: usize = 3;

/// Somebody in the system.
#[derive(Clone, Copy)]
pub struct Subject {
    /// Whether it is a guest's virtual CPU.
    pub is_machine: bool,
    /// Capability of its TCB here; none for a virtual CPU.
    pub tcb: u64,
    /// Position of the parent or VMM; `None`: the judge's own child.
    pub parent: Option<usize>,
    /// Its number there.
    pub id: u64,
    /// A guest's RAM: address in its VMM.
    pub ram_here: u64,
    /// And in the guest.
    pub ram_there: u64,
    name: &'static [u64],
}

impl Subject {
    /// Its name.
    pub fn name(&self) -> &'static str {
        // SAFETY: a slice of words is a slice of eight times as many bytes, for the
        // same time.
        let bytes = unsafe {
            core::slice::from_raw_parts(self.name.as_ptr().cast::<u8>(), 8 * self.name.len())
        };
        let end = bytes.iter().position(|byte| *byte == 0);
        core::str::from_utf8(&bytes[..end.unwrap_or(bytes.len())]).unwrap_or("?")
    }
}

/// Pages to try.
#[derive(Clone, Copy)]
pub struct Range {
    /// First page.
    pub start: u64,
    /// Behind the last.
    pub end: u64,
    /// From one page to the next.
    pub step: u64,
}

/// The plan.
#[derive(Clone, Copy)]
pub struct Plan(&'static [u64]);

impl Plan {
    /// The plan in these words.
    ///
    /// # Panics
    /// If they are none.
    pub fn new(words: &'static [u64]) -> Self {
        assert!(words[0] == MAGIC, "this is no plan: pack the system anew");
        Self(words)
    }

    /// Number of subjects.
    pub fn subjects(&self) -> usize {
        self.0[1] as usize
    }

    /// A subject.
    pub fn subject(&self, position: usize) -> Subject {
        let at = HEADER + SUBJECT * position;
        let words = &self.0[at..at + SUBJECT];
        Subject {
            is_machine: words[0] != 0,
            tcb: words[1],
            parent: (words[2] != u64::MAX).then_some(words[2] as usize),
            id: words[3],
            ram_here: words[4],
            ram_there: words[5],
            name: &words[6..],
        }
    }

    /// The subject that has `parent` and is its number `id`.
    pub fn below(&self, parent: Option<usize>, id: u64) -> Option<usize> {
        (0..self.subjects()).find(|position| {
            let subject = self.subject(*position);
            subject.parent == parent && subject.id == id
        })
    }

    /// Pages to try in an address space of protection domains, or of guests.
    pub fn ranges(&self, is_machine: bool) -> impl Iterator<Item = Range> + use<> {
        let (words, first) = (self.0, HEADER + SUBJECT * self.subjects());
        let (domains, machines) = (self.0[2] as usize, self.0[3] as usize);
        let (skip, count) = if is_machine {
            (domains, machines)
        } else {
            (0, domains)
        };
        (skip..skip + count).map(move |index| {
            let at = first + RANGE * index;
            Range {
                start: words[at],
                end: words[at + 1],
                step: words[at + 2],
            }
        })
    }
}
