//! Prints the functions of the Module API that a module's code uses.

fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).expect("the file can be read");
        println!("{path}: {}", module_host_native::used_functions(&bytes).join(" "));
    }
}
