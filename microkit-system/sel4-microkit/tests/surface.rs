// SPDX-License-Identifier: BSD-2-Clause

//! The public API by its types.
//!
//! Why: protection domains must compile against rust-sel4 5.0 as against these
//! crates. This file names every item they may use with its full signature and
//! compiles against both; a signature changed by mistake fails here.

#![allow(unused_qualifications)]

use core::fmt::Display;

use sel4::{
    CNodeCapData, CPtr, CPtrWithDepth, Cap, Fault, IpcBuffer, MessageInfo, MessageInfoBuilder,
    Result, UserContext, VCpuReg, Word, cap, cap_type,
};
use sel4_microkit::{Channel, ChannelSet, Child, DeferredAction, DeferredActionSlot, IrqAckError};

/// Compiles if the item coerces to the function type.
macro_rules! signatures {
    ($($item:expr => $signature:ty;)+) => { $( let _: $signature = $item; )+ };
}

#[test]
fn words_and_pointers_have_their_types() {
    const SIZES: (usize, usize, usize) = (
        sel4::WORD_SIZE,
        sel4::NUM_MESSAGE_REGISTERS,
        sel4::NUM_FAST_MESSAGE_REGISTERS,
    );
    assert_eq!(SIZES, (64, 120, 4));
    const TCB: cap::Tcb = Cap::from_bits(266);
    const POINTER: CPtr = TCB.cptr();
    const TYPED: cap::VCpu = POINTER.cast::<cap_type::VCpu>();
    assert_eq!(TYPED.bits(), 266);
    signatures! {
        CPtrWithDepth::from_bits_with_depth => fn(sel4::CPtrBits, usize) -> CPtrWithDepth;
        CPtrWithDepth::depth => fn(&CPtrWithDepth) -> usize;
        CPtrWithDepth::empty => fn() -> CPtrWithDepth;
        cap::Tcb::upcast => fn(cap::Tcb) -> cap::Unspecified;
        cap::Unspecified::downcast::<cap_type::Tcb> => fn(cap::Unspecified) -> cap::Tcb;
        cap::Tcb::cast::<cap_type::Reply> => fn(cap::Tcb) -> cap::Reply;
        CNodeCapData::new => fn(Word, usize) -> CNodeCapData;
    }
}

#[test]
fn system_calls_have_their_types() {
    type Received = (MessageInfo, sel4::Badge);
    signatures! {
        cap::Endpoint::send => fn(cap::Endpoint, MessageInfo);
        cap::Endpoint::nb_send => fn(cap::Endpoint, MessageInfo);
        cap::Endpoint::call => fn(cap::Endpoint, MessageInfo) -> MessageInfo;
        |e: cap::Endpoint, r: cap::Reply| e.recv(r) => fn(cap::Endpoint, cap::Reply) -> Received;
        |e: cap::Endpoint, r: cap::Reply| e.nb_recv(r) => fn(cap::Endpoint, cap::Reply) -> Received;
        |e: cap::Endpoint, i, r: cap::Reply| e.reply_recv(i, r)
            => fn(cap::Endpoint, MessageInfo, cap::Reply) -> Received;
        |e: cap::Endpoint, i, s: cap::Notification, r: cap::Reply| e.nb_send_recv(i, s, r)
            => fn(cap::Endpoint, MessageInfo, cap::Notification, cap::Reply) -> Received;
        cap::Endpoint::send_with_mrs::<[Word; 3]> => fn(cap::Endpoint, MessageInfo, [Word; 3]);
        cap::Endpoint::call_with_mrs::<[Word; 4]>
            => fn(cap::Endpoint, MessageInfo, [Word; 4]) -> sel4::CallWithMRs;
        |e: cap::Endpoint, r: cap::Reply| e.recv_with_mrs(r)
            => fn(cap::Endpoint, cap::Reply) -> sel4::RecvWithMRs;
        |answer: sel4::CallWithMRs| (answer.info, answer.msg)
            => fn(sel4::CallWithMRs) -> (MessageInfo, [Word; 4]);
        |m: sel4::RecvWithMRs| (m.info, m.badge, m.msg)
            => fn(sel4::RecvWithMRs) -> (MessageInfo, sel4::Badge, [Word; 4]);
        cap::Notification::signal => fn(cap::Notification);
        cap::Notification::wait => fn(cap::Notification) -> Received;
        cap::Notification::poll => fn(cap::Notification) -> Received;
        sel4::r#yield => fn();
    }
}

