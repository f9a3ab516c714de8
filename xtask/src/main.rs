//! Project automation: everything CI and people run goes through here.

fn main() {}
