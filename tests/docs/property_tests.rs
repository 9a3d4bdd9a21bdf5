//! The page about property tests: its code is that of the examples, and its message is what the test says.

use std::fs;

use metastable::analysis::Property;
use metastable::testing::{PropertyTest, World};

use crate::page::{Page, root};

const PAGE: &str = "docs/property-tests.md";

#[test]
fn the_code_on_the_page_is_that_of_the_examples() {
    let page = Page::read(PAGE);
    let read = |name: &str| fs::read_to_string(root().join(name)).expect("the example is there");
    let examples = read("examples/property_test.rs") + &read("tests/with_proptest/main.rs");
    let blocks: Vec<_> = page.blocks().into_iter().filter(|block| block.info == "rust").collect();
    assert!(blocks.len() >= 4, "the blocks were found, not {}", blocks.len());
    for block in blocks {
        assert!(
            examples.contains(block.body),
            "{}: this is in no example:\n{}",
            page.place(&block),
            block.body
        );
    }
}

#[test]
fn the_message_on_the_page_is_what_the_test_says() {
    let page = Page::read(PAGE);
    let example = fs::read_to_string(root().join("examples/property_test.rs")).expect("the example is there");
    let constant = |name: &str| {
        let text = example.split_once(&format!("const {name}: &str = r#\"")).expect("it is there").1;
        text.split_once("\"#;").expect("it ends").0.to_owned()
    };
    let shop = World::load(root().join("models/three-tier.toml")).expect("the model makes sense");
    let changes = ["run.duration=3min".to_owned(), constant("FAIL_FAST"), constant("SOONER")];
    let changed = shop.with(changes).expect("it still does");
    let folder = std::env::temp_dir().join(format!("metastable-docs-{}", std::process::id()));
    let failed = PropertyTest::new(&changed, Property::Recovers).cases(64).kept_in(&folder).run();
    let message = failed.expect_err("the change is stopped").to_string();
    fs::remove_dir_all(&folder).expect("the case was kept");
    let message = message.replace(&folder.display().to_string(), "tests/regressions");
    let message = message.replace(&format!("{}/", root().display()), "");
    let block =
        page.blocks().into_iter().find(|block| block.info == "text message").expect("the block is there");
    if block.body.trim_end() != message.trim_end() {
        let mut text = page.text.clone();
        text.replace_range(block.range.clone(), &format!("{}\n", message.trim_end()));
        fs::write(root().join(PAGE), text).expect("the page can be written");
        panic!(
            "{PAGE}: the message was another one; it is written afresh: read the difference, and commit it"
        );
    }
}
