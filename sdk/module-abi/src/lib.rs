//! module-abi.
