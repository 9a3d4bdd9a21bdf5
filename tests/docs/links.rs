//! Links between the pages.

use crate::page::{Page, root};

/// The targets of `[text](target)` outside of fenced blocks.
fn targets(page: &Page) -> Vec<String> {
    let mut prose = page.text.clone();
    for block in page.blocks().iter().rev() {
        prose.replace_range(block.range.clone(), "");
    }
    let tails = prose.split("](").skip(1);
    tails.filter_map(|tail| tail.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// As GitHub makes anchors of headings: lower case, spaces become hyphens, other punctuation goes.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_of_the_project() {
    let mut broken = Vec::new();
    let mut count = 0;
    for page in Page::all() {
        for target in targets(&page).into_iter().filter(|target| !target.starts_with("http")) {
            count += 1;
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let folder = page.name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let name = if file.is_empty() { page.name.clone() } else { format!("{folder}/{file}") };
            let path = root().join(name.trim_start_matches('/'));
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let is_there = path.exists()
                && (heading.is_empty()
                    || text.lines().any(|line| {
                        line.starts_with('#') && anchor(line.trim_start_matches('#')) == heading
                    }));
            if !is_there {
                broken.push(format!("{}: {target}", page.name));
            }
        }
    }
    assert!(count >= 10, "the links were found, not {count}");
    assert_eq!(broken, Vec::<String>::new());
}
