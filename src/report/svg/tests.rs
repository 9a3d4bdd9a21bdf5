use proptest::prelude::*;

use super::*;
use crate::report::svg::labels::settled;

fn chart(values: Vec<Option<f64>>) -> Chart {
    Chart {
        name: "c1".to_owned(),
        title: "Title".to_owned(),
        description: "Description".to_owned(),
        measure: Measure::Number,
        unit: "requests per second".to_owned(),
        interval_ns: 1_000_000_000,
        duration_ns: values.len() as u64 * 1_000_000_000,
        shades: Vec::new(),
        lines: vec![Line {
            label: "goodput".to_owned(),
            colour: Colour::Series(0),
            shape: Shape::Line,
            values,
        }],
        at_least: 0.0,
        size: (360.0, 190.0),
        is_direct: false,
    }
}

/// The `d` of the paths with this class.
fn paths(svg: &str, class: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("it is well-formed");
    let has = |node: &roxmltree::Node<'_, '_>| node.attribute("class") == Some(class);
    document.descendants().filter(has).filter_map(|node| node.attribute("d").map(str::to_owned)).collect()
}

#[test]
fn a_line_goes_through_the_middles_and_stops_where_there_is_no_value() {
    let svg =
        chart(vec![Some(0.0), Some(10.0), None, Some(5.0), None, Some(10.0), Some(10.0), Some(10.0)]).svg();
    let plot = "data-line=\"0\" d=\"";
    let begin = svg.find(plot).expect("there is a line") + plot.len();
    let path = &svg[begin..begin + svg[begin..].find('"').expect("it ends")];
    let strokes: Vec<&str> = path.split('M').skip(1).collect();
    assert_eq!(strokes.len(), 3, "{path}");
    assert!(strokes[1].ends_with("h0"), "one value alone is a dot: {path}");
    assert_eq!(strokes[2].split(' ').count(), 2, "the middle of a level line is left out: {path}");
}

#[test]
fn ticks_are_round_and_have_one_unit() {
    let labels = |measure, highest: f64| -> Vec<String> {
        let scale = Scale::covering(measure, [0.0, highest].into_iter());
        scale.ticks(measure).into_iter().map(|tick| tick.label).collect()
    };
    assert_eq!(labels(Measure::Number, 16.2), ["0", "5", "10", "15", "20"]);
    assert_eq!(labels(Measure::Number, 45_678.0), ["0", "10k", "20k", "30k", "40k", "50k"]);
    assert_eq!(labels(Measure::Number, 1000.0), ["0", "200", "400", "600", "800", "1000"]);
    assert_eq!(labels(Measure::Share, 0.93), ["0 %", "25 %", "50 %", "75 %", "100 %"]);
    assert_eq!(labels(Measure::Seconds, 0.25), ["0", "50 ms", "100 ms", "150 ms", "200 ms", "250 ms"]);
    let sizes = ["0", "0.25 GiB", "0.5 GiB", "0.75 GiB", "1 GiB", "1.25 GiB"];
    assert_eq!(labels(Measure::Bytes, 1.2e9), sizes);
    let log = Scale::covering(Measure::Seconds, [0.002, 4.0].into_iter());
    let log: Vec<String> = log.ticks(Measure::Seconds).into_iter().map(|tick| tick.label).collect();
    assert_eq!(log, ["1 ms", "10 ms", "100 ms", "1 s", "10 s"]);
}

#[test]
fn time_is_counted_as_people_do() {
    let labels = |seconds: u64, width: f64| -> Vec<String> {
        time_ticks(0, seconds * 1_000_000_000, width).into_iter().map(|tick| tick.label).collect()
    };
    assert_eq!(labels(900, 330.0), ["0", "5min", "10min", "15min"]);
    assert_eq!(labels(60, 330.0), ["0", "10s", "20s", "30s", "40s", "50s", "1min"]);
    assert_eq!(labels(172_800, 330.0), ["0", "12h", "1d", "1d12h", "2d"]);
}

