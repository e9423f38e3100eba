// SPDX-License-Identifier: BSD-2-Clause

//! Progress of a long copy, on standard error.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far a long copy is, twice a second, for whoever watches.
pub struct Progress {
    bar: ProgressBar,
    next: Instant,
    styled: bool,
}

impl Progress {
    /// The time between two looks, and before the first: short copies show nothing.
    const PAUSE: Duration = Duration::from_millis(500);

    pub fn new(quiet: bool) -> Progress {
        let target = match quiet {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        Progress {
            bar: ProgressBar::with_draw_target(None, target),
            next: Instant::now() + Self::PAUSE,
            styled: false,
        }
    }

    /// At byte `at`, of `length` if that is known.
    pub fn show(&mut self, at: u64, length: Option<u64>) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + Self::PAUSE;
        if !self.styled {
            self.styled = true;
            self.bar.set_style(style(length.is_some()));
            length.inspect(|&length| self.bar.set_length(length));
        }
        self.bar.set_position(at);
    }

    /// Takes it away again.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// In ASCII: the console of a guest may be a serial line.
fn style(length_is_known: bool) -> ProgressStyle {
    let template = match length_is_known {
        true => "{bytes} of {total_bytes} [{bar:30}] {binary_bytes_per_sec}, {eta} left",
        false => "{bytes}, {binary_bytes_per_sec}",
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}
