// SPDX-License-Identifier: BSD-2-Clause

//! Decoding of a call and its answer.

use arm_psci::{ErrorCode, Function, FunctionId, Mpidr, PsciFeature};

/// SMCCC_VERSION (DEN0028, 7.2).
const SMCCC_VERSION: u32 = 0x8000_0000;
/// SMCCC 1.1.
const SMCCC_1_1: u64 = 0x1_0001;
/// PSCI 1.1.
const PSCI_1_1: u64 = 0x1_0001;
/// AFFINITY_INFO: on.
const AFFINITY_ON: u64 = 0;
/// MIGRATE_INFO_TYPE: no Trusted OS that would have to move.
const NO_MIGRATION: u64 = 2;

/// What a call comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The guest goes on with this in x0.
    Return(u64),
    /// The guest wants to wait for an interrupt, then to see this in x0.
    Standby(u64),
    /// The guest turned itself off.
    Off,
    /// The guest wants to start anew.
    Reset,
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
    let code = |error: ErrorCode| Outcome::Return(error.into());
    match function {
        Function::Version => Outcome::Return(PSCI_1_1),
        Function::Features { psci_func_id } => features(psci_func_id),
        Function::CpuOn { target_cpu, .. } if is_this(target_cpu) => code(ErrorCode::AlreadyOn),
        Function::CpuOn { .. } => code(ErrorCode::InvalidParameters),
        Function::AffinityInfo {
            mpidr,
            lowest_affinity_level: 0,
        } if is_this(mpidr) => Outcome::Return(AFFINITY_ON),
        Function::AffinityInfo { .. } => code(ErrorCode::InvalidParameters),
        Function::MigrateInfoType => Outcome::Return(NO_MIGRATION),
        // Every state is a standby here: it ends with an interrupt.
        Function::CpuSuspend { .. } => Outcome::Standby(0),
        // The last CPU may not turn itself off (DEN0022, 5.5).
        Function::CpuOff => code(ErrorCode::Denied),
        Function::SystemOff => Outcome::Off,
        Function::SystemReset => Outcome::Reset,
        _ => code(ErrorCode::NotSupported),
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

fn is_this(mpidr: &Mpidr) -> bool {
    u64::from(*mpidr) == 0
}
