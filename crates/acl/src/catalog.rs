//! What rules need to know of the commands there are.

/// A command as rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandInfo {
    /// Its place in the bitmaps.
    pub id: u32,
    /// `get`, `config|set`.
    pub full_name: String,
    /// Whether it is a subcommand.
    pub is_subcommand: bool,
    /// The subcommands of a container.
    pub subcommands: Vec<u32>,
}

/// The commands of a server.
pub trait Catalog {
    /// Finds `get` or `config|set`, in any case.
    fn find(&self, full_name: &[u8]) -> Option<CommandInfo>;

    /// The bit of a category, by its name in any case.
    fn category(&self, name: &[u8]) -> Option<u64>;

    /// Calls `visit` with the number and the categories of every command and subcommand.
    fn visit(&self, visit: &mut dyn FnMut(u32, u64));
}
