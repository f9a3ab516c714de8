//! structures.
