//! The console blocks of the pages: each command is run, and what the page shows below it must be what it says.
//!
//! A block ```` ```toml shop.toml ```` is a file that the commands of its page find. A command may end in `| head -n 3`. Standard
//! error comes before standard output, as on a terminal: warnings are printed before anything is run.

use crate::page::{Page, root};
use crate::sandbox::Sandbox;
use crate::stale::Stale;

/// How a reader of the page calls the program.
const PROGRAMS: [&str; 2] = ["metastable ", "cargo run --release -- "];

/// The words of a command, by the rules of a shell as far as the pages use them: spaces, and single quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (index, part) in command.split('\'').enumerate() {
        if index % 2 == 1 {
            words.last_mut().expect("there is a word").push_str(part);
            continue;
        }
        for (index, piece) in part.split(' ').enumerate() {
            if index > 0 {
                words.push(String::new());
            }
            words.last_mut().expect("there is a word").push_str(piece);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What a command prints.
fn printed(sandbox: &Sandbox, command: &str, place: &str) -> String {
    let (command, lines) = match command.split_once(" | head -n ") {
        Some((command, lines)) => (command, lines.parse().expect("a number of lines")),
        None => (command, usize::MAX),
    };
    let program = PROGRAMS.iter().find_map(|program| command.strip_prefix(program));
    let arguments = program.unwrap_or_else(|| panic!("{place}: `{command}` is not metastable"));
    let output = sandbox.metastable(&words(arguments), false);
    let standard_output = String::from_utf8(output.stdout).expect("the output is text");
    let kept: String = standard_output.split_inclusive('\n').take(lines).collect();
    let messages = String::from_utf8(output.stderr).expect("the messages are text");
    // An empty line at the end, which messages have, is no part of what a page shows.
    format!("{}\n", (messages + &kept).trim_end())
}

/// The page as it would be if all its outputs were current.
fn current(page: &Page) -> String {
    let sandbox = Sandbox::new();
    let mut current = page.text.clone();
    for block in page.blocks() {
        if let Some(("toml", name)) = block.info.split_once(' ').filter(|(_, name)| *name != "fragment") {
            sandbox.write(name, block.body);
        }
    }
    for block in page.blocks().iter().rev().filter(|block| block.info == "console") {
        let commands = block.body.lines().filter_map(|line| line.strip_prefix("$ "));
        let body: Vec<String> = commands
            .map(|command| format!("$ {command}\n{}", printed(&sandbox, command, &page.place(block))))
            .collect();
        assert!(!body.is_empty(), "{}: a console block without a command", page.place(block));
        current.replace_range(block.range.clone(), &body.join("\n"));
    }
    current
}

#[test]
fn what_the_pages_show_is_what_the_program_prints() {
    let (mut shown, mut stale) = (0, Stale::default());
    for page in Page::all() {
        shown += page.blocks().iter().filter(|block| block.info == "console").count();
        stale.rewrite(&page, &current(&page));
    }
    stale.require_none();
    assert!(shown >= 5, "the console blocks were found, not {shown}");
}

#[test]
fn the_table_of_models_has_each_model_with_its_verdict() {
    let (readme, sandbox) = (Page::read("README.md"), Sandbox::new());
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("models")).expect("there are models") {
        let file = entry.expect("the entry can be read").file_name().to_string_lossy().into_owned();
        let report = printed(&sandbox, &format!("metastable run models/{file} --format json"), &file);
        // Warnings come before it, and no message begins a line with a brace.
        let begin = if report.starts_with('{') { 0 } else { report.find("\n{").expect("there is JSON") };
        let summary: serde_json::Value = serde_json::from_str(&report[begin..]).expect("it is JSON");
        let verdict = summary["verdict"].as_str().expect("there is a verdict");
        let is_listed = |line: &str| {
            line.starts_with('|')
                && line.contains(&format!("(models/{file})"))
                && line.ends_with(&format!("| {verdict} |"))
        };
        assert!(readme.text.lines().any(is_listed), "README.md does not say that {file} is {verdict}");
        count += 1;
    }
    assert!(count >= 5, "the models were found, not {count}");
}

#[test]
fn commands_are_split_as_by_a_shell() {
    assert_eq!(words("run  a.toml --set 'a.b={ c = 1 }'"), ["run", "a.toml", "--set", "a.b={ c = 1 }"]);
    assert_eq!(words("--set=a.b='x y'"), ["--set=a.b=x y"]);
}
