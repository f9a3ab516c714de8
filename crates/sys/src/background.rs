//! Threads for slow work that nobody waits for.

use std::io;
use std::sync::mpsc::Receiver;

/// A piece of work.
pub type Job = Box<dyn FnOnce() + Send>;

/// Starts a thread that does the jobs of a queue until its sender is gone.
pub fn start(name: &str, jobs: Receiver<Job>) -> io::Result<()> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || bioProcessBackgroundJobs(&jobs))?;
    Ok(())
}

/// The loop of a background thread. People (and test suites) find these threads in stack traces by this name.
#[allow(
    non_snake_case,
    reason = "the name is the one that readers of Redis's stack traces look for"
)]
#[inline(never)]
fn bioProcessBackgroundJobs(jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        job();
        // What a job frees is of no use to this thread: kept blocks would only hold pages that are empty but for them.
        crate::allocator::act("thread.tcache.flush");
    }
}
