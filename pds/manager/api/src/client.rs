// SPDX-License-Identifier: BSD-2-Clause

//! The asker's side of a mailbox.

use crate::{MESSAGE_BYTES, Request, Response, decode, encode};
use tombolo_pages::mailbox::Mailbox;

/// Somebody who asks. One request is under way at one time: the next gives the one
/// before up.
#[derive(Clone, Copy, Debug)]
pub struct Client<'m> {
    mailbox: &'m Mailbox,
}

/// What became of a request.
#[expect(
    clippy::large_enum_variant,
    reason = "there is no allocator, and an answer lives on one frame"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has no answer yet.
    NotYet,
    /// The manager talks nonsense: it is of another version.
    Malformed,
    /// This.
    Is(Response),
}

impl<'m> Client<'m> {
    /// Asks by `mailbox`; nobody else does.
    pub fn new(mailbox: &'m Mailbox) -> Self {
        Self { mailbox }
    }

    /// Puts a request; returns its number. Then the manager is to be notified (a
    /// guest rings its doorbell).
    pub fn ask(&self, request: &Request) -> Option<u32> {
        let mut bytes = [0; MESSAGE_BYTES];
        self.mailbox.ask(encode(request, &mut bytes)?)
    }

    /// The answer to that request.
    pub fn answer(&self, serial: u32) -> Answer {
        if self.mailbox.answered() != serial {
            return Answer::NotYet;
        }
        let mut bytes = [0; MESSAGE_BYTES];
        let answer = self.mailbox.answer_to(serial, &mut bytes);
        answer
            .and_then(decode)
            .map_or(Answer::Malformed, Answer::Is)
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Client};
    use crate::{Request, Response, decode, encode};
    use tombolo_pages::mailbox::{MESSAGE_BYTES, Mailbox};

    #[test]
    fn a_request_gets_its_own_answer() {
        let mailbox = Mailbox::default();
        let client = Client::new(&mailbox);
        let serial = client.ask(&Request::Version).expect("short");
        assert_eq!(client.answer(serial), Answer::NotYet);
        let mut bytes = [0; MESSAGE_BYTES];
        let asked = mailbox.request(&mut bytes).and_then(decode::<Request>);
        assert_eq!(asked, Some(Request::Version));
        let mut bytes = [0; MESSAGE_BYTES];
        let answer = encode(&Response::Version(7), &mut bytes).expect("short");
        assert!(mailbox.answer(serial, answer));
        assert_eq!(client.answer(serial), Answer::Is(Response::Version(7)));
        let next = client.ask(&Request::Version).expect("short");
        assert_eq!(client.answer(next), Answer::NotYet);
        assert!(mailbox.answer(next, b"\xff\xff"));
        assert_eq!(client.answer(next), Answer::Malformed);
    }
}
