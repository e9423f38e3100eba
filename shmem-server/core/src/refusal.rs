// SPDX-License-Identifier: BSD-2-Clause

//! Why a request was refused: for the log in words, for the guest as a status.

use core::fmt;
use shmem_server_api::Status;

/// One reason. The caller gets [`Refusal::status`]; the log says which it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The name is not legal.
    IllegalName,
    /// The client's own `allow` and `deny` list forbids the name.
    DeniedByRule,
    /// No pool admits the name.
    NoPool,
    /// The pool that admits the name does not have this client as a member.
    NotMember {
        /// Pool number.
        pool: u8,
    },
    /// A region of no pages cannot be created.
    ZeroSize,
    /// No slot of the pool is that large.
    TooLarge {
        /// Pages of the pool's largest slot that is not quarantined.
        largest: u32,
    },
    /// Every slot that is large enough holds a region.
    AllInUse,
    /// The region has all the connections it can have.
    RegionFull,
    /// The client has all the connections it can have.
    TooManyConnections,
    /// The client has all the connections that its quota gives.
    ConnectionQuota,
    /// The client has created all the regions that its quota gives.
    RegionQuota,
    /// The client's regions would have more pages than its quota gives.
    PageQuota {
        /// Pages that are left.
        left: u32,
    },
    /// The client has no such connection.
    NoConnection,
    /// No such region, or no such slot (from the manager).
    NoRegion,
    /// No such client (from the manager).
    NoClient,
    /// Only the manager may ask this, and it nothing else.
    NotForCaller,
    /// Our own tables contradict each other: a defect of the server.
    Inconsistent,
}

impl Refusal {
    /// What the caller is told.
    ///
    /// | refusal | status |
    /// |---|---|
    /// | illegal name | ILLEGAL_NAME |
    /// | denied by rule, no pool, no member, not for caller | NO_PERMISSION |
    /// | too large, all in use, quota of regions or pages | NOMEM |
    /// | region full | CLIENT_MAX |
    /// | no connection, no region, no client | DOES_NOT_EXIST |
    /// | size 0, too many connections (table or quota), inconsistent | UNKNOWN_FAILURE |
    pub const fn status(self) -> Status {
        match self {
            Self::IllegalName => Status::IllegalName,
            Self::DeniedByRule | Self::NoPool | Self::NotMember { .. } | Self::NotForCaller => {
                Status::NoPermission
            }
            Self::TooLarge { .. } | Self::AllInUse | Self::RegionQuota | Self::PageQuota { .. } => {
                Status::NoMem
            }
            Self::RegionFull => Status::ClientMax,
            Self::NoConnection | Self::NoRegion | Self::NoClient => Status::DoesNotExist,
            Self::ZeroSize
            | Self::TooManyConnections
            | Self::ConnectionQuota
            | Self::Inconsistent => Status::UnknownFailure,
        }
    }

    /// Its number in the factory page's feature registers; never 0. The table is
    /// in `docs/interfaces/guest-shm.md`, "Reasons".
    pub const fn reason(self) -> u32 {
        match self {
            Self::IllegalName => 1,
            Self::DeniedByRule => 2,
            Self::NoPool => 3,
            Self::NotMember { .. } => 4,
            Self::ZeroSize => 5,
            Self::TooLarge { .. } => 6,
            Self::AllInUse => 7,
            Self::RegionFull => 8,
            Self::TooManyConnections => 9,
            Self::ConnectionQuota => 10,
            Self::RegionQuota => 11,
            Self::PageQuota { .. } => 12,
            Self::NoConnection => 13,
            Self::NoClient => 14,
            Self::NotForCaller => 15,
            Self::Inconsistent => 16,
            Self::NoRegion => 17,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.status() {
            Status::Ok => "OK",
            Status::UnknownFailure => "UNKNOWN_FAILURE",
            Status::NoMem => "NOMEM",
            Status::ClientMax => "CLIENT_MAX",
            Status::IllegalName => "ILLEGAL_NAME",
            Status::NoPermission => "NO_PERMISSION",
            Status::DoesNotExist => "DOES_NOT_EXIST",
        })?;
        match self {
            Self::IllegalName => Ok(()),
            Self::DeniedByRule => f.write_str(" (its allow and deny rules)"),
            Self::NoPool => f.write_str(" (no pool admits the name)"),
            Self::NotMember { .. } => f.write_str(" (no member of the pool)"),
            Self::ZeroSize => f.write_str(" (size 0, and no such region)"),
            Self::TooLarge { largest } => write!(f, " (largest slot: {largest} pages)"),
            Self::AllInUse => f.write_str(" (all slots in use)"),
            Self::RegionFull => f.write_str(" (16 connections)"),
            Self::TooManyConnections => f.write_str(" (32 connections of this client)"),
            Self::ConnectionQuota => f.write_str(" (its quota of connections)"),
            Self::RegionQuota => f.write_str(" (its quota of regions)"),
            Self::PageQuota { left } => write!(f, " (its quota of memory: {left} pages left)"),
            Self::NoConnection => f.write_str(" (no such connection)"),
            Self::NoRegion => f.write_str(" (no such region)"),
            Self::NoClient => f.write_str(" (no such client)"),
            Self::NotForCaller => f.write_str(" (not for this caller)"),
            Self::Inconsistent => f.write_str(" (defect of the server)"),
        }
    }
}
