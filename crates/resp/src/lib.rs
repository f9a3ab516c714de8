//! resp.
