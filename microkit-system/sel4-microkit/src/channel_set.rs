// SPDX-License-Identifier: BSD-2-Clause

//! Channels that were notified.

use core::fmt;

use sel4::Badge;

use crate::{Channel, channel::MAX_CHANNELS};

/// The channels of one notification.
#[derive(Debug, Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelSet(Badge);

impl ChannelSet {
    /// The channels of a notification's word: bits 0 to 61. The two above tell
    /// calls and faults apart and are no channels.
    pub(crate) const fn from_badge(badge: Badge) -> Self {
        Self(badge & ((1 << MAX_CHANNELS) - 1))
    }

    /// Whether `channel` was notified.
    pub fn contains(&self, channel: Channel) -> bool {
        self.0 & (1 << channel.index()) != 0
    }

    /// The channels, lowest first.
    pub fn iter(&self) -> ChannelSetIter {
        ChannelSetIter(self.0)
    }

    /// Shows the set as `{0, 3}`.
    pub fn display(&self) -> DisplayChannelSet<'_> {
        DisplayChannelSet(self)
    }
}

/// Iterator over a [`ChannelSet`].
#[derive(Debug, Clone)]
pub struct ChannelSetIter(Badge);

impl Iterator for ChannelSetIter {
    type Item = Channel;

    fn next(&mut self) -> Option<Channel> {
        if self.0 == 0 {
            return None;
        }
        let lowest = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(Channel::new(lowest as usize))
    }
}

/// See [`ChannelSet::display`].
#[derive(Debug)]
pub struct DisplayChannelSet<'a>(&'a ChannelSet);

impl fmt::Display for DisplayChannelSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "{";
        for channel in self.0.iter() {
            write!(f, "{separator}{}", channel.index())?;
            separator = ", ";
        }
        f.write_str(if separator == "{" { "{}" } else { "}" })
    }
}

#[cfg(test)]
mod tests {
    use super::ChannelSet;
    use crate::Channel;

    fn shown(badge: u64) -> String {
        ChannelSet::from_badge(badge).display().to_string()
    }

    #[test]
    fn a_set_shows_its_channels_lowest_first() {
        assert_eq!(shown(0), "{}");
        assert_eq!(shown(1 << 7), "{7}");
        assert_eq!(shown(0b1001 | 1 << 61), "{0, 3, 61}");
    }

    #[test]
    fn bits_62_and_63_are_no_channels() {
        assert_eq!(shown(u64::MAX << 61), "{61}");
    }

    #[test]
    fn a_set_contains_what_it_iterates() {
        let set = ChannelSet::from_badge(0b10);
        assert!(set.contains(Channel::new(1)));
        assert!(!set.contains(Channel::new(0)));
    }
}
