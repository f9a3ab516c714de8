//! command-spec.
