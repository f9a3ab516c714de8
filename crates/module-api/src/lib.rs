//! module-api.
