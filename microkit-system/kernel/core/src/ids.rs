// SPDX-License-Identifier: BSD-2-Clause

//! Numbers of objects, and the tables they index.
//!
//! An id is made at instantiation only, after a check against the table's
//! capacity, so that indexing with one cannot fail. Ids hold index + 1 in a
//! `NonZeroU16`: an absent id is all zeros, which keeps the kernel's tables in
//! `.bss`.

use core::marker::PhantomData;
use core::num::NonZeroU16;
use core::ops::{Index, IndexMut};

/// What a typed id offers to [`Table`].
pub trait Id: Copy + Eq {
    /// The id of position `index`, or `None` if it does not fit 16 bits.
    fn new(index: usize) -> Option<Self>;
    /// The position.
    fn index(self) -> usize;
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(NonZeroU16);

        impl Id for $name {
            fn new(index: usize) -> Option<Self> {
                let number = u16::try_from(index).ok()?.checked_add(1)?;
                NonZeroU16::new(number).map(Self)
            }

            fn index(self) -> usize {
                usize::from(self.0.get()) - 1
            }
        }
    };
}

id! {
    /// A thread.
    TcbId
}
id! {
    /// A scheduling context.
    ScId
}
id! {
    /// An endpoint.
    EndpointId
}
id! {
    /// A notification.
    NotificationId
}
id! {
    /// A reply object.
    ReplyId
}
id! {
    /// A protection domain's CSpace.
    CSpaceId
}
id! {
    /// An address space.
    VSpaceId
}
id! {
    /// A vCPU.
    VcpuId
}
id! {
    /// An interrupt handler.
    IrqId
}

impl TcbId {
    /// Position in the table of the system description.
    pub fn index(self) -> usize {
        Id::index(self)
    }
}

/// A table of `N` objects, indexed by the id `I`.
pub struct Table<I, T, const N: usize> {
    items: [T; N],
    id: PhantomData<I>,
}

impl<I, T, const N: usize> Table<I, T, N> {
    /// The table with these objects.
    pub const fn new(items: [T; N]) -> Self {
        Self {
            items,
            id: PhantomData,
        }
    }
}

impl<I: Id, T, const N: usize> Index<I> for Table<I, T, N> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T, const N: usize> IndexMut<I> for Table<I, T, N> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}
