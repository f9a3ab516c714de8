//! Functions of the API that are not there: what stands in their place.

use std::ffi::c_void;

use module_abi::functions;

/// Places for functions that may be missing; more than the API has names.
const STUBS: usize = 500;

/// A function that may be called with any arguments: it ends the process with a report that says what was missing. The
/// load check refuses modules that use a missing function, so this is the last line of defence.
pub fn stub_address(name: &str) -> *mut c_void {
    let index = functions::all().position(|known| known == name).unwrap_or(STUBS - 1);
    STUB_FUNCTIONS[index.min(STUBS - 1)] as *const () as *mut c_void
}

/// Number `N` of the stubs: its address tells which function a module wanted.
extern "C" fn stub<const N: usize>() -> ! {
    let name = functions::all().nth(N).unwrap_or("unknown");
    sys::crash::assertion_failed(
        &format!("a module called RedisModule_{name}, which this server does not have"),
        file!(),
        line!(),
    )
}

macro_rules! ten_stubs {
    ($($tens:literal)*) => {
        [$(
            stub::<{ $tens * 10 }>,
            stub::<{ $tens * 10 + 1 }>,
            stub::<{ $tens * 10 + 2 }>,
            stub::<{ $tens * 10 + 3 }>,
            stub::<{ $tens * 10 + 4 }>,
            stub::<{ $tens * 10 + 5 }>,
            stub::<{ $tens * 10 + 6 }>,
            stub::<{ $tens * 10 + 7 }>,
            stub::<{ $tens * 10 + 8 }>,
            stub::<{ $tens * 10 + 9 }>,
        )*]
    };
}

static STUB_FUNCTIONS: [extern "C" fn() -> !; STUBS] = ten_stubs![
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34
    35 36 37 38 39 40 41 42 43 44 45 46 47 48 49
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_stub_of_its_own() {
        assert!(functions::all().count() < STUBS);
        let addresses: std::collections::HashSet<usize> =
            functions::all().map(|name| stub_address(name) as usize).collect();
        assert_eq!(addresses.len(), functions::all().count());
    }
}
