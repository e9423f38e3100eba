// SPDX-License-Identifier: BSD-2-Clause

//! The shape of a manifest: every key, once.
//!
//! The reader finds unknown keys and wrong types with it, `tombolo schema` writes
//! it as a JSON schema, and a test compares it with `docs/interfaces/manifest.md`.
//! A key that is missing here is unknown to all three.

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// Name of a system, guest, host or pool.
    Name,
    /// A file, by name.
    File,
    /// A shell wildcard pattern of region names.
    Pattern,
    /// `allow` or `deny`, a space, a pattern.
    Rule,
    /// Bytes: a number, or text with K, M or G.
    Size,
    /// A whole number from and to.
    Number(u64, u64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any number of these.
    List(&'static Kind),
    /// A table.
    Table(&'static Shape),
    /// Any number of tables.
    Tables(&'static Shape),
    /// A table of texts with keys of the user's.
    Texts,
}

/// A key of a table.
#[derive(Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// One sentence, for the schema and editors.
    pub meaning: &'static str,
}

/// A table.
#[derive(Debug)]
pub struct Shape {
    /// As its header is written.
    pub header: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

impl Shape {
    /// The key called `name`.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Every table below and including this one, in order.
    pub fn all(&'static self) -> Vec<&'static Shape> {
        let mut shapes = vec![self];
        for key in self.keys {
            if let Kind::Table(inner) | Kind::Tables(inner) = key.kind {
                shapes.extend(inner.all());
            }
        }
        shapes
    }
}

const fn must(name: &'static str, kind: Kind, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        required: true,
        meaning,
    }
}

const fn may(name: &'static str, kind: Kind, meaning: &'static str) -> Key {
    Key {
        name,
        kind,
        required: false,
        meaning,
    }
}

/// The whole manifest.
pub static MANIFEST: Shape = Shape {
    header: "the manifest",
    keys: &[
        must("system", Kind::Table(&SYSTEM), "what is built for what"),
        may("console", Kind::Table(&CONSOLE), "the console's options"),
        may("guest", Kind::Tables(&GUEST), "a guest"),
        may(
            "host",
            Kind::Tables(&HOST),
            "a protection domain beside the guests",
        ),
        may("pool", Kind::Tables(&POOL), "memory that members share"),
        may("manager", Kind::Table(&MANAGER), "the manager's options"),
        may(
            "manage",
            Kind::Tables(&MANAGE),
            "who may ask the manager for what",
        ),
        may(
            "batch",
            Kind::Table(&BATCH),
            "how a run without a person is judged",
        ),
    ],
};

static SYSTEM: Shape = Shape {
    header: "`[system]`",
    keys: &[
        must("name", Kind::Name, "name of the system and of its files"),
        may("description", Kind::Text, "one sentence"),
        may(
            "board",
            Kind::OneOf(&["qemu_virt_aarch64"]),
            "the board (default `qemu_virt_aarch64`)",
        ),
    ],
};

static MANAGER: Shape = Shape {
    header: "`[manager]`",
    keys: &[
        may(
            "elf",
            Kind::File,
            "its program, looked for by the tool that packs the image (default `manager.elf`)",
        ),
        may(
            "restart_limit",
            Kind::Number(0, 1000),
            "restarts of a VMM that faults, before its guest is given up (default 3)",
        ),
        may(
            "restart_delay_ms",
            Kind::Number(0, 60_000),
            "before the second restart; each further one waits twice as long (default 100)",
        ),
        may(
            "restart_forget_s",
            Kind::Number(1, 86_400),
            "a VMM that stays up so long has its restarts counted anew (default 60)",
        ),
    ],
};

static MANAGE: Shape = Shape {
    header: "`[[manage]]`",
    keys: &[
        must("who", Kind::Name, "the guest or host that may ask"),
        must(
            "rights",
            Kind::List(&Kind::OneOf(&["view", "control", "regions"])),
            "`view`: lists and details; `control`: orders to `guests`; `regions`: detach, revoke",
        ),
        may(
            "guests",
            Kind::List(&Kind::Pattern),
            "patterns of the guests that it may control",
        ),
    ],
};

static CONSOLE: Shape = Shape {
    header: "`[console]`",
    keys: &[may(
        "first",
        Kind::Name,
        "the guest that gets the keys at start (default: the first of the manifest)",
    )],
};

static GUEST: Shape = Shape {
    header: "`[[guest]]`",
    keys: &[
        must("name", Kind::Name, "as the console shows it"),
        must(
            "image",
            Kind::File,
            "an uncompressed arm64 `Image`, looked for in the search path",
        ),
        may("initramfs", Kind::File, "initial RAM disk"),
        may("command_line", Kind::Text, "at most 511 bytes"),
        must(
            "memory",
            Kind::Size,
            "RAM, a multiple of 2M, at guest-physical `0x4000_0000`",
        ),
        may(
            "vcpus",
            Kind::Number(1, 8),
            "virtual CPUs (default 1), all on one core",
        ),
        may(
            "disk",
            Kind::Table(&DISK),
            "its virtio block device; absent: it has none",
        ),
        may(
            "vmm",
            Kind::File,
            "its monitor's program, looked for by the tool that packs the image (default `guest-vmm.elf`)",
        ),
        may(
            "devices",
            Kind::List(&Kind::OneOf(crate::board::DEVICE_NAMES)),
            "`console` (the PL011; default), `rtc` (the board's, mapped into this guest alone)",
        ),
        may(
            "schedule",
            Kind::Table(&SCHEDULE),
            "CPU limit of each of its virtual CPUs; absent: none",
        ),
        may(
            "start",
            Kind::Table(&START),
            "when the manager starts it; absent: at once",
        ),
        may(
            "watchdog",
            Kind::Table(&WATCHDOG),
            "when the manager finds that it is silent, and what it does then",
        ),
        may(
            "shmem",
            Kind::Table(&SHMEM),
            "its shared-memory device; absent: it has none",
        ),
    ],
};

static WATCHDOG: Shape = Shape {
    header: "`watchdog`",
    keys: &[
        may(
            "silence_ms",
            Kind::Number(0, 86_400_000),
            "so long one of its virtual CPUs may run without an exit (default 30000); 0: nobody looks",
        ),
        may(
            "on_silence",
            Kind::OneOf(&["report", "pause", "reset", "stop"]),
            "what is done then, beside saying so (default `report`: nothing)",
        ),
    ],
};

static DISK: Shape = Shape {
    header: "`disk`",
    keys: &[
        must(
            "file",
            Kind::File,
            "what is on it at start: a multiple of 512 bytes",
        ),
        may(
            "access",
            Kind::OneOf(&["read_write", "read_only"]),
            "what the guest may do (default `read_write`); what it writes lasts as long as the system",
        ),
    ],
};

static SCHEDULE: Shape = Shape {
    header: "`schedule`",
    keys: &[
        must(
            "budget_us",
            Kind::Number(20, 3_600_000_000),
            "microseconds of CPU per period",
        ),
        must(
            "period_us",
            Kind::Number(20, 3_600_000_000),
            "the period in microseconds",
        ),
    ],
};

static START: Shape = Shape {
    header: "`start`",
    keys: &[
        must("after", Kind::Name, "the guest to wait for"),
        must(
            "when",
            Kind::OneOf(&["running", "attached", "off"]),
            "what to wait for: that it runs, has attached a region, turned itself off",
        ),
    ],
};

static SHMEM: Shape = Shape {
    header: "`[guest.shmem]`",
    keys: &[
        may(
            "join",
            Kind::List(&Kind::Name),
            "pools that it may read and write, as if it stood in their `members`",
        ),
        may(
            "read",
            Kind::List(&Kind::Name),
            "pools that it may only read, as if it stood in their `readers`",
        ),
        may(
            "allow",
            Kind::List(&Kind::Pattern),
            "patterns of names it may attach; ends in an implied `deny *`",
        ),
        may(
            "deny",
            Kind::List(&Kind::Pattern),
            "patterns of names it may not; ends in an implied `allow *`; `deny` rules come first",
        ),
        may(
            "rules",
            Kind::List(&Kind::Rule),
            "instead of these two: `allow PATTERN` and `deny PATTERN` in any order; the first match wins",
        ),
        may(
            "create",
            Kind::Tables(&CREATE),
            "regions made at start, which live as long as the system",
        ),
        may(
            "loc",
            Kind::Number(0, u64::MAX >> 1),
            "guest-physical address of the factory page (default `0x0a00_0000`)",
        ),
        may(
            "intr",
            Kind::Number(32, 255),
            "INTID of the device (default 43)",
        ),
        may(
            "attach_timeout_ms",
            Kind::Number(0, 3_600_000),
            "how long an attach waits for memory that is being cleaned (default 10000), then NOMEM",
        ),
        may(
            "max_connections",
            Kind::Number(0, 32),
            "quota: connections at one time (default 32); more are UNKNOWN_FAILURE",
        ),
        may(
            "max_regions",
            Kind::Number(0, 255),
            "quota: regions that it created and is attached to (default: no limit); more are NOMEM",
        ),
        may(
            "max_memory",
            Kind::Size,
            "quota: sizes of these together (default: no limit); more is NOMEM",
        ),
        may(
            "calls_per_second",
            Kind::Number(1, 1_000_000),
            "signals, attaches and the like per second, and at once, beside one for each signal heard (default 256)",
        ),
    ],
};

static HOST: Shape = Shape {
    header: "`[[host]]`",
    keys: &[
        must(
            "name",
            Kind::Name,
            "name of the protection domain, as the console shows it",
        ),
        must(
            "elf",
            Kind::File,
            "its program, looked for by the tool that packs the image",
        ),
        may(
            "arguments",
            Kind::Text,
            "text for the program, at most 255 bytes",
        ),
        may(
            "devices",
            Kind::List(&Kind::OneOf(crate::board::HOST_DEVICE_NAMES)),
            "`rtc` (the board's, mapped into this protection domain alone)",
        ),
        may(
            "schedule",
            Kind::Table(&SCHEDULE),
            "CPU limit; not for a host with `shmem`; absent: none",
        ),
        may(
            "shmem",
            Kind::Table(&HOST_SHMEM),
            "makes it a client of the server; absent: it is none",
        ),
    ],
};

static HOST_SHMEM: Shape = Shape {
    header: "`[host.shmem]`",
    keys: &[
        may("join", Kind::List(&Kind::Name), "as a guest's"),
        may("read", Kind::List(&Kind::Name), "as a guest's"),
        may("allow", Kind::List(&Kind::Pattern), "as a guest's"),
        may("deny", Kind::List(&Kind::Pattern), "as a guest's"),
        may("rules", Kind::List(&Kind::Rule), "as a guest's"),
        may("create", Kind::Tables(&CREATE), "as a guest's"),
        may("max_connections", Kind::Number(0, 32), "as a guest's"),
        may("max_regions", Kind::Number(0, 255), "as a guest's"),
        may("max_memory", Kind::Size, "as a guest's"),
        may(
            "calls_per_second",
            Kind::Number(1, 1_000_000),
            "as a guest's; who uses `shmem-client` is told to wait, others are refused",
        ),
    ],
};

static CREATE: Shape = Shape {
    header: "`create`",
    keys: &[
        must("name", Kind::Text, "region name"),
        must("size", Kind::Size, "its size"),
    ],
};

static POOL: Shape = Shape {
    header: "`[[pool]]`",
    keys: &[
        must("name", Kind::Name, "for messages"),
        must(
            "patterns",
            Kind::List(&Kind::Pattern),
            "region names that live here; a region goes to the first pool that matches",
        ),
        may(
            "slots",
            Kind::Number(1, 128),
            "number of slots, that is of regions at one time (default 1)",
        ),
        must(
            "size",
            Kind::Size,
            "of a slot: a multiple of 4K, above 2M a multiple of 2M",
        ),
        may(
            "members",
            Kind::List(&Kind::Name),
            "guests and hosts that may read and write",
        ),
        may(
            "readers",
            Kind::List(&Kind::Name),
            "guests and hosts that may only read: the hardware enforces it",
        ),
        may(
            "withhold",
            Kind::Tables(&WITHHOLD),
            "pairs of members of which the one may not signal the other",
        ),
    ],
};

static WITHHOLD: Shape = Shape {
    header: "`withhold`",
    keys: &[
        must("from", Kind::Name, "the member that may not signal"),
        must("to", Kind::Name, "the member that it may not signal"),
    ],
};

static BATCH: Shape = Shape {
    header: "`[batch]`",
    keys: &[
        may(
            "timeout_s",
            Kind::Number(1, 86_400),
            "a run that takes longer has failed",
        ),
        may(
            "checks",
            Kind::Texts,
            "guest = check: its console must show `CHECK <check>: pass`",
        ),
        may(
            "expect",
            Kind::Tables(&EXPECT),
            "further lines that must be seen",
        ),
        may(
            "forbid",
            Kind::Tables(&EXPECT),
            "lines that must not be seen: one ends the run",
        ),
        may(
            "type",
            Kind::Tables(&TYPE),
            "what is typed on the serial line, one step after the other",
        ),
    ],
};

static TYPE: Shape = Shape {
    header: "`[[batch.type]]`",
    keys: &[
        may(
            "after",
            Kind::Table(&AFTER),
            "what must be seen first, once the step before is over; absent: nothing",
        ),
        must(
            "keys",
            Kind::Text,
            "text, with named keys in `<>`: `<Enter>`, `<Tab>`, `<Up>`, `<Ctrl-]>`",
        ),
        may(
            "times",
            Kind::Number(1, 1000),
            "how often they are typed, one after the other (default 1)",
        ),
        may(
            "pace_ms",
            Kind::Number(0, 60_000),
            "milliseconds before each key (default 30); 0: all in one burst, a paste",
        ),
        may(
            "expect",
            Kind::Tables(&EXPECT),
            "lines that must be seen after the last key: then the step is over",
        ),
    ],
};

static AFTER: Shape = Shape {
    header: "`after`",
    keys: &[
        may(
            "speaker",
            Kind::Text,
            "who says it, as the console shows it",
        ),
        may("line", Kind::Text, "part of the line"),
        may("prompt", Kind::Text, "all of a line that has no end yet"),
    ],
};

static EXPECT: Shape = Shape {
    header: "`expect` and `forbid`",
    keys: &[
        must(
            "speaker",
            Kind::Text,
            "who says it, as the console shows it",
        ),
        must("line", Kind::Text, "part of the line"),
    ],
};
