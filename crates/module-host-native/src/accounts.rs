//! What each module holds of the server's memory: the allocator's functions of the API exist once per account, so that each
//! call tells by itself whose it is, on whatever thread it is made.

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};

use crate::memory::usable_bytes;
use crate::table::{GetApi, get_api};

/// Bytes as the allocator rounds them. Signed: a module may free what it was not counted to take.
struct Account {
    is_taken: AtomicBool,
    bytes: AtomicI64,
    blocks: AtomicI64,
    peak_bytes: AtomicI64,
}

impl Account {
    const fn new() -> Account {
        Account {
            is_taken: AtomicBool::new(false),
            bytes: AtomicI64::new(0),
            blocks: AtomicI64::new(0),
            peak_bytes: AtomicI64::new(0),
        }
    }

    fn change(&self, bytes: i64, blocks: i64) {
        let now = self.bytes.fetch_add(bytes, Relaxed) + bytes;
        self.blocks.fetch_add(blocks, Relaxed);
        if now > self.peak_bytes.load(Relaxed) {
            self.peak_bytes.fetch_max(now, Relaxed);
        }
    }
}

macro_rules! per_account {
    ($($number:literal)*) => {
        /// One for each account.
        static GET_API: &[GetApi] = &[$(get_api::<$number>),*];
    };
}
per_account!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40
    41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63);

const ACCOUNTS_MAX: usize = 64;
static ACCOUNTS: [Account; ACCOUNTS_MAX] = [const { Account::new() }; ACCOUNTS_MAX];
const _: () = assert!(GET_API.len() == ACCOUNTS_MAX, "an account has its own functions");

/// The account of everybody who has none: callers without a module, and modules beyond as many as there are accounts for.
pub const COMMON: usize = 0;

/// What a module holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub bytes: u64,
    pub blocks: u64,
    pub peak_bytes: u64,
}

/// A module's account; free for another when this is dropped.
pub struct AccountNumber {
    number: usize,
    is_kept: Cell<bool>,
}

impl AccountNumber {
    /// A free account, or the common one if there is none.
    pub fn take() -> AccountNumber {
        let free = |account: &Account| {
            account.is_taken.compare_exchange(false, true, Relaxed, Relaxed).is_ok()
        };
        let found = ACCOUNTS.iter().skip(COMMON + 1).position(free);
        let number = found.map_or(COMMON, |index| COMMON + 1 + index);
        if number != COMMON {
            let account = &ACCOUNTS[number];
            for figure in [&account.bytes, &account.blocks, &account.peak_bytes] {
                figure.store(0, Relaxed);
            }
        }
        AccountNumber { number, is_kept: Cell::new(false) }
    }

    /// What the module asks for functions.
    pub fn get_api(&self) -> GetApi {
        GET_API[self.number]
    }

    /// What is held; `None` if it is not known of this module alone.
    pub fn held(&self) -> Option<Held> {
        let account = &ACCOUNTS[self.number];
        let figure = |figure: &AtomicI64| u64::try_from(figure.load(Relaxed)).unwrap_or(0);
        (self.number != COMMON).then(|| Held {
            bytes: figure(&account.bytes),
            blocks: figure(&account.blocks),
            peak_bytes: figure(&account.peak_bytes),
        })
    }

    /// Memory that the server has made goes over to the module.
    pub fn took(&self, pointer: *mut c_void) {
        took(self.number, pointer);
    }

    /// The server is about to free what [`AccountNumber::took`] counted.
    pub fn gives(&self, pointer: *mut c_void) {
        gives(self.number, pointer);
    }

    /// Code of the module may go on calling: nobody else gets the account.
    pub fn keep(&self) {
        self.is_kept.set(true);
    }
}

impl Drop for AccountNumber {
    fn drop(&mut self) {
        if self.number != COMMON && !self.is_kept.get() {
            ACCOUNTS[self.number].is_taken.store(false, Relaxed);
        }
    }
}

/// Memory was given out.
pub fn took(number: usize, pointer: *mut c_void) {
    if !pointer.is_null() {
        ACCOUNTS[number].change(bytes_of(pointer), 1);
    }
}

/// Memory is about to be freed.
pub fn gives(number: usize, pointer: *mut c_void) {
    if !pointer.is_null() {
        ACCOUNTS[number].change(-bytes_of(pointer), -1);
    }
}

/// Memory that took `before_bytes` is elsewhere now, or as long as it is to be.
pub fn resized(number: usize, before_bytes: i64, pointer: *mut c_void) {
    ACCOUNTS[number].change(bytes_of(pointer) - before_bytes, i64::from(before_bytes == 0));
}

/// The bytes that an allocation takes; 0 of null.
pub fn bytes_of(pointer: *mut c_void) -> i64 {
    if pointer.is_null() { 0 } else { i64::try_from(usable_bytes(pointer)).unwrap_or(i64::MAX) }
}
