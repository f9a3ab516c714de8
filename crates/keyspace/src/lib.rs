//! keyspace.
