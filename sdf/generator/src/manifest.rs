// SPDX-License-Identifier: BSD-2-Clause

//! The manifest: what a system's builder writes (TOML).
//!
//! Option names of the shared-memory device are the original's (`allow`, `deny`,
//! `create`, `loc`, `intr`). Described in `docs/interfaces/manifest.md`.

use crate::size::Size;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A whole manifest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What is built for what.
    pub system: System,
    /// Guests, in order.
    #[serde(default, rename = "guest")]
    pub guests: Vec<Guest>,
    /// Pools of slots.
    #[serde(default, rename = "pool")]
    pub pools: Vec<Pool>,
    /// How a run without a person is judged.
    #[serde(default)]
    pub batch: Batch,
}

/// `[system]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Name of the system: of its files and in messages.
    pub name: Spanned<String>,
    /// One sentence for people.
    #[serde(default)]
    pub description: String,
    /// Board.
    #[serde(default)]
    pub board: Board,
}

/// Boards that this generator knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Board {
    /// QEMU `virt` with GICv2 and virtualization on.
    #[default]
    QemuVirtAarch64,
}

/// `[[guest]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// Name, as the console shows it.
    pub name: Spanned<String>,
    /// arm64 `Image` file.
    pub image: Spanned<String>,
    /// Initial RAM disk.
    pub initramfs: Option<Spanned<String>>,
    /// Kernel command line.
    #[serde(default)]
    pub command_line: String,
    /// RAM.
    pub memory: Spanned<Size>,
    /// When the manager starts it; at once if absent.
    pub start: Option<Start>,
    /// Shared-memory device; absent: the guest has none.
    pub shmem: Option<Shmem>,
}

/// `start = { after = "guest0", when = "attached" }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The guest to wait for.
    pub after: Spanned<String>,
    /// What to wait for.
    pub when: Milestone,
}

/// What a guest may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Milestone {
    /// The other guest runs.
    Running,
    /// It has attached a region.
    Attached,
    /// It has turned itself off.
    Off,
}

/// `[guest.shmem]`: the device's options under the original's names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shmem {
    /// Names that the guest may attach (patterns); ends in an implied `deny *`.
    #[serde(default)]
    pub allow: Vec<Spanned<String>>,
    /// Names that it may not; ends in an implied `allow *`.
    #[serde(default)]
    pub deny: Vec<Spanned<String>>,
    /// Regions made at start.
    #[serde(default)]
    pub create: Vec<Create>,
    /// Guest-physical address of the factory page.
    #[serde(default = "default_loc")]
    pub loc: u64,
    /// INTID of the device.
    #[serde(default = "default_intr")]
    pub intr: u32,
    /// How long an attach waits for memory that is being cleaned.
    #[serde(default = "default_timeout")]
    pub attach_timeout_ms: u32,
}

/// A region that policy makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// Region name.
    pub name: Spanned<String>,
    /// Its size.
    pub size: Spanned<Size>,
}

fn default_loc() -> u64 {
    0x0a00_0000
}

fn default_intr() -> u32 {
    43
}

fn default_timeout() -> u32 {
    10_000
}

/// `[[pool]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// Name, for messages.
    pub name: Spanned<String>,
    /// Region names that live here.
    pub patterns: Vec<Spanned<String>>,
    /// Number of slots, that is of regions at one time.
    #[serde(default = "one")]
    pub slots: u16,
    /// Size of a slot.
    pub size: Spanned<Size>,
    /// Guests with read and write access.
    #[serde(default)]
    pub members: Vec<Spanned<String>>,
    /// Guests that may only read; the hardware enforces it.
    #[serde(default)]
    pub readers: Vec<Spanned<String>>,
}

fn one() -> u16 {
    1
}

/// `[batch]`: how `build.sh run --batch` judges a run.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Seconds after which a run that has not ended has failed.
    pub timeout_s: Option<u64>,
    /// Guest name to the name of the check that its program must pass
    /// (`CHECK <name>: pass` on that guest's console).
    #[serde(default)]
    pub checks: BTreeMap<String, String>,
    /// Further lines that must be seen: speaker (as the console shows it) and a
    /// part of the line.
    #[serde(default)]
    pub expect: Vec<Expect>,
}

/// A line that must be seen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Speaker.
    pub speaker: String,
    /// Part of the line.
    pub line: String,
}
