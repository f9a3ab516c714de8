//! module-host-native.
