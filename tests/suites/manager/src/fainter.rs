// SPDX-License-Identifier: BSD-2-Clause

//! A host that faults when it is signalled, attached to two regions with something in
//! them.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod fault;

#[cfg(target_os = "none")]
mod pd {
    use super::fault::fault;
    use sel4_microkit::{ChannelSet, Infallible, protection_domain};
    use shmem_client::microkit::{self, Calls};
    use shmem_client::{Attach, Client, Connection};
    use tombolo_config::host::HostConfig;
    use tombolo_start::configuration;

    /// Where it is signalled, and the other one.
    const REGIONS: [&str; 2] = ["attic", "cellar"];
    const PAGES: u32 = 16;

    struct Fainter {
        client: Client<'static, Calls>,
        attic: Connection<'static>,
    }

    #[protection_domain(stack_size = 0x10000)]
    fn init() -> Fainter {
        match start() {
            Ok(fainter) => fainter,
            Err(why) => panic!("fainter cannot start: {why}"),
        }
    }

    fn start() -> Result<Fainter, &'static str> {
        let config: HostConfig = configuration().map_err(|_| "no configuration")?;
        let shmem = config.shmem.as_ref().ok_or("no [host.shmem]")?;
        // SAFETY: the generator wrote the configuration together with this domain's
        // maps, and this is the only client made.
        let mut client = unsafe { microkit::client(shmem) }.map_err(|_| "no client")?;
        let [attic, _] = REGIONS.map(|name| furnished(&mut client, name));
        let attic = attic?;
        Ok(Fainter { client, attic })
    }

    /// Attaches a region and leaves something in it.
    fn furnished(
        client: &mut Client<'static, Calls>,
        name: &str,
    ) -> Result<Connection<'static>, &'static str> {
        let Ok(Attach::Done(region)) = client.attach(name, PAGES) else {
            return Err("not attached");
        };
        let data = region.data();
        if (0..data.len()).all(|at| data.store(at, !0)) {
            Ok(region)
        } else {
            Err("cannot write")
        }
    }

    impl sel4_microkit::Handler for Fainter {
        type Error = Infallible;

        fn notified(&mut self, _: ChannelSet) -> Result<(), Infallible> {
            let status = self.client.status(&self.attic);
            if status.is_ok_and(|status| status.pending() != 0) {
                fault();
            }
            Ok(())
        }
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("this is a protection domain: build it for aarch64-unknown-none");
}
