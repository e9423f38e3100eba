// SPDX-License-Identifier: BSD-2-Clause

//! Typed messages: a record is one `postcard` value.
//!
//! Why: a message is described once, by a Rust type, and whoever receives it gets a
//! value or an error. `LIMIT` is the most bytes of a message, the buffer that each
//! handle keeps; it must be the record size, so that both sides agree by their header.
//!
//! Rules: bytes are copied out before they are decoded. A value must use all of its
//! bytes. A message that is none is taken, reported, and the handle goes on: the
//! next may be good, and the caller decides when it has had enough.

use core::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::broadcast::{BroadcastReader, BroadcastWriter, Next};
use crate::error::{AttachError, Error, Field};
use crate::shape::Shape;
use crate::snapshot::{SnapshotReader, SnapshotWriter};
use crate::spsc::{Consumer, Producer};
use crate::wake::{Asked, Wake};

/// Why a message was not sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypedError {
    /// The structure says no.
    #[error(transparent)]
    Ring(#[from] Error),
    /// One's own value does not encode in `LIMIT` bytes.
    #[error("the message does not encode in {limit} bytes")]
    Encode {
        /// Most bytes of a message.
        limit: usize,
    },
    /// The peer's bytes are no such message; they have been taken.
    #[error("{length} bytes are no message of this type")]
    Decode {
        /// Bytes of the record.
        length: usize,
        /// Ring: whether to signal the producer nevertheless.
        wake: Wake,
    },
}

fn encode<'b, T: Serialize>(value: &T, buffer: &'b mut [u8]) -> Result<&'b [u8], TypedError> {
    let limit = buffer.len();
    match postcard::to_slice(value, buffer) {
        Ok(bytes) => Ok(bytes),
        Err(_) => Err(TypedError::Encode { limit }),
    }
}

fn decode<T: DeserializeOwned>(buffer: &[u8], length: usize, wake: Wake) -> Result<T, TypedError> {
    let bytes = buffer.get(..length).unwrap_or_default();
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(TypedError::Decode { length, wake }),
    }
}

fn check_limit(shape: &Shape, limit: usize) -> Result<(), AttachError> {
    let (found, expected) = (u64::from(shape.record_bytes()), limit as u64);
    if found != expected {
        return Err(AttachError::Differs {
            field: Field::RecordBytes,
            found,
            expected,
        });
    }
    Ok(())
}

/// A handle with its buffer and its message type.
macro_rules! typed {
    ($(#[$doc:meta])* $name:ident, $inner:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<'a, T, const LIMIT: usize> {
            inner: $inner<'a>,
            buffer: [u8; LIMIT],
            message: PhantomData<fn(T) -> T>,
        }

        impl<'a, T, const LIMIT: usize> $name<'a, T, LIMIT> {
            /// Gives `inner` a message type.
            ///
            /// # Errors
            ///
            /// [`AttachError::Differs`] if its records are not of `LIMIT` bytes.
            pub fn new(inner: $inner<'a>) -> Result<Self, AttachError> {
                check_limit(inner.shape(), LIMIT)?;
                Ok(Self {
                    inner,
                    buffer: [0; LIMIT],
                    message: PhantomData,
                })
            }
        }
    };
}

typed!(
    /// A producer of messages.
    Sender, Producer
);
typed!(
    /// A consumer of messages.
    Receiver, Consumer
);
typed!(
    /// A writer of broadcast messages.
    Publisher, BroadcastWriter
);
typed!(
    /// A reader of broadcast messages.
    Subscriber, BroadcastReader
);
typed!(
    /// The writer of a typed snapshot.
    SnapshotSetter, SnapshotWriter
);
typed!(
    /// A reader of a typed snapshot.
    SnapshotGetter, SnapshotReader
);

impl<T: Serialize, const LIMIT: usize> Sender<'_, T, LIMIT> {
    /// Sends a message; says whether to signal the consumer.
    ///
    /// # Errors
    ///
    /// [`TypedError::Encode`]; [`Error::Full`]; [`Error::Breach`].
    pub fn send(&mut self, value: &T) -> Result<Wake, TypedError> {
        Ok(self.inner.push(encode(value, &mut self.buffer)?)?)
    }

    /// See [`Producer::ask`].
    ///
    /// # Errors
    ///
    /// [`Error::Breach`].
    pub fn ask(&mut self) -> Result<Asked, Error> {
        self.inner.ask()
    }
}

impl<T: DeserializeOwned, const LIMIT: usize> Receiver<'_, T, LIMIT> {
    /// Takes the next message, if there is one; says whether to signal the producer.
    ///
    /// # Errors
    ///
    /// [`TypedError::Decode`]; [`Error::Breach`].
    pub fn receive(&mut self) -> Result<Option<(T, Wake)>, TypedError> {
        let Some(popped) = self.inner.pop(&mut self.buffer)? else {
            return Ok(None);
        };
        let value = decode(&self.buffer, popped.length, popped.wake)?;
        Ok(Some((value, popped.wake)))
    }

    /// See [`Consumer::ask`].
    ///
    /// # Errors
    ///
    /// [`Error::Breach`].
    pub fn ask(&mut self) -> Result<Asked, Error> {
        self.inner.ask()
    }
}

impl<T: Serialize, const LIMIT: usize> Publisher<'_, T, LIMIT> {
    /// Publishes a message; returns its number.
    ///
    /// # Errors
    ///
    /// [`TypedError::Encode`].
    pub fn publish(&mut self, value: &T) -> Result<u64, TypedError> {
        Ok(self.inner.publish(encode(value, &mut self.buffer)?)?)
    }
}

/// What a subscriber got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery<T> {
    /// Nothing new.
    Empty,
    /// A message and its number.
    Message(u64, T),
    /// So many messages were overwritten before they were read. Call again.
    Lost(u64),
}

impl<T: DeserializeOwned, const LIMIT: usize> Subscriber<'_, T, LIMIT> {
    /// The next message.
    ///
    /// # Errors
    ///
    /// [`TypedError::Decode`]; [`Error::Breach`].
    pub fn receive(&mut self) -> Result<Delivery<T>, TypedError> {
        match self.inner.next(&mut self.buffer)? {
            Next::Empty => Ok(Delivery::Empty),
            Next::Lost(count) => Ok(Delivery::Lost(count)),
            Next::Record { number, length } => {
                let value = decode(&self.buffer, length, Wake::Quiet)?;
                Ok(Delivery::Message(number, value))
            }
        }
    }
}

impl<T: Serialize, const LIMIT: usize> SnapshotSetter<'_, T, LIMIT> {
    /// Sets the value; returns its version.
    ///
    /// # Errors
    ///
    /// [`TypedError::Encode`].
    pub fn set(&mut self, value: &T) -> Result<u64, TypedError> {
        Ok(self.inner.set(encode(value, &mut self.buffer)?)?)
    }
}

impl<T: DeserializeOwned, const LIMIT: usize> SnapshotGetter<'_, T, LIMIT> {
    /// The newest value and its version; `None` if none was ever set.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`]; [`TypedError::Decode`]; [`Error::Breach`].
    pub fn get(&mut self) -> Result<Option<(u64, T)>, TypedError> {
        let Some(snapshot) = self.inner.get(&mut self.buffer)? else {
            return Ok(None);
        };
        let value = decode(&self.buffer, snapshot.length, Wake::Quiet)?;
        Ok(Some((snapshot.version, value)))
    }
}
