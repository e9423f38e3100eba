// SPDX-License-Identifier: BSD-2-Clause

//! Regions, detach, revoke.

use super::Overseer;
use crate::run::Failure;
use crate::{failure, say};
use manager_api::{Command, Refusal, RegionInfo, RegionName, Request, Response};

impl Overseer<'_, '_> {
    pub(super) fn end_connections(&mut self) -> Result<(), Failure> {
        self.list()?;
        self.detach()?;
        self.revoke()
    }

    pub(super) fn region(&mut self, name: &str) -> Result<Option<RegionInfo>, Failure> {
        match self.ask(&Request::Region {
            name: region_name(name)?,
        })? {
            Response::Region(info) => Ok(Some(info)),
            Response::Refused(Refusal::DoesNotExist) => Ok(None),
            other => Err(failure!("region {name}: {other:?}")),
        }
    }

    pub(super) fn existing(&mut self, name: &str) -> Result<RegionInfo, Failure> {
        self.region(name)?
            .ok_or_else(|| failure!("there is no region {name}"))
    }

    fn list(&mut self) -> Result<(), Failure> {
        let Response::Regions { total, regions, .. } = self.ask(&Request::Regions { from: 0 })?
        else {
            return Err(failure!("no list of regions"));
        };
        let names = regions.iter().map(|region| &*region.name);
        if total != 4 || !names.eq(["moo", "boo", "attic", "cellar"]) {
            return Err(failure!("{total} regions, other than there are"));
        }
        let moo = self.existing("moo")?;
        let mut members = moo.members.iter().map(|member| &*member.client);
        let all = ["overseer", "citizen", "faulty"];
        if moo.summary.clients != 3 || !members.all(|member| all.contains(&member)) {
            return Err(failure!("moo is shown as {:?}", moo.summary));
        }
        say!("overseer: the regions are right");
        Ok(())
    }

    fn detach(&mut self) -> Result<(), Failure> {
        let before = self.row(1)?.times_put_out();
        let detach = |client: &str| {
            Ok::<_, Failure>(Request::Detach {
                name: region_name("moo")?,
                client: client.try_into().map_err(|_| failure!("a long name"))?,
            })
        };
        match self.ask(&detach("citizen")?)? {
            Response::Done => {}
            other => return Err(failure!("detach: {other:?}")),
        }
        match self.ask(&detach("tenant")?)? {
            Response::Refused(Refusal::DoesNotExist) => {}
            other => return Err(failure!("detach of a stranger: {other:?}")),
        }
        let row = self.row(1)?;
        self.wait_until("the citizen to see that it is out", |_| {
            Ok(row.times_put_out() == before + 1)
        })?;
        self.lives(1)?;
        say!("overseer: detach: it was told, and came back");
        Ok(())
    }

    fn revoke(&mut self) -> Result<(), Failure> {
        let before = self.existing("boo")?.summary.generation;
        let revoke = Request::Revoke {
            name: region_name("boo")?,
        };
        match self.ask(&revoke)? {
            Response::Revoked { waits_for } if waits_for.iter().eq(["tenant"]) => {}
            other => return Err(failure!("revoke: {other:?}")),
        }
        // It would like to attach again, and may not.
        self.sleep(100);
        let boo = self.existing("boo")?;
        if !boo.summary.revoked || !boo.waits_for.iter().eq(["tenant"]) {
            return Err(failure!("boo is shown as {:?}", boo.summary));
        }
        self.order("tenant", Command::Reset)?;
        self.wait_until("boo to be born again", |own| {
            let boo = own.region("boo")?;
            Ok(boo.is_some_and(|boo| !boo.summary.revoked && boo.summary.generation > before))
        })?;
        say!("overseer: revoke: its slot was free when its guest was reset");
        Ok(())
    }
}

pub(super) fn region_name(name: &str) -> Result<RegionName, Failure> {
    name.try_into().map_err(|_| failure!("a long name"))
}
