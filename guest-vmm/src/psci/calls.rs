// SPDX-License-Identifier: BSD-2-Clause

//! Decoding of a call and its answer.

use crate::vcpu::VcpuId;
use arm_psci::{EntryPoint, ErrorCode, Function, FunctionId, Mpidr, PsciFeature};

/// SMCCC_VERSION (DEN0028, 7.2).
const SMCCC_VERSION: u32 = 0x8000_0000;
/// SMCCC 1.1.
const SMCCC_1_1: u64 = 0x1_0001;
/// PSCI 1.1.
const PSCI_1_1: u64 = 0x1_0001;
/// MIGRATE_INFO_TYPE: no Trusted OS that would have to move.
const NO_MIGRATION: u64 = 2;

/// What a call comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The guest goes on with this in x0.
    Return(u64),
    /// The vCPU wants to wait for an interrupt, then to see this in x0.
    Standby(u64),
    /// Turn another vCPU on, if the guest has it.
    CpuOn {
        /// Which.
        target: VcpuId,
        /// Where it starts: a guest-physical address.
        entry: u64,
        /// What it finds in x0.
        context: u64,
    },
    /// Turn this vCPU off, unless it is the last.
    CpuOff,
    /// Say whether that vCPU is on, if the guest has it.
    AffinityInfo(VcpuId),
    /// The guest turned itself off.
    Off,
    /// The guest wants to start anew.
    Reset,
}

/// What x0 is to be after a call that concerns vCPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// SUCCESS; AFFINITY_INFO: on.
    Success,
    /// AFFINITY_INFO: off.
    Off,
    /// INVALID_PARAMETERS: there is no such vCPU.
    NoSuchCpu,
    /// DENIED: the last vCPU may not turn itself off.
    LastCpu,
    /// ALREADY_ON.
    AlreadyOn,
    /// INVALID_ADDRESS: the entry is not in guest RAM.
    InvalidAddress,
}

impl From<Answer> for u64 {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Success => 0,
            Answer::Off => 1,
            Answer::NoSuchCpu => ErrorCode::InvalidParameters.into(),
            Answer::LastCpu => ErrorCode::Denied.into(),
            Answer::AlreadyOn => ErrorCode::AlreadyOn.into(),
            Answer::InvalidAddress => ErrorCode::InvalidAddress.into(),
        }
    }
}

/// Answers the call in x0 to x3.
pub fn call(registers: &[u64; 4]) -> Outcome {
    // SMCCC: the function identifier is w0.
    if registers[0] as u32 == SMCCC_VERSION {
        return Outcome::Return(SMCCC_1_1);
    }
    match Function::try_from(registers) {
        Ok(function) => answer(&function),
        Err(error) => Outcome::Return(ErrorCode::from(error).into()),
    }
}

fn answer(function: &Function) -> Outcome {
    match function {
        Function::Version => Outcome::Return(PSCI_1_1),
        Function::Features { psci_func_id } => features(psci_func_id),
        Function::CpuOn { target_cpu, entry } => {
            of_cpu(target_cpu, |target| cpu_on(target, *entry))
        }
        Function::CpuOff => Outcome::CpuOff,
        Function::AffinityInfo {
            mpidr,
            lowest_affinity_level: 0,
        } => of_cpu(mpidr, Outcome::AffinityInfo),
        Function::AffinityInfo { .. } => code(ErrorCode::InvalidParameters),
        Function::MigrateInfoType => Outcome::Return(NO_MIGRATION),
        // Every state is a standby here: it ends with an interrupt.
        Function::CpuSuspend { .. } => Outcome::Standby(0),
        Function::SystemOff => Outcome::Off,
        Function::SystemReset => Outcome::Reset,
        _ => code(ErrorCode::NotSupported),
    }
}

fn code(error: ErrorCode) -> Outcome {
    Outcome::Return(error.into())
}

/// A vCPU's number is its affinity level 0; the other levels are 0.
fn of_cpu(mpidr: &Mpidr, outcome: impl FnOnce(VcpuId) -> Outcome) -> Outcome {
    let number = usize::try_from(u64::from(*mpidr)).ok();
    match number.and_then(VcpuId::new) {
        Some(vcpu) => outcome(vcpu),
        None => code(ErrorCode::InvalidParameters),
    }
}

fn cpu_on(target: VcpuId, entry: EntryPoint) -> Outcome {
    let (entry, context) = match entry {
        EntryPoint::Entry32 {
            entry_point_address,
            context_id,
        } => (entry_point_address.into(), context_id.into()),
        EntryPoint::Entry64 {
            entry_point_address,
            context_id,
        } => (entry_point_address, context_id),
    };
    Outcome::CpuOn {
        target,
        entry,
        context,
    }
}

fn features(feature: &PsciFeature) -> Outcome {
    let supported = match feature {
        PsciFeature::SmcccVersion => true,
        PsciFeature::PsciFunction(function) => matches!(
            function,
            FunctionId::PsciVersion
                | FunctionId::PsciFeatures
                | FunctionId::CpuOn32
                | FunctionId::CpuOn64
                | FunctionId::CpuOff
                | FunctionId::CpuSuspend32
                | FunctionId::CpuSuspend64
                | FunctionId::AffinityInfo32
                | FunctionId::AffinityInfo64
                | FunctionId::MigrateInfoType
                | FunctionId::SystemOff
                | FunctionId::SystemReset
        ),
    };
    Outcome::Return(if supported {
        0
    } else {
        ErrorCode::NotSupported.into()
    })
}
