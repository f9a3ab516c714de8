//! stdx.
