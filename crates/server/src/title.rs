//! The process title: `proc-title-template` with its variables filled in.

use crate::event_loop::Shell;
use crate::port::EnginePort as _;
use crate::startup::text_of;

impl Shell {
    /// Shows what the server is and where it listens in `ps`.
    pub fn set_title(&self) {
        let config = self.engine.config();
        if !config.set_proc_title {
            return;
        }
        sys::title::set(&self.expand_title(&text_of(&config.proc_title_template)));
    }

    fn expand_title(&self, template: &str) -> String {
        let config = self.engine.config();
        let host = match config.bind.0.first() {
            Some(address) => text_of(address).trim_start_matches('-').to_owned(),
            None => "*".to_owned(),
        };
        let address = match config.port {
            0 if !config.unixsocket.is_empty() => text_of(&config.unixsocket),
            port => format!("{host}:{port}"),
        };
        let mode = if config.cluster_enabled { "[cluster]" } else { "" };
        let config_file = self
            .files
            .config_file
            .as_ref()
            .map_or_else(|| "-".to_owned(), |path| path.to_string_lossy().into_owned());
        let values = [
            ("title", self.files.executable.clone()),
            ("listen-addr", address),
            ("server-mode", mode.to_owned()),
            ("port", config.port.to_string()),
            ("tls-port", config.tls_port.to_string()),
            ("unixsocket", text_of(&config.unixsocket)),
            ("config-file", config_file),
        ];
        let mut title = template.to_owned();
        for (name, value) in values {
            title = title.replace(&format!("{{{name}}}"), &value);
        }
        title.trim_end().to_owned()
    }
}
