//! Registers: what is refused or doubted, and with which words.

use super::*;

#[track_caller]
fn finds(handler: &str, lines: &str, expected: &[&str]) {
    let text = changed("handler = [ { work = \"8ms\" } ]\n", &format!("handler = [ {handler} ]\n"));
    let found = load(&(text + lines), &[]).map_or_else(|found| found, |loaded| loaded.warnings);
    let short: Vec<String> = found
        .iter()
        .map(|diagnostic| {
            let path = diagnostic.path.clone().unwrap_or_default();
            format!("{} {path}: {}", diagnostic.code, diagnostic.message)
        })
        .collect();
    assert_eq!(short, expected, "\n{found}");
}

#[test]
fn names_and_uses_of_registers_are_checked() {
    let row = |scope: &str| format!("[registers.row]\nscope = \"{scope}\"\n");
    let both = "{ read = \"row\" }, { work = \"8ms\" }, { compare_and_set = \"row\" }";
    finds(both, &row("global"), &[]);
    finds(
        both,
        &row("key"),
        &["M130 registers.row.scope: all requests are about the same key: everybody writes the same value"],
    );
    let blind = "M130 registers.row: nobody reads `row`: every write of it succeeds";
    finds("{ work = \"8ms\" }, { compare_and_set = \"row\" }", &row("global"), &[blind]);
    let unused = "M105 registers.row: nobody writes `row`, so nobody can come too late";
    finds("{ work = \"8ms\" }, { read = \"row\" }", &row("global"), &[unused]);
    finds(
        both,
        "",
        &[
            "M020 services.db.handler[0].read: no register is called `row`",
            "M020 services.db.handler[2].compare_and_set: no register is called `row`",
        ],
    );
}
