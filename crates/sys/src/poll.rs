//! Waiting for many descriptors at once (epoll), and waking that wait from elsewhere (eventfd).

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Readiness asked for or reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest(u32);

impl Interest {
    pub const NONE: Interest = Interest(0);
    pub const READ: Interest = Interest(libc::EPOLLIN as u32);
    pub const WRITE: Interest = Interest(libc::EPOLLOUT as u32);
    pub const READ_WRITE: Interest = Interest((libc::EPOLLIN | libc::EPOLLOUT) as u32);
    /// Both directions, each told once when it changes: a reader reads until a read comes back short, a writer waits only
    /// after a write came back short. Spares the kernel a second look at every descriptor it reports.
    pub const BOTH_EDGES: Interest =
        Interest((libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLET) as u32);

    pub fn of(read: bool, write: bool) -> Interest {
        match (read, write) {
            (false, false) => Interest::NONE,
            (true, false) => Interest::READ,
            (false, true) => Interest::WRITE,
            (true, true) => Interest::READ_WRITE,
        }
    }
}

/// One descriptor that is ready, by the token it was registered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    pub token: u64,
    bits: u32,
}

impl Ready {
    /// Input waits, or the peer has gone, which a read will tell.
    #[inline]
    pub fn readable(self) -> bool {
        self.bits & (libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR) as u32 != 0
    }

    /// Output fits again, or the peer has gone, which a write will tell.
    #[inline]
    pub fn writable(self) -> bool {
        self.bits & (libc::EPOLLOUT | libc::EPOLLHUP | libc::EPOLLERR) as u32 != 0
    }

    /// The peer has closed its direction or reset: behind what there is to read, the end comes.
    #[inline]
    pub fn hung_up(self) -> bool {
        self.bits & (libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR) as u32 != 0
    }
}

/// A set of descriptors to wait for, with room for one round of answers.
pub struct Epoll {
    fd: OwnedFd,
    events: Vec<libc::epoll_event>,
    ready: usize,
}

impl Epoll {
    /// A set that reports at most `capacity` descriptors per wait.
    pub fn new(capacity: usize) -> io::Result<Epoll> {
        // SAFETY: no pointers; the result is checked.
        let fd = crate::check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: `fd` was just created and nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let empty = libc::epoll_event { events: 0, u64: 0 };
        Ok(Epoll { fd, events: vec![empty; capacity.clamp(1, 65_536)], ready: 0 })
    }

    fn control(&self, operation: i32, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        let mut event = libc::epoll_event { events: interest.0, u64: token };
        // SAFETY: `event` lives through the call; bad descriptors are an error, not undefined.
        let result = unsafe { libc::epoll_ctl(self.fd.as_raw_fd(), operation, fd, &raw mut event) };
        crate::check(result).map(drop)
    }

    pub fn add(&self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, token, interest)
    }

    pub fn modify(&self, fd: RawFd, token: u64, interest: Interest) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, token, interest)
    }

    pub fn remove(&self, fd: RawFd) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_DEL, fd, 0, Interest::NONE)
    }

    /// Waits up to `timeout_ms` (below zero: without end) and says how many descriptors are ready. A signal ends the
    /// wait with none.
    pub fn wait(&mut self, timeout_ms: i32) -> io::Result<usize> {
        let capacity = i32::try_from(self.events.len()).unwrap_or(i32::MAX);
        // SAFETY: the pointer and the capacity describe `self.events`, which is initialised and writable.
        let count = unsafe {
            libc::epoll_wait(self.fd.as_raw_fd(), self.events.as_mut_ptr(), capacity, timeout_ms)
        };
        self.ready = match usize::try_from(count) {
            Ok(count) => count,
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
                0
            }
        };
        Ok(self.ready)
    }

    /// The descriptor number `index` of the last wait.
    #[inline]
    pub fn ready(&self, index: usize) -> Option<Ready> {
        if index >= self.ready {
            return None;
        }
        self.events.get(index).map(|event| Ready { token: event.u64, bits: event.events })
    }

    pub fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

/// Waits on one descriptor, for start-up and shutdown paths that have no loop.
pub fn wait_one(fd: RawFd, interest: Interest, timeout_ms: i32) -> io::Result<bool> {
    let mut events = 0;
    if interest.0 & Interest::READ.0 != 0 {
        events |= libc::POLLIN;
    }
    if interest.0 & Interest::WRITE.0 != 0 {
        events |= libc::POLLOUT;
    }
    let mut poll = libc::pollfd { fd, events, revents: 0 };
    // SAFETY: one valid pollfd, count one.
    crate::check(unsafe { libc::poll(&raw mut poll, 1, timeout_ms) }).map(|ready| ready > 0)
}

/// A descriptor that becomes readable when another thread or a signal handler says so.
pub struct Waker {
    fd: OwnedFd,
}

impl Waker {
    pub fn new() -> io::Result<Waker> {
        // SAFETY: no pointers; the result is checked.
        let fd = crate::check(unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) })?;
        // SAFETY: `fd` was just created and nobody else owns it.
        Ok(Waker { fd: unsafe { OwnedFd::from_raw_fd(fd) } })
    }

    pub fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// Makes the descriptor readable.
    pub fn wake(&self) {
        let one = 1_u64;
        // SAFETY: eight readable bytes, as an eventfd wants them. A full counter is readable already.
        unsafe { libc::write(self.fd.as_raw_fd(), (&raw const one).cast(), 8) };
    }

    /// Takes all wake-ups back.
    pub fn drain(&self) {
        let mut count = 0_u64;
        // SAFETY: eight writable bytes, as an eventfd wants them.
        unsafe { libc::read(self.fd.as_raw_fd(), (&raw mut count).cast(), 8) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waker_wakes_and_drains() {
        let mut epoll = Epoll::new(4).expect("epoll exists");
        let waker = Waker::new().expect("eventfd exists");
        epoll.add(waker.as_raw_fd(), 7, Interest::READ).expect("a fresh descriptor");
        assert_eq!(epoll.wait(0).expect("wait"), 0);
        waker.wake();
        assert_eq!(epoll.wait(0).expect("wait"), 1);
        let ready = epoll.ready(0).expect("one is ready");
        assert!(ready.readable() && !ready.writable());
        assert_eq!(ready.token, 7);
        assert!(epoll.ready(1).is_none());
        waker.drain();
        assert_eq!(epoll.wait(0).expect("wait"), 0);
    }
}
