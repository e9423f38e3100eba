// SPDX-License-Identifier: BSD-2-Clause

//! What a receive stores the right to answer in.

use crate::{NoExplicitInvocationContext, cap};

/// A reply object, on the MCS kernel.
pub type ReplyAuthority<C = NoExplicitInvocationContext> = cap::Reply<C>;

/// Anything a receive can take as its reply object.
pub trait ConveysReplyAuthority {
    /// Invocation context of the reply object.
    type C;

    /// The reply object.
    fn into_reply_authority(self) -> ReplyAuthority<Self::C>;
}

impl<C> ConveysReplyAuthority for ReplyAuthority<C> {
    type C = C;

    fn into_reply_authority(self) -> ReplyAuthority<Self::C> {
        self
    }
}