#[test]
fn invocations_have_their_types() {
    signatures! {
        cap::Tcb::tcb_read_registers => fn(cap::Tcb, bool, Word) -> Result<UserContext>;
        cap::Tcb::tcb_read_all_registers => fn(cap::Tcb, bool) -> Result<UserContext>;
        cap::Tcb::tcb_write_registers => fn(cap::Tcb, bool, Word, &mut UserContext) -> Result<()>;
        cap::Tcb::tcb_write_all_registers => fn(cap::Tcb, bool, &mut UserContext) -> Result<()>;
        cap::Tcb::tcb_resume => fn(cap::Tcb) -> Result<()>;
        cap::Tcb::tcb_suspend => fn(cap::Tcb) -> Result<()>;
        cap::Tcb::tcb_set_priority => fn(cap::Tcb, cap::Tcb, Word) -> Result<()>;
        cap::Tcb::tcb_set_mc_priority => fn(cap::Tcb, cap::Tcb, Word) -> Result<()>;
        cap::Tcb::tcb_set_flags => fn(cap::Tcb, Word, Word) -> Result<Word>;
        cap::Tcb::tcb_configure
            => fn(cap::Tcb, cap::CNode, CNodeCapData, cap::VSpace, Word, cap::Granule) -> Result<()>;
        cap::Tcb::tcb_set_space
            => fn(cap::Tcb, CPtr, cap::CNode, CNodeCapData, cap::VSpace) -> Result<()>;
        cap::Tcb::tcb_set_sched_params
            => fn(cap::Tcb, cap::Tcb, Word, Word, cap::SchedContext, cap::Endpoint) -> Result<()>;
        cap::Tcb::tcb_set_timeout_endpoint => fn(cap::Tcb, cap::Endpoint) -> Result<()>;
        cap::Tcb::tcb_set_tls_base => fn(cap::Tcb, Word) -> Result<()>;
        cap::Tcb::tcb_bind_notification => fn(cap::Tcb, cap::Notification) -> Result<()>;
        cap::Tcb::tcb_unbind_notification => fn(cap::Tcb) -> Result<()>;
        |disabled| sel4::TcbFlagsBuilder::new().fpu_disabled(disabled).build() => fn(bool) -> Word;
        cap::VCpu::vcpu_set_tcb => fn(cap::VCpu, cap::Tcb) -> Result<()>;
        cap::VCpu::vcpu_read_regs => fn(cap::VCpu, VCpuReg) -> Result<Word>;
        cap::VCpu::vcpu_write_regs => fn(cap::VCpu, VCpuReg, Word) -> Result<()>;
        cap::VCpu::vcpu_ack_vppi => fn(cap::VCpu, Word) -> Result<()>;
        cap::VCpu::vcpu_inject_irq => fn(cap::VCpu, u16, u8, u8, u8) -> Result<()>;
        cap::IrqHandler::irq_handler_ack => fn(cap::IrqHandler) -> Result<()>;
        cap::IrqHandler::irq_handler_set_notification
            => fn(cap::IrqHandler, cap::Notification) -> Result<()>;
        cap::IrqHandler::irq_handler_clear => fn(cap::IrqHandler) -> Result<()>;
        cap::SchedContext::unbind => fn(cap::SchedContext) -> Result<()>;
    }
}

