//! The handler of fatal signals: on a stack of its own, once, and then the signal's default.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

/// Signals that mean the process is broken.
pub const FATAL: [i32; 5] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGABRT];

/// Bytes of the stack the report runs on: symbolising needs room.
const STACK_BYTES: usize = 512 * 1024;

/// A fatal signal, as the kernel told of it.
pub struct Fault<'a> {
    pub signal: i32,
    pub code: i32,
    pub address: usize,
    /// Who sent it, where it was sent by a process and not raised by an instruction.
    pub sender_pid: Option<i32>,
    /// 0 for the first fault, 1 for one inside the report, and so on.
    pub depth: usize,
    context: &'a libc::ucontext_t,
}

impl Fault<'_> {
    /// Where the processor stood.
    pub fn instruction_pointer(&self) -> usize {
        register(self.context, libc::REG_RIP)
    }

    pub fn stack_pointer(&self) -> usize {
        register(self.context, libc::REG_RSP)
    }

    /// Every general register with its name, in the order of the report.
    pub fn registers(&self) -> Vec<(&'static str, usize)> {
        const NAMES: [(&str, libc::c_int); 20] = [
            ("RAX", libc::REG_RAX),
            ("RBX", libc::REG_RBX),
            ("RCX", libc::REG_RCX),
            ("RDX", libc::REG_RDX),
            ("RDI", libc::REG_RDI),
            ("RSI", libc::REG_RSI),
            ("RBP", libc::REG_RBP),
            ("RSP", libc::REG_RSP),
            ("R8 ", libc::REG_R8),
            ("R9 ", libc::REG_R9),
            ("R10", libc::REG_R10),
            ("R11", libc::REG_R11),
            ("R12", libc::REG_R12),
            ("R13", libc::REG_R13),
            ("R14", libc::REG_R14),
            ("R15", libc::REG_R15),
            ("RIP", libc::REG_RIP),
            ("EFL", libc::REG_EFL),
            ("CSGSFS", libc::REG_CSGSFS),
            ("CR2", libc::REG_CR2),
        ];
        NAMES.iter().map(|&(name, index)| (name, register(self.context, index))).collect()
    }

    /// Up to `count` words of the stack, from the stack pointer upwards, as far as they can be read.
    pub fn stack_words(&self, count: usize) -> Vec<(usize, usize)> {
        let start = self.stack_pointer();
        let mut bytes = vec![0_u8; count.min(64) * 8];
        let read = super::memory::read(start, &mut bytes);
        bytes
            .chunks_exact(8)
            .take(read / 8)
            .zip(0..)
            .map(|(chunk, index)| {
                let mut word = [0; 8];
                word.copy_from_slice(chunk);
                (start + index * 8, usize::from_ne_bytes(word))
            })
            .collect()
    }
}

fn register(context: &libc::ucontext_t, index: libc::c_int) -> usize {
    usize::try_from(index)
        .ok()
        .and_then(|index| context.uc_mcontext.gregs.get(index))
        .map_or(0, |value| value.cast_unsigned() as usize)
}

