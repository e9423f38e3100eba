// SPDX-License-Identifier: BSD-2-Clause

//! Input in pieces of one size, whatever pieces it comes in.

use std::io::{self, Read};

/// Reads until `chunk` is full or the input ends; gives how much that was.
///
/// # Errors
/// What the input fails with.
pub fn fill(input: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < chunk.len() {
        match input.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A byte at a time, interrupted before each.
    struct Dribble(u8, bool);

    impl Read for Dribble {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if self.0 == 0 {
                return Ok(0);
            }
            buffer[0] = self.0;
            self.0 -= 1;
            Ok(1)
        }
    }

    #[test]
    fn chunks_are_full_until_the_input_ends() {
        let mut input = Dribble(5, false);
        let mut chunk = [0; 3];
        assert_eq!(fill(&mut input, &mut chunk).ok(), Some(3));
        assert_eq!(chunk, [5, 4, 3]);
        assert_eq!(fill(&mut input, &mut chunk).ok(), Some(2));
        assert_eq!(fill(&mut input, &mut chunk).ok(), Some(0));
    }
}
