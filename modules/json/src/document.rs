//! The data type: a document, as RedisJSON names it and saves it.

use module_sdk::{DataType, Digest, Error, Loader, Result, Rewriter, Saver};

use crate::limits::EFFORT_MAX;
use crate::value::{Value, parse_saved};

/// The version of what RedisJSON saves: the text of the document, as one string.
const SAVED_VERSION: i32 = 3;

#[derive(Clone, Debug)]
pub struct Document {
    pub root: Value,
}

impl DataType for Document {
    const NAME: &'static str = "ReJSON-RL";
    const ENCODING_VERSION: i32 = SAVED_VERSION;

    fn save(&self, to: &mut Saver) {
        to.bytes(&self.root.to_text());
    }

    fn load(from: &mut Loader, version: i32) -> Result<Document> {
        if version != SAVED_VERSION {
            return Err(Error::err(format!("documents of version {version} are not known")));
        }
        let text = from.bytes()?;
        let root = parse_saved(&text).map_err(Error::err)?;
        Ok(Document { root })
    }

    fn rewrite(&self, key: &[u8], to: &mut Rewriter) {
        to.command("JSON.SET", &[key, b"$", &self.root.to_text()]);
    }

    fn memory_bytes(&self) -> usize {
        self.root.outside_bytes()
    }

    fn free_effort(&self) -> usize {
        self.root.parts(EFFORT_MAX)
    }

    fn digest(&self, digest: &mut Digest) {
        digest.bytes(&self.root.to_text());
        digest.end();
    }

    fn copy(&self) -> Option<Document> {
        Some(self.clone())
    }
}
