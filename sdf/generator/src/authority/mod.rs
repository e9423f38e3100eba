// SPDX-License-Identifier: BSD-2-Clause

//! Who can do what: the access matrix of a `.system` file.
//!
//! Worked out from the `.system` file, and from the blobs beside it, never from
//! the manifest: so it shows what the kernel will enforce, a mistake of the
//! generator's included, and it works for hand-written systems too.
//!
//! Rules: a fact says what is *ever possible*, not what programs do. Facts are
//! sorted, so that two systems can be compared and output is deterministic.

mod blobs;
mod diff;
mod drawing;
mod facts;
mod matrix;
mod places;
mod table;

pub use blobs::{Blobs, Contradiction};
pub use diff::{Difference, diff};
pub use drawing::svg;
pub use facts::{Fact, Subject, SubjectKind};
pub use matrix::{Authority, Region, Relation};
pub use places::{Capability, CapabilityKind, Mapping};
pub use table::table;
