// SPDX-License-Identifier: BSD-2-Clause

//! All vCPUs, and which of them the hardware has (sel4-microkit-abi, 5.4).
//!
//! A vCPU is *loaded* while the hardware holds its lazily switched state, and
//! *active* while it runs. Native threads run with a vCPU loaded but not active.

use aarch64_cpu::registers::{CSSELR_EL1, Readable, Writeable};
use tombolo_kernel_core::hardware::ListRegisterBusy;
use tombolo_kernel_spec::limits;

use crate::gic::{Gic, VIRTUAL_TIMER};
use crate::singleton::Singleton;

use super::state::State;
use super::vgic::{self, Vgic};
use super::{debug, registers};

static STATES: Singleton<[State; limits::VCPUS]> =
    Singleton::new([const { State::ZERO }; limits::VCPUS]);

/// The vCPUs.
pub struct Vcpus {
    states: &'static mut [State; limits::VCPUS],
    vgic: Vgic,
    loaded: Option<usize>,
    active: bool,
}

impl Vcpus {
    /// All vCPUs in their start state, none loaded. `None` the second time.
    pub fn new(vgic: Vgic) -> Option<Self> {
        let states = STATES.take()?;
        states.iter_mut().for_each(State::reset);
        debug::disable();
        debug::unlock();
        registers::write(registers::CNTV_CTL, 0);
        Some(Self {
            states,
            vgic,
            loaded: None,
            active: false,
        })
    }

    /// Number of list registers.
    pub fn list_registers(&self) -> u32 {
        // At most 64.
        self.vgic.count() as u32
    }

    /// The vCPU that runs.
    pub fn active(&mut self) -> Option<&mut State> {
        let loaded = self.loaded.filter(|_| self.active)?;
        self.states.get_mut(loaded)
    }

    /// The running vCPU, if any, stops to run.
    pub fn deactivate(&mut self, gic: &mut Gic) {
        let Some(index) = self.loaded.filter(|_| self.active) else {
            return;
        };
        let state = &mut self.states[index];
        for number in registers::EAGER {
            state.registers[number] = registers::read(number);
        }
        registers::write(registers::CNTV_CTL, 0);
        gic.mask(VIRTUAL_TIMER);
        self.vgic.stop(&mut state.interface);
        state.debug.unload();
        self.active = false;
    }

    /// vCPU `index`, which exists, starts to run. Whether the hardware had another
    /// one's lazy state before. None must be active.
    pub fn activate(&mut self, index: usize, gic: &mut Gic) -> bool {
        let replaced = self.load(index);
        let state = &self.states[index];
        for number in registers::EAGER {
            registers::write(number, state.registers[number]);
        }
        if !state.timer_masked {
            gic.unmask(VIRTUAL_TIMER);
        }
        self.vgic.start(&state.interface);
        state.debug.load();
        self.active = true;
        replaced
    }

    fn load(&mut self, index: usize) -> bool {
        if self.loaded == Some(index) {
            return false;
        }
        if let Some(old) = self.loaded.and_then(|old| self.states.get_mut(old)) {
            for number in registers::LAZY.filter(|&number| number != registers::VMPIDR) {
                old.registers[number] = registers::read(number);
            }
            old.csselr = CSSELR_EL1.get();
            self.vgic.save(&mut old.interface);
        }
        let new = &self.states[index];
        for number in registers::LAZY {
            registers::write(number, new.registers[number]);
        }
        CSSELR_EL1.set(new.csselr);
        self.vgic.restore(&new.interface);
        self.loaded.replace(index).is_some()
    }

    /// The virtual timer of the running vCPU fired: masked until AckVPPI. `false`
    /// if none runs.
    pub fn timer_fired(&mut self, gic: &mut Gic) -> bool {
        gic.mask(VIRTUAL_TIMER);
        let Some(state) = self.active() else {
            return false;
        };
        state.timer_masked = true;
        true
    }

    /// AckVPPI of vCPU `index`: takes effect when it next runs.
    pub fn acknowledge_timer(&mut self, index: usize) {
        if let Some(state) = self.states.get_mut(index) {
            state.timer_masked = false;
        }
    }

    /// Maintenance of the running vCPU: the list register whose interrupt ended, if
    /// it can be told. `None` if none runs.
    pub fn maintenance(&mut self) -> Option<Option<u32>> {
        self.active.then(|| self.vgic.take_ended())
    }

    /// Whether the hardware holds register `number` of vCPU `index`.
    fn in_hardware(&self, index: usize, number: usize) -> bool {
        let switched = self.active || registers::LAZY.contains(&number);
        self.loaded == Some(index) && switched && number != registers::VMPIDR
    }

    /// Register `number` of vCPU `index`; 0 if there is none.
    pub fn read(&self, index: usize, number: usize) -> u64 {
        if self.in_hardware(index, number) {
            return registers::read(number);
        }
        let state = self.states.get(index);
        state
            .and_then(|state| state.registers.get(number))
            .copied()
            .unwrap_or(0)
    }

    /// Writes register `number` of vCPU `index`; ignored if there is none.
    pub fn write(&mut self, index: usize, number: usize, value: u64) {
        if self.in_hardware(index, number) {
            return registers::write(number, value);
        }
        let state = self.states.get_mut(index);
        if let Some(register) = state.and_then(|state| state.registers.get_mut(number)) {
            *register = value;
        }
        if self.loaded == Some(index) && number == registers::VMPIDR {
            registers::write(number, value);
        }
    }

    /// Puts `value` into list register `number` of vCPU `index`.
    ///
    /// # Errors
    /// The list register's interrupt is being handled by the guest.
    pub fn inject(
        &mut self,
        index: usize,
        number: usize,
        value: u32,
    ) -> Result<(), ListRegisterBusy> {
        if self.loaded == Some(index) {
            if vgic::is_active(self.vgic.list(number)) {
                return Err(ListRegisterBusy);
            }
            self.vgic.set_list(number, value);
            return Ok(());
        }
        let state = self.states.get_mut(index);
        match state.and_then(|state| state.interface.list_mut(number)) {
            Some(list_register) if vgic::is_active(*list_register) => Err(ListRegisterBusy),
            Some(list_register) => {
                *list_register = value;
                Ok(())
            }
            None => Ok(()),
        }
    }
}
