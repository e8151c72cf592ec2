//! Links the program at a fixed address on Linux, as programs of Go (helm, kubectl) are.
//!
//! A program that may lie anywhere is relocated at every start: 17,000 addresses on 70 pages, more than a tenth of the
//! time of a render. The addresses of libraries, heap and stack stay random.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let of_target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if of_target("OS") == "linux" && of_target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
