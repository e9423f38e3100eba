// SPDX-License-Identifier: BSD-2-Clause

//! Perfetto's input: the JSON trace event format (Chromium's "Trace Event Format").

use serde::Serialize;

/// A file.
#[derive(Debug, Default, Serialize)]
pub struct File {
    #[serde(rename = "traceEvents")]
    pub events: Vec<Entry>,
}

/// Where an entry is drawn: a process is a protection domain, a thread a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lane {
    pub pid: usize,
    pub tid: usize,
}

/// One entry. `ph`: `M` name, `X` slice, `i` moment, `s`, `t`, `f` start, step and
/// end of an arrow.
#[derive(Debug, Serialize)]
pub struct Entry {
    pub ph: char,
    pub name: String,
    pub cat: &'static str,
    #[serde(flatten)]
    pub lane: Lane,
    pub ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dur: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<usize>,
    /// Of a moment: how far it reaches; of an arrow's end: it points to the slice
    /// around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bp: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Args>,
}

/// More about an entry.
#[derive(Debug, Serialize)]
pub struct Args {
    pub name: String,
}

impl Entry {
    fn new(ph: char, name: impl Into<String>, lane: Lane, ts: f64) -> Self {
        Self {
            ph,
            name: name.into(),
            cat: "tombolo",
            lane,
            ts,
            dur: None,
            id: None,
            s: None,
            bp: None,
            args: None,
        }
    }

    /// Names a lane's process (`process_name`) or the lane (`thread_name`).
    pub fn label(what: &str, lane: Lane, name: &str) -> Self {
        let args = Some(Args {
            name: name.to_owned(),
        });
        Self {
            args,
            ..Self::new('M', what, lane, 0.0)
        }
    }

    /// Something that takes from `ts` to `end`; `more` is shown when it is selected.
    pub fn slice(name: impl Into<String>, lane: Lane, (ts, end): (f64, f64), more: String) -> Self {
        Self {
            dur: Some((end - ts).max(0.0)),
            args: Some(Args { name: more }),
            ..Self::new('X', name, lane, ts)
        }
    }

    /// A moment.
    pub fn moment(name: impl Into<String>, lane: Lane, ts: f64) -> Self {
        Self {
            s: Some('t'),
            ..Self::new('i', name, lane, ts)
        }
    }

    /// A point of arrow `id`: `s`, `t` or `f`.
    pub fn arrow(ph: char, id: usize, lane: Lane, ts: f64) -> Self {
        Self {
            id: Some(id),
            bp: (ph != 's').then_some('e'),
            ..Self::new(ph, "signal", lane, ts)
        }
    }
}