#[test]
fn numbers_are_short() {
    for (value, expected) in [(0.0, "0"), (-0.04, "0"), (12.0, "12"), (12.34, "12.3"), (-7.96, "-8")] {
        assert_eq!(number(value), expected);
    }
    for (value, expected) in
        [(0.0, "0"), (1000.0, "1e3"), (0.000_012, "1.2e-5"), (16.234_567, "16.235"), (512.0, "512")]
    {
        assert_eq!(significant(value, 5), expected);
    }
    assert_eq!(plain(1000.0, 4), "1000");
}

#[test]
fn a_drawing_alone_has_colours_and_says_what_it_is() {
    let svg = alone(&chart(vec![Some(1.0); 20]).svg());
    assert!(!svg.contains("var("), "variables belong to a page");
    let document = roxmltree::Document::parse(&svg).expect("it is well-formed");
    assert_eq!(document.root_element().tag_name().namespace(), Some("http://www.w3.org/2000/svg"));
    let names: Vec<&str> = document
        .root_element()
        .children()
        .filter(roxmltree::Node::is_element)
        .map(|it| it.tag_name().name())
        .collect();
    assert_eq!(names[..4], ["style", "rect", "title", "desc"]);
}

/// The contrast of two colours (WCAG 2.1), without the gamma of the dark end, which none of these has.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |colour: &str| -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour")) / 255.0;
            if value <= 0.03928 {
                value / 12.92
            } else {
                crate::kernel::num::pow((value + 0.055) / 1.055, 2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn texts_and_lines_stand_out_by_day_and_by_night() {
    let pairs: [(&str, &str, f64); 32] = [
        ("ink", "paper", 7.0),
        ("dim", "paper", 4.5),
        ("ink", "card", 7.0),
        ("dim", "card", 4.5),
        ("link", "paper", 4.5),
        ("shadeink", "shade", 4.5),
        ("shadeink", "paper", 4.5),
        ("dim", "shade", 4.5),
        ("ink", "shade", 4.5),
        ("badge", "good", 4.5),
        ("badge", "bad", 4.5),
        ("badge", "unclear", 4.5),
        ("onbar", "s0", 4.5),
        ("onbar", "good", 4.5),
        ("onbar", "good2", 4.5),
        ("onbar", "none", 4.5),
        ("onbar", "bad", 4.5),
        ("onbar", "bad2", 4.5),
        ("ink", "h0", 4.5),
        ("ink", "h1", 4.5),
        ("ink", "h2", 4.5),
        ("ink", "h3", 4.5),
        ("onheat", "h4", 4.5),
        ("onheat", "h5", 4.5),
        ("s0", "paper", 3.0),
        ("s1", "paper", 3.0),
        ("s2", "paper", 3.0),
        ("s3", "paper", 3.0),
        ("s4", "paper", 3.0),
        ("s5", "paper", 3.0),
        ("twin", "wanted", 3.0),
        ("s0", "wanted", 3.0),
    ];
    let colour = |name: &str, dark: bool| {
        let (_, light, night) = style::VARIABLES.iter().find(|(other, ..)| *other == name).expect(name);
        if dark { *night } else { *light }
    };
    let mut faint = Vec::new();
    for (one, other, least) in pairs {
        for dark in [false, true] {
            let contrast = contrast(colour(one, dark), colour(other, dark));
            if contrast < least {
                faint.push(format!("{one} on {other}, dark {dark}: {contrast:.2} < {least}"));
            }
        }
    }
    assert_eq!(faint, Vec::<String>::new());
}

#[test]
fn layers_go_forward_and_cycles_are_broken() {
    let arrows = [(0, 1), (1, 2), (0, 2), (2, 3), (3, 1), (3, 3)];
    let layout = layered(4, &arrows, (100.0, 50.0));
    let x: Vec<f64> = layout.nodes.iter().map(|point| point.x).collect();
    assert_eq!(x, [0.0, 100.0, 200.0, 300.0]);
    for (&(from, to), route) in arrows.iter().zip(&layout.routes) {
        assert_eq!(route.first(), Some(&layout.nodes[from]));
        assert_eq!(route.last(), Some(&layout.nodes[to]));
    }
    assert_eq!(layout.routes[2].len(), 3, "an arrow that passes a layer has a place in it");
}

#[test]
fn a_grid_without_crossings_has_none() {
    // Two rows, given crosswise.
    let layout = layered(4, &[(0, 3), (1, 2)], (100.0, 50.0));
    let y: Vec<f64> = layout.nodes.iter().map(|point| point.y).collect();
    assert_eq!((y[0] < y[1], y[3] < y[2]), (true, true), "{y:?}");
}

fn values() -> impl Strategy<Value = Vec<Option<f64>>> {
    prop::collection::vec(prop::option::weighted(0.9, -1e3..1e6_f64), 1..600)
}

proptest! {
    #[test]
    fn samples_keep_the_extremes(values in values(), points in 2usize..200) {
        let samples = sampled(&values, points);
        prop_assert!(samples.len() <= points);
        prop_assert!(values.len() > points || samples == values);
        let ends = |of: &mut dyn Iterator<Item = Option<f64>>| {
            of.flatten().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)))
        };
        prop_assert_eq!(ends(&mut samples.iter().copied()), ends(&mut values.iter().copied()));
    }

    #[test]
    fn stretches_cover_all_rows_and_their_extremes(values in values(), count in 1usize..200) {
        let buckets = buckets(&values, count);
        prop_assert!(buckets.len() <= count);
        let mut next = 0;
        for bucket in &buckets {
            prop_assert_eq!(bucket.rows.start, next);
            next = bucket.rows.end;
            for value in values[bucket.rows.clone()].iter().flatten() {
                let [low, mean, high] = bucket.values.expect("there is a value");
                prop_assert!(low <= *value && *value <= high && low <= mean && mean <= high);
            }
        }
        prop_assert_eq!(next, values.len());
    }

    #[test]
    fn scales_have_a_place_for_every_value(values in values(), measure in 0usize..4) {
        let measure = [Measure::Number, Measure::Seconds, Measure::Share, Measure::Bytes][measure];
        let known: Vec<f64> = values.iter().flatten().map(|value| value.abs()).collect();
        let scale = Scale::covering(measure, known.iter().copied());
        prop_assert!(known.iter().all(|value| *value <= scale.high * (1.0 + 1e-9)));
        let ticks = scale.ticks(measure);
        prop_assert!((2..=7).contains(&ticks.len()), "{:?}", ticks);
        prop_assert!(ticks.windows(2).all(|pair| pair[0].at < pair[1].at && pair[0].label != pair[1].label), "{:?}", ticks);
    }

    #[test]
    fn labels_do_not_overlap(
        values in prop::collection::vec(values(), 1..6),
        names in prop::collection::vec("[a-zA-Z0-9_ →]{1,40}", 6),
        duration in 1u64..1_000_000_000,
        is_direct: bool,
        width in 360.0..1200.0_f64,
    ) {
        let rows = values.iter().map(Vec::len).min().unwrap_or(1);
        let lines = values.into_iter().zip(names).enumerate().map(|(index, (values, label))| {
            let values = values.into_iter().take(rows).map(|value| value.map(f64::abs)).collect();
            Line { label, colour: Colour::Series(index), shape: Shape::Line, values }
        });
        let chart = Chart {
            lines: lines.collect(),
            interval_ns: duration * 1000,
            duration_ns: duration * 1000 * rows as u64,
            size: (width, 260.0),
            is_direct,
            ..chart(Vec::new())
        };
        let placed = chart.placed();
        for (index, one) in placed.iter().enumerate() {
            for other in &placed[index + 1..] {
                prop_assert!(!one.overlaps(other), "{:?} {:?}", one, other);
            }
            prop_assert!(one.x >= -0.5 && one.x + one.width <= width + 0.5, "{:?}", one);
        }
        prop_assert_eq!(chart.svg(), chart.svg());
    }

    #[test]
    fn spread_labels_keep_their_distance(wanted in prop::collection::vec(0.0..100.0_f64, 0..12), distance in 1.0..20.0_f64) {
        let places = spread(&wanted, distance, 0.0, 100.0);
        let mut sorted = places.clone();
        sorted.sort_by(f64::total_cmp);
        let room = if wanted.len() > 1 { distance.min(100.0 / (wanted.len() - 1) as f64) } else { distance };
        prop_assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= room - 1e-9), "{:?}", sorted);
        prop_assert!(places.iter().all(|place| (-1e-9..=100.0 + 1e-9).contains(place)));
        for (one, other) in (0..wanted.len()).flat_map(|one| (0..one).map(move |other| (one, other))) {
            prop_assert!(wanted[one] == wanted[other] || (wanted[one] < wanted[other]) == (places[one] < places[other]));
        }
    }

    #[test]
    fn settled_places_are_the_nearest(wanted in prop::collection::vec(-50.0..50.0_f64, 1..8), step in 0.0..10.0_f64) {
        let offsets: Vec<f64> = (0..wanted.len()).map(|index| index as f64 * step).collect();
        let settled = settled(&wanted, &offsets);
        prop_assert!(settled.windows(2).all(|pair| pair[1] - pair[0] >= step - 1e-9));
        let cost = |places: &[f64]| places.iter().zip(&wanted).map(|(place, want)| (place - want) * (place - want)).sum::<f64>();
        // No block of neighbours gains by moving a little, as long as that keeps the distances.
        for begin in 0..wanted.len() {
            for end in begin + 1..=wanted.len() {
                for by in [-0.01, 0.01] {
                    let moved: Vec<f64> = settled.iter().enumerate().map(|(index, place)| if (begin..end).contains(&index) { place + by } else { *place }).collect();
                    if moved.windows(2).all(|pair| pair[1] - pair[0] >= step) {
                        prop_assert!(cost(&moved) >= cost(&settled) - 1e-9);
                    }
                }
            }
        }
    }

    #[test]
    fn nodes_never_lie_on_one_another(
        count in 1usize..24,
        arrows in prop::collection::vec((0usize..24, 0usize..24), 0..60),
    ) {
        let arrows: Vec<(usize, usize)> = arrows.into_iter().map(|(from, to)| (from % count, to % count)).collect();
        let layout = layered(count, &arrows, (100.0, 50.0));
        for one in 0..count {
            for other in 0..one {
                let (a, b) = (layout.nodes[one], layout.nodes[other]);
                prop_assert!((a.x - b.x).abs() >= 99.0 || (a.y - b.y).abs() >= 49.0, "{:?} {:?}", a, b);
            }
        }
        prop_assert!(layout.nodes.iter().all(|it| it.y >= -1e-9 && it.y <= layout.height + 1e-9 && it.x <= layout.width));
    }

    #[test]
    fn any_text_is_only_text(text in any::<String>()) {
        let mut markup = Markup::new();
        markup.element("a", &[("title", &text)], |it| it.text(&text));
        let markup = markup.into_string();
        let document = roxmltree::Document::parse(&markup).expect("it is well-formed");
        prop_assert_eq!(document.root_element().children().count(), usize::from(!text.is_empty()));
        let kept = document.root_element().text().unwrap_or_default().to_owned();
        prop_assert_eq!(kept.chars().count(), text.chars().count());
    }

    #[test]
    fn fitted_texts_fit(text in any::<String>(), width in 10.0..400.0_f64) {
        let fitted = fitted(&text, width);
        prop_assert!(text_width(&fitted) <= width.max(text_width("…")) + 1e-9);
        prop_assert!(fitted == text || fitted.contains('…'));
    }
}

#[test]
fn bands_are_drawn_only_where_values_differ() {
    let level = chart(vec![Some(3.0); 2000]).svg();
    assert_eq!(paths(&level, "band s0"), Vec::<String>::new());
    let noise = (0..2000).map(|index| Some(f64::from(index % 7))).collect();
    assert_eq!(paths(&chart(noise).svg(), "band s0").len(), 1);
}
