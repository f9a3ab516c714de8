//! Builds the Lua 5.1.5 beside it, for the build script of `mlua-sys`; takes the place of the registry's crate of this name.

#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Names of versions as the callers know them; there is one.
#[derive(Debug, PartialEq, Eq)]
pub enum Version {
    Lua51,
}
pub use self::Version::Lua51;

/// What a build script asks for.
#[derive(Default)]
pub struct Build;

/// What was built, and where.
#[derive(Clone, Debug)]
pub struct Artifacts {
    include_dir: PathBuf,
    lib_dir: PathBuf,
}

const LIBRARY: &str = "lua5.1";

impl Build {
    pub fn new() -> Build {
        Build
    }

    /// Compiles the library. A failure ends the build, with the compiler's words.
    pub fn build(&self, _version: Version) -> Artifacts {
        let out_dir = PathBuf::from(env::var_os("OUT_DIR").expect("cargo gives build scripts a folder"));
        let (lib_dir, include_dir) = (out_dir.join("lib"), out_dir.join("include"));
        let source_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("lua-5.1.5");
        println!("cargo:rerun-if-changed={}", source_dir.display());
        let mut sources = Vec::new();
        for entry in fs::read_dir(&source_dir).expect("the sources lie beside this crate") {
            let path = entry.expect("the folder can be read").path();
            if path.extension().is_some_and(|extension| extension == "c") {
                sources.push(path);
            }
        }
        sources.sort();
        let mut compiler = cc::Build::new();
        compiler
            .cargo_metadata(false)
            .warnings(false)
            .define("LUA_USE_LINUX", None)
            .include(&source_dir)
            .flag_if_supported("-fno-common")
            .files(sources)
            .out_dir(&lib_dir);
        if env::var("PROFILE").is_ok_and(|profile| profile == "debug") {
            // Checks what the API is called with; the interpreter itself is never left slow.
            compiler.define("LUA_USE_APICHECK", None).opt_level(1);
        }
        compiler.compile(LIBRARY);
        fs::create_dir_all(&include_dir).expect("the build folder can be written");
        for name in ["lauxlib.h", "lua.h", "luaconf.h", "lualib.h"] {
            fs::copy(source_dir.join(name), include_dir.join(name)).expect("the build folder can be written");
        }
        Artifacts { include_dir, lib_dir }
    }
}

impl Artifacts {
    pub fn include_dir(&self) -> &Path {
        &self.include_dir
    }

    pub fn lib_dir(&self) -> &Path {
        &self.lib_dir
    }

    /// Tells cargo what to link.
    pub fn print_cargo_metadata(&self) {
        println!("cargo:rustc-link-search=native={}", self.lib_dir.display());
        println!("cargo:rustc-link-lib=static={LIBRARY}");
        println!("cargo:include={}", self.include_dir.display());
        println!("cargo:lib={}", self.lib_dir.display());
    }
}
