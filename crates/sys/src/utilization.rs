//! What jemalloc says of how well its slabs are filled, for active defragmentation.
//!
//! A slab is a run of pages with regions of one size; a bin is all slabs of a size. Only a slab without a single used
//! region goes back to the system, so a few scattered ones hold much memory.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::OnceLock;

use tikv_jemalloc_sys as jemalloc;

use crate::allocator::number;

/// The words of the question's answer, in jemalloc's order.
#[repr(C)]
#[derive(Default)]
struct Answer {
    /// Begin of the slab that the next allocation of the bin comes from.
    current_slab: usize,
    free_regions: usize,
    regions: usize,
    slab_bytes: usize,
    bin_free_regions: usize,
    bin_regions: usize,
}

type QuestionNumber = [usize; 3];

/// The question by its number; a look-up by name each time would cost more than the answer.
fn question() -> Option<&'static QuestionNumber> {
    static QUESTION: OnceLock<Option<QuestionNumber>> = OnceLock::new();
    QUESTION
        .get_or_init(|| {
            let mut number: QuestionNumber = [0; 3];
            let mut len = number.len();
            let name = c"experimental.utilization.query".as_ptr();
            // SAFETY: the name ends with a zero byte, and the array has the length told.
            let code =
                unsafe { jemalloc::mallctlnametomib(name, number.as_mut_ptr(), &raw mut len) };
            (code == 0 && len == number.len()).then_some(number)
        })
        .as_ref()
}

fn ask(address: usize) -> Option<Answer> {
    let number = question()?;
    let mut answer = Answer::default();
    let mut answer_len = size_of::<Answer>();
    let mut pointer: *const c_void = std::ptr::without_provenance(address);
    // SAFETY: jemalloc fills an answer of this length and reads one pointer, which it looks up without following it.
    let code = unsafe {
        jemalloc::mallctlbymib(
            number.as_ptr(),
            number.len(),
            (&raw mut answer).cast(),
            &raw mut answer_len,
            (&raw mut pointer).cast(),
            size_of::<*const c_void>(),
        )
    };
    (code == 0).then_some(answer)
}

/// Whether an allocation lies in a slab that is filled no better than its bin on the whole (and an eighth), so that the
/// memory shrinks if it moves to another. False for what has pages of its own.
pub fn is_worth_moving(address: usize) -> bool {
    let Some(answer) = ask(address) else { return false };
    if answer.free_regions == 0 || answer.regions <= 1 || answer.bin_regions == 0 {
        return false;
    }
    // What is moved would come from there.
    if address.wrapping_sub(answer.current_slab) < answer.slab_bytes {
        return false;
    }
    let used = (answer.regions - answer.free_regions) as u128;
    let bin_used = answer.bin_regions.saturating_sub(answer.bin_free_regions) as u128;
    used * answer.bin_regions as u128 * 8 <= bin_used * answer.regions as u128 * 9
}

/// Lets this thread keep freed blocks for its next allocations, or not. Without, allocations come from the fullest
/// place and freed ones return at once, which moving them is about.
pub fn use_thread_cache(wanted: bool) {
    let mut wanted = wanted;
    let name = c"thread.tcache.enabled".as_ptr();
    // SAFETY: the name ends with a zero byte, and the setting is a truth value. A refusal changes nothing.
    unsafe {
        jemalloc::mallctl(
            name,
            null_mut(),
            null_mut(),
            (&raw mut wanted).cast(),
            size_of::<bool>(),
        );
    }
}

/// One size of small allocations.
struct Bin {
    region_bytes: u64,
    regions_per_slab: u64,
    slabs: FigureNumber,
    used_regions: FigureNumber,
}

type FigureNumber = [usize; 6];

/// The numbers by which a bin's figures in all arenas are read.
fn bin_number(index: u64, figure: &str) -> Option<FigureNumber> {
    let name = format!("stats.arenas.4096.bins.{index}.{figure}\0");
    let mut number: FigureNumber = [0; 6];
    let mut len = number.len();
    // SAFETY: the name ends with a zero byte, and the array has the length told.
    let code = unsafe {
        jemalloc::mallctlnametomib(name.as_ptr().cast(), number.as_mut_ptr(), &raw mut len)
    };
    (code == 0 && len == number.len()).then_some(number)
}

fn bins() -> &'static [Bin] {
    static BINS: OnceLock<Vec<Bin>> = OnceLock::new();
    BINS.get_or_init(|| {
        let bin = |index: u64| {
            Some(Bin {
                region_bytes: number(&format!("arenas.bin.{index}.size"), None)?,
                regions_per_slab: number(&format!("arenas.bin.{index}.nregs"), None)?,
                slabs: bin_number(index, "curslabs")?,
                used_regions: bin_number(index, "curregs")?,
            })
        };
        (0..number("arenas.nbins", None).unwrap_or(0)).filter_map(bin).collect()
    })
}

fn read(number: &FigureNumber) -> u64 {
    let mut value = 0_usize;
    let mut len = size_of::<usize>();
    // SAFETY: the figure is a size; jemalloc refuses to fill a variable of another length.
    unsafe {
        jemalloc::mallctlbymib(
            number.as_ptr(),
            number.len(),
            (&raw mut value).cast(),
            &raw mut len,
            null_mut(),
            0,
        );
    }
    value as u64
}

/// Bytes of free regions in slabs of small sizes, as of the last renewal of jemalloc's figures: memory that is there
/// but serves nobody.
pub fn fragmented_bytes() -> u64 {
    let of_bin = |bin: &Bin| {
        let regions = read(&bin.slabs) * bin.regions_per_slab;
        regions.saturating_sub(read(&bin.used_regions)) * bin.region_bytes
    };
    bins().iter().map(of_bin).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scattered_blocks_are_worth_moving() {
        use_thread_cache(false);
        let mut blocks: Vec<Vec<u8>> = (0..64_000).map(|_| vec![7; 224]).collect();
        crate::allocator::figures();
        let before = fragmented_bytes();
        let mut index = 0;
        blocks.retain(|_| {
            index += 1;
            index % 4 == 0
        });
        crate::allocator::figures();
        assert!(fragmented_bytes() > before + (4 << 20));
        let movable = blocks.iter().filter(|block| is_worth_moving(block.as_ptr() as usize));
        assert!(movable.count() > 8_000);
        for block in &mut blocks {
            if is_worth_moving(block.as_ptr() as usize) {
                *block = block.clone();
            }
        }
        crate::allocator::figures();
        assert!(fragmented_bytes() < before + (2 << 20));
        use_thread_cache(true);
        assert!(!is_worth_moving(vec![0_u8; 1 << 20].as_ptr() as usize));
    }
}
