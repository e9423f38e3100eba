// SPDX-License-Identifier: BSD-2-Clause

//! List and stat.

use guest_shm::{Access, Driver, Error, PAGE_SIZE};

use crate::output::plain;

/// "2 of 32", or "2" if there is no limit: none is the greatest number, or what is
/// counted in pages to it.
fn of(used: u64, most: u64) -> String {
    if most >= u64::from(u32::MAX) * PAGE_SIZE || most == u64::from(u32::MAX) {
        used.to_string()
    } else {
        format!("{used} of {most}")
    }
}

pub fn list(device: &Driver) -> Result<(), Error> {
    plain(&format!(
        "{:31} {:>12} {:>10} {:>5} ATTACHED",
        "NAME", "BYTES", "GENERATION", "INDEX"
    ));
    for region in device.list()? {
        let own = region.idx.map_or_else(|| "-".into(), |idx| idx.to_string());
        plain(&format!(
            "{:31} {:>12} {:>10} {own:>5} {}",
            region.name,
            u64::from(region.pages) * PAGE_SIZE,
            region.generation,
            region.active
        ));
    }
    Ok(())
}

pub fn device(device: &Driver) -> Result<(), Error> {
    let version = device.version()?;
    plain(&format!("driver interface: {}", version.interface));
    plain(&format!("device feature version: {}", version.device));
    plain(&format!("device features: {:#x}", version.features));
    plain(&format!("interrupt: {}", version.vector));
    match device.usage() {
        Ok(usage) => {
            let (connections, most) = usage.connections;
            plain(&format!(
                "connections: {}",
                of(connections.into(), most.into())
            ));
            let (regions, most) = usage.regions;
            plain(&format!(
                "regions created: {}",
                of(regions.into(), most.into())
            ));
            let (bytes, most) = usage.bytes;
            plain(&format!("bytes created: {}", of(bytes, most)));
            Ok(())
        }
        Err(Error::Unsupported { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Joins it to look, unless this guest is attached already.
pub fn region(device: &Driver, name: &str) -> Result<(), Error> {
    let connection = device.connect(name, 0)?;
    let state = connection.state()?;
    let a = connection.attachment();
    let access = match a.access {
        Access::Read => "read",
        Access::ReadWrite => "read and write",
    };
    for (what, value) in [
        ("name", a.name.clone()),
        ("bytes", a.bytes().to_string()),
        ("generation", a.generation.to_string()),
        ("access", access.into()),
        ("data at", format!("{:#x}", a.gpa)),
        ("own index", a.idx.to_string()),
        ("attached", state.status.active.to_string()),
        ("signalled by", state.status.pending.to_string()),
        ("not read by", state.unread.to_string()),
        ("may signal", state.may_signal.to_string()),
        ("joins and departures", state.serial.to_string()),
        ("signals sent", state.sent.to_string()),
        ("signals received", state.received.to_string()),
        ("signals coalesced", state.coalesced.to_string()),
        ("signals refused", state.refused.to_string()),
    ] {
        plain(&format!("{what}: {value}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn no_limit_is_not_printed() {
        assert_eq!(of(2, 32), "2 of 32");
        assert_eq!(of(2, u32::MAX.into()), "2");
        assert_eq!(of(4096, u64::from(u32::MAX) * 4096), "4096");
        assert_eq!(of(4096, u64::MAX), "4096");
    }
}
