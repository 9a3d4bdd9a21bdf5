//! The binary: parse, dispatch, exit code. Nothing else.

fn main() -> std::process::ExitCode {
    metastable::cli::main()
}
