//! Compiles the few functions that only C can define: those with variable arguments or long doubles.

fn main() {
    println!("cargo:rerun-if-changed=shims/shims.c");
    cc::Build::new().file("shims/shims.c").warnings(true).compile("bulkhead_module_shims");
}
