// SPDX-License-Identifier: BSD-2-Clause

//! The device file: attaching, the list of regions, what this guest uses.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::attached::{Attached, Watched};
use super::connection::{Connection, peers};
use super::raw;
use crate::error::Error;
use crate::region::{CLIENT_MAX, Device, Peers};

/// The first device's file.
pub const PATH: &str = "/dev/guest_shm";

/// A device of this machine.
#[derive(Clone, Debug)]
pub struct Driver {
    path: PathBuf,
}

impl Default for Driver {
    fn default() -> Driver {
        Driver::at(PATH)
    }
}

/// What there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Version of the driver's interface.
    pub interface: u32,
    /// Version of the device's feature registers; 0 if it has none.
    pub device: u32,
    /// Set of the device's features (`docs/interfaces/guest-shm.md`).
    pub features: u32,
    /// The device's interrupt number.
    pub vector: u32,
}

/// A region that this guest may attach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its size in pages.
    pub pages: u32,
    /// Which birth of a region it is.
    pub generation: u32,
    /// Who is attached.
    pub active: Peers,
    /// This guest's index, if it is.
    pub idx: Option<u32>,
}

/// What this guest uses, and may at most. No limit is the greatest number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Connections.
    pub connections: (u32, u32),
    /// Regions that it created and is attached to.
    pub regions: (u32, u32),
    /// Bytes of those.
    pub bytes: (u64, u64),
}

impl Driver {
    /// The device with this file.
    pub fn at(path: impl AsRef<Path>) -> Driver {
        Driver {
            path: path.as_ref().into(),
        }
    }

    fn open(&self, writable: bool) -> Result<File, Error> {
        let open = OpenOptions::new()
            .read(true)
            .write(writable)
            .open(&self.path);
        open.map_err(|source| Error::NoDevice {
            path: self.path.display().to_string(),
            source,
        })
    }

    /// Creates or joins a region to read it only; with 0 pages it only joins. The
    /// file is opened for reading, so nothing made from it can write or signal.
    ///
    /// # Errors
    /// As [`Device::attach`].
    pub fn watch(&self, name: &str, pages: u32) -> Result<Watched, Error> {
        Watched::new(Connection::new(self.open(false)?, name, pages)?)
    }

    /// Creates or joins a region without mapping its data; with 0 pages it only joins.
    ///
    /// # Errors
    /// As [`Device::attach`].
    pub fn connect(&self, name: &str, pages: u32) -> Result<Connection, Error> {
        Connection::new(self.open(true)?, name, pages)
    }

    /// What driver and device are.
    ///
    /// # Errors
    /// [`Error::NoDevice`]; [`Error::Os`] if the driver is older than this crate.
    pub fn version(&self) -> Result<Version, Error> {
        let raw = raw::version(&self.open(false)?).map_err(|errno| {
            let needed = raw::INTERFACE;
            Error::os(
                format!("the driver lacks interface version {needed}"),
                errno,
            )
        })?;
        Ok(Version {
            interface: raw.interface,
            device: raw.device,
            features: raw.features,
            vector: raw.vector,
        })
    }

    /// The regions that this guest may attach. One that is born or ends meanwhile may be
    /// missing, or in it twice.
    ///
    /// # Errors
    /// [`Error::NoDevice`]; [`Error::Unsupported`]; [`Error::Os`].
    pub fn list(&self) -> Result<Vec<Listed>, Error> {
        let file = self.open(false)?;
        let mut all = Vec::new();
        for nth in 0.. {
            let mut raw = raw::Listed {
                nth,
                ..raw::Listed::default()
            };
            match raw::list(&file, &mut raw) {
                Ok(()) => all.push(listed(&raw)),
                Err(Errno::NOENT) => break,
                Err(errno) => return Err(unsupported("list of regions", errno)),
            }
        }
        Ok(all)
    }

    /// What this guest uses.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn usage(&self) -> Result<Usage, Error> {
        let raw = raw::usage(&self.open(false)?)
            .map_err(|errno| unsupported("account of usage", errno))?;
        Ok(Usage {
            connections: (raw.connections, raw.connections_max),
            regions: (raw.regions, raw.regions_max),
            bytes: (raw.bytes, raw.bytes_max),
        })
    }
}

impl Device for Driver {
    type Region = Attached;

    fn attach(&self, name: &str, pages: u32) -> Result<Attached, Error> {
        Attached::new(self.connect(name, pages)?)
    }
}

fn unsupported(what: &'static str, errno: Errno) -> Error {
    match errno {
        Errno::OPNOTSUPP => Error::Unsupported { what },
        errno => Error::os(format!("reading the {what}"), errno),
    }
}

fn listed(raw: &raw::Listed) -> Listed {
    let name = raw.name.split(|&byte| byte == 0).next().unwrap_or_default();
    Listed {
        name: String::from_utf8_lossy(name).into_owned(),
        pages: raw.size_pages,
        generation: raw.generation,
        active: peers(raw.active),
        idx: (raw.idx < CLIENT_MAX).then_some(raw.idx),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_says_what_to_do() {
        let error = Driver::at("/nowhere").attach("x", 1).map(drop).unwrap_err();
        assert!(matches!(error, Error::NoDevice { .. }));
        assert!(error.to_string().contains("insmod"), "{error}");
    }

    #[test]
    fn a_driver_that_is_another_is_told_from_ours() {
        // It is there, and knows none of the calls.
        let other = Driver::at("/dev/null");
        for error in [
            other.version().map(drop).unwrap_err(),
            other.list().map(drop).unwrap_err(),
            other.attach("x", 1).map(drop).unwrap_err(),
        ] {
            assert!(matches!(error, Error::Os { .. }), "{error}");
        }
    }

    #[test]
    fn a_name_that_fills_its_field_ends_with_it() {
        let raw = raw::Listed {
            name: [b'a'; 32],
            idx: u32::MAX,
            active: 0xffff_0005,
            ..raw::Listed::default()
        };
        let listed = listed(&raw);
        assert_eq!((listed.name.len(), listed.idx), (32, None));
        assert_eq!(listed.active, Peers(5));
    }
}
