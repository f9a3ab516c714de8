//! The system log, and the start notification of the service manager.

use std::ffi::CString;
use std::io;
use std::sync::OnceLock;

static IDENT: OnceLock<CString> = OnceLock::new();

/// Opens the connection under `ident`; `facility` is a name such as `local0` or `user`.
pub fn open(ident: &str, facility: &str) {
    let facility = match facility.to_ascii_lowercase().as_str() {
        "user" => libc::LOG_USER,
        "local1" => libc::LOG_LOCAL1,
        "local2" => libc::LOG_LOCAL2,
        "local3" => libc::LOG_LOCAL3,
        "local4" => libc::LOG_LOCAL4,
        "local5" => libc::LOG_LOCAL5,
        "local6" => libc::LOG_LOCAL6,
        "local7" => libc::LOG_LOCAL7,
        _ => libc::LOG_LOCAL0,
    };
    let ident = IDENT.get_or_init(|| CString::new(ident.replace('\0', "")).unwrap_or_default());
    // SAFETY: syslog keeps the pointer; the string lives in a static until the process ends.
    unsafe {
        libc::openlog(ident.as_ptr(), libc::LOG_PID | libc::LOG_NDELAY | libc::LOG_NOWAIT, facility)
    };
}

/// Writes one line. `priority` counts as the server's levels do: 0 debug, 1 info, 2 notice, 3 warning.
pub fn write(priority: u8, line: &str) {
    let priority = match priority {
        0 => libc::LOG_DEBUG,
        1 => libc::LOG_INFO,
        2 => libc::LOG_NOTICE,
        _ => libc::LOG_WARNING,
    };
    let Ok(line) = CString::new(line.replace('\0', " ")) else { return };
    // SAFETY: format and argument are terminated strings and fit each other.
    unsafe { libc::syslog(priority, c"%s".as_ptr(), line.as_ptr()) };
}

/// Tells the service manager `state` (for example `READY=1`) through the socket it named; false when it named none.
pub fn notify(state: &str) -> io::Result<bool> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::ffi::OsStrExt;
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(false) };
    let socket = std::os::unix::net::UnixDatagram::unbound()?;
    match path.as_bytes().strip_prefix(b"@") {
        Some(name) => {
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
            socket.send_to_addr(state.as_bytes(), &address)?;
        }
        None => {
            socket.send_to(state.as_bytes(), &path)?;
        }
    }
    Ok(true)
}