/// What runs on a fatal signal. It may do little: memory may be broken, locks may be held.
pub type Report = fn(&Fault<'_>);

static REPORT: OnceLock<Report> = OnceLock::new();
static DEPTH: AtomicUsize = AtomicUsize::new(0);
static REPORTING_THREAD: AtomicI32 = AtomicI32::new(0);

/// Whether this thread writes the report of its own end.
pub fn is_reporting() -> bool {
    REPORTING_THREAD.load(Ordering::SeqCst) == thread_id()
}

/// Marks this thread as writing its last report, for ends that are no signal (a panic). The value is the depth.
pub fn begin_report() -> usize {
    REPORTING_THREAD.store(thread_id(), Ordering::SeqCst);
    DEPTH.fetch_add(1, Ordering::SeqCst)
}

/// The kernel's number of this thread.
pub fn thread_id() -> i32 {
    // SAFETY: gettid takes no arguments; thread numbers fit an int.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// Installs the handler for the signals of [`FATAL`], and the stack for this thread.
pub fn install(report: Report) -> io::Result<()> {
    REPORT.get_or_init(|| report);
    give_thread_a_stack()?;
    for signal in FATAL {
        set(signal, on_fatal as *const () as libc::sighandler_t)?;
    }
    Ok(())
}

/// Gives the fatal signals back to the kernel.
pub fn uninstall() {
    for signal in FATAL {
        // The default can always be set for these signals.
        let _ = crate::signals::restore_default(signal);
    }
}

fn set(signal: i32, handler: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: all-zero is a valid sigaction: no flags, empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    // The signal stays deliverable inside its handler: a fault in the report shall be told, not hang.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    // SAFETY: the handler has the three-argument form that SA_SIGINFO asks for.
    crate::check(unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) })
        .map(drop)
}

/// A stack for handlers of this thread, so that an overflow of the ordinary one can still be told.
pub fn give_thread_a_stack() -> io::Result<()> {
    let memory = vec![0_u8; STACK_BYTES].leak();
    let stack =
        libc::stack_t { ss_sp: memory.as_mut_ptr().cast(), ss_flags: 0, ss_size: memory.len() };
    // SAFETY: the memory is leaked, so it outlives the thread, and nobody else uses it.
    crate::check(unsafe { libc::sigaltstack(&raw const stack, std::ptr::null_mut()) }).map(drop)
}

extern "C" fn on_fatal(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    let thread = thread_id();
    let depth = DEPTH.fetch_add(1, Ordering::SeqCst);
    if depth > 0 && REPORTING_THREAD.load(Ordering::SeqCst) != thread {
        // Another thread is writing the report and will end the process; this one must not disturb it.
        // SAFETY: pause only waits.
        unsafe { libc::pause() };
    }
    REPORTING_THREAD.store(thread, Ordering::SeqCst);
    // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo for the time of the handler.
    let info = unsafe { &*info };
    // SAFETY: likewise the third argument points to the ucontext of the interrupted code.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    let sent = info.si_code <= 0;
    let fault = Fault {
        signal,
        code: info.si_code,
        // SAFETY: for signals raised by an instruction the union holds the address; for others the value is a number
        // that is not used as an address.
        address: if sent { 0 } else { (unsafe { info.si_addr() }) as usize },
        // SAFETY: a signal sent by a process carries its pid.
        sender_pid: sent.then(|| unsafe { info.si_pid() }),
        depth,
        context,
    };
    if depth < 3
        && let Some(report) = REPORT.get()
    {
        report(&fault);
    }
    die_of(signal);
}

/// Ends the process by the signal's default action.
pub fn die_of(signal: i32) -> ! {
    uninstall();
    // A core shows the interrupted code best when the instruction raises the signal again; raising it here does too,
    // because the handler's frame stands above the interrupted one.
    // SAFETY: raise only sends a signal to this thread.
    unsafe { libc::raise(signal) };
    // A signal that is blocked or ignored did not end the process.
    // SAFETY: abort does not return.
    unsafe { libc::abort() }
}

/// Ends the process by SIGALRM if it still lives after `seconds`: a report that waits for a lock must not hang for ever.
pub fn end_after(seconds: u32) {
    // Cannot fail for this signal.
    let _ = crate::signals::restore_default(libc::SIGALRM);
    // SAFETY: alarm takes a number.
    unsafe { libc::alarm(seconds) };
}

/// Writes to memory that may only be read.
pub fn segfault() {
    // SAFETY: a fresh anonymous page; the result is checked by the fault itself.
    let page = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            4096,
            libc::PROT_READ,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    // SAFETY: none is wanted: the write faults, which is what the caller asks for, and nothing goes on behind it.
    unsafe { page.cast::<u8>().write_volatile(b'x') };
}