#[test]
fn messages_and_buffers_have_their_types() {
    signatures! {
        MessageInfo::new => fn(Word, usize, usize, usize) -> MessageInfo;
        MessageInfo::label => fn(&MessageInfo) -> Word;
        MessageInfo::length => fn(&MessageInfo) -> usize;
        MessageInfo::extra_caps => fn(&MessageInfo) -> usize;
        MessageInfo::caps_unwrapped => fn(&MessageInfo) -> usize;
        || MessageInfoBuilder::default().label(1).length(2).extra_caps(0).caps_unwrapped(0).build()
            => fn() -> MessageInfo;
        IpcBuffer::msg_regs => fn(&IpcBuffer) -> &[Word];
        IpcBuffer::msg_regs_mut => fn(&mut IpcBuffer) -> &mut [Word];
        IpcBuffer::msg_bytes => fn(&IpcBuffer) -> &[u8];
        IpcBuffer::msg_bytes_mut => fn(&mut IpcBuffer) -> &mut [u8];
        IpcBuffer::user_data => fn(&IpcBuffer) -> Word;
        IpcBuffer::set_user_data => fn(&mut IpcBuffer, Word);
        IpcBuffer::caps_or_badges => fn(&IpcBuffer) -> &[Word];
        IpcBuffer::caps_or_badges_mut => fn(&mut IpcBuffer) -> &mut [Word];
        sel4::set_ipc_buffer => fn(&'static mut IpcBuffer);
        || sel4::with_ipc_buffer(|b| b.msg_regs()[0]) => fn() -> Word;
        || sel4::with_ipc_buffer_mut(|b| b.msg_regs_mut()[0] = 0) => fn();
        || sel4::try_with_ipc_buffer_slot(|slot| slot.is_ok()) => fn() -> bool;
        || sel4::try_with_ipc_buffer_slot_mut(|slot| slot.is_ok()) => fn() -> bool;
    }
}

/// Capabilities in an explicit context.
#[allow(dead_code)]
fn contexts(tcb: cap::Tcb, buffer: &mut IpcBuffer) -> (Result<()>, cap::Tcb) {
    let mut buffer = buffer;
    let _ = tcb.with(&mut buffer).tcb_resume();
    let shared = core::cell::RefCell::new(buffer);
    let result = tcb.with(&shared).tcb_suspend();
    (result, tcb.with(&shared).without_context())
}

#[test]
fn faults_have_their_types() {
    signatures! {
        Fault::new => fn(&IpcBuffer, &MessageInfo) -> Fault;
        sel4::UnknownSyscall::fault_ip => fn(&sel4::UnknownSyscall) -> Word;
        sel4::UnknownSyscall::gpr => fn(&sel4::UnknownSyscall, usize) -> Word;
        sel4::UnknownSyscall::lr => fn(&sel4::UnknownSyscall) -> Word;
        sel4::UnknownSyscall::sp => fn(&sel4::UnknownSyscall) -> Word;
        sel4::UnknownSyscall::spsr => fn(&sel4::UnknownSyscall) -> Word;
        sel4::UnknownSyscall::syscall => fn(&sel4::UnknownSyscall) -> Word;
        sel4::VmFault::ip => fn(&sel4::VmFault) -> Word;
        sel4::VmFault::addr => fn(&sel4::VmFault) -> Word;
        sel4::VmFault::is_prefetch => fn(&sel4::VmFault) -> bool;
        sel4::VmFault::fsr => fn(&sel4::VmFault) -> Word;
        sel4::VGicMaintenance::idx => fn(&sel4::VGicMaintenance) -> Option<Word>;
        sel4::VCpuFault::hsr => fn(&sel4::VCpuFault) -> Word;
        sel4::VPpiEvent::irq => fn(&sel4::VPpiEvent) -> Word;
        |f: &sel4::CapFault| (f.inner().get_IP(), f.inner().get_Addr(), f.inner().get_InRecvPhase())
            => fn(&sel4::CapFault) -> (Word, Word, Word);
        |f: &sel4::UserException| (f.inner().get_FaultIP(), f.inner().get_Number())
            => fn(&sel4::UserException) -> (Word, Word);
        |f: &sel4::Timeout| (f.inner().get_data(), f.inner().get_consumed())
            => fn(&sel4::Timeout) -> (Word, Word);
        UserContext::pc => fn(&UserContext) -> &Word;
        UserContext::sp_mut => fn(&mut UserContext) -> &mut Word;
        UserContext::spsr => fn(&UserContext) -> &Word;
        UserContext::gpr => fn(&UserContext, usize) -> &Word;
        UserContext::gpr_mut => fn(&mut UserContext, usize) -> &mut Word;
        UserContext::c_param_mut => fn(&mut UserContext, usize) -> &mut Word;
        |c: &UserContext| c.inner().tpidr_el0 => fn(&UserContext) -> Word;
    }
}

/// A handler with every method, as a protection domain writes it.
#[allow(dead_code)]
struct Everything(DeferredActionSlot);

impl sel4_microkit::Handler for Everything {
    type Error = sel4_microkit::Infallible;

    fn notified(&mut self, channels: ChannelSet) -> core::result::Result<(), Self::Error> {
        channels
            .iter()
            .filter(|c| channels.contains(*c))
            .for_each(|channel| channel.notify());
        Ok(())
    }

    fn protected(
        &mut self,
        channel: Channel,
        msg_info: sel4_microkit::MessageInfo,
    ) -> core::result::Result<sel4_microkit::MessageInfo, Self::Error> {
        Ok(channel.pp_call(msg_info))
    }

    fn fault(
        &mut self,
        child: Child,
        msg_info: sel4_microkit::MessageInfo,
    ) -> core::result::Result<Option<sel4_microkit::MessageInfo>, Self::Error> {
        let _: (cap::Tcb, sel4::Fault) = (child.tcb(), msg_info.fault());
        Ok(None)
    }

    fn take_deferred_action(&mut self) -> Option<DeferredAction> {
        self.0.take()
    }
}

#[test]
fn the_microkit_has_its_types() {
    use sel4_microkit::{DeferredActionInterface, MessageInfo};

    const CHANNEL: Channel = Channel::new(61);
    const CHILD: Child = Child::new(CHANNEL.index());
    assert_eq!((CHILD.index(), MessageInfo::label_width()), (61, 52));
    signatures! {
        Channel::irq_ack => fn(&Channel) -> core::result::Result<(), IrqAckError>;
        DeferredAction::new => fn(Channel, DeferredActionInterface) -> DeferredAction;
        DeferredAction::new_notify => fn(Channel) -> DeferredAction;
        DeferredAction::execute_now => fn(DeferredAction) -> core::result::Result<(), IrqAckError>;
        DeferredActionSlot::defer_notify
            => fn(&mut DeferredActionSlot, Channel) -> core::result::Result<(), IrqAckError>;
        DeferredActionSlot::defer_irq_ack
            => fn(&mut DeferredActionSlot, Channel) -> core::result::Result<(), IrqAckError>;
        MessageInfo::new => fn(sel4_microkit::MessageLabel, usize) -> MessageInfo;
        MessageInfo::label => fn(&MessageInfo) -> sel4_microkit::MessageLabel;
        MessageInfo::count => fn(&MessageInfo) -> usize;
        sel4_microkit::get_mr => fn(usize) -> sel4_microkit::MessageRegisterValue;
        sel4_microkit::set_mr => fn(usize, sel4_microkit::MessageRegisterValue);
        || sel4_microkit::with_msg_regs(|r| r.len()) => fn() -> usize;
        || sel4_microkit::with_msg_regs_mut(|r| r.len()) => fn() -> usize;
        || sel4_microkit::with_msg_bytes(|r| r.len()) => fn() -> usize;
        || sel4_microkit::with_msg_bytes_mut(|r| r.len()) => fn() -> usize;
        sel4_microkit::pd_name => fn() -> core::result::Result<&'static str, core::str::Utf8Error>;
        sel4_microkit::pd_is_passive => fn() -> bool;
        sel4_microkit::panicking::set_hook => fn(sel4_microkit::panicking::PanicHook);
        |channels: ChannelSet| drop(format_displayed(channels.display())) => fn(ChannelSet);
    }
    let caught = sel4_microkit::panicking::catch_unwind(|| 5);
    assert_eq!(caught, Ok(5));
}

fn format_displayed(value: impl Display) -> impl Display {
    value
}
