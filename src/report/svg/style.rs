//! Colours by meaning. Light and dark, for eyes that do not tell red from green, and never the only thing that says something.

use super::markup::{Markup, number};

/// What a line, a bar or a box is coloured by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// One of several that only differ.
    Series(usize),
    /// What was wanted: in the background.
    Wanted,
    /// What it is compared with.
    Twin,
}

impl Colour {
    /// The class of a stroke or a fill; there are six series, after which they begin anew.
    pub fn class(self) -> &'static str {
        match self {
            Self::Series(index) => ["s0", "s1", "s2", "s3", "s4", "s5"][index % 6],
            Self::Wanted => "wanted",
            Self::Twin => "twin",
        }
    }
}

/// The classes of drawings, in terms of the variables that a page defines. The lines are the colours of M. Okabe and K. Ito (2008), those that are too pale for a white
/// ground darker; beside its colour every one has a rhythm of its own.
pub const STYLE: &str = "\
svg text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;fill:var(--ink)}
svg .dim{fill:var(--dim)}svg .strong{font-weight:600}svg .small{font-size:11px}
svg .end{text-anchor:end}svg .mid{text-anchor:middle}
svg .grid{stroke:var(--grid);stroke-width:1;fill:none}svg .base{stroke:var(--dim);stroke-width:1;fill:none}
svg .l{fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round;vector-effect:non-scaling-stroke}
svg .a{stroke-width:1;vector-effect:non-scaling-stroke}
svg .l.s0{stroke:var(--s0);stroke-width:2.25}svg .l.s1{stroke:var(--s1)}svg .l.s2{stroke:var(--s2);stroke-dasharray:7 4}
svg .l.s3{stroke:var(--s3);stroke-dasharray:1 4;stroke-width:2.5}svg .l.s4{stroke:var(--s4);stroke-dasharray:9 3 1 3}svg .l.s5{stroke:var(--s5);stroke-dasharray:4 3}
svg .l.twin{stroke:var(--twin);stroke-dasharray:5 4}svg .l.wanted{stroke:var(--dim)}
svg .band.s0{fill:var(--s0)}svg .band.s1{fill:var(--s1)}svg .band.s2{fill:var(--s2)}svg .band.s3{fill:var(--s3)}svg .band.s4{fill:var(--s4)}svg .band.s5{fill:var(--s5)}svg .band{fill-opacity:.16}
svg .a.wanted{fill:var(--wanted);fill-opacity:.75;stroke:var(--dim)}svg .a.s0{fill:var(--s0);fill-opacity:.2;stroke:var(--s0)}
svg .shade{fill:var(--shade)}svg .shade2{fill:var(--shade2)}svg .edge{stroke:var(--shadeink);stroke-width:1;vector-effect:non-scaling-stroke}svg .mark{fill:var(--shadeink)}
svg .b0{fill:var(--s0)}svg .b1{fill:var(--good2)}svg .b2{fill:var(--good)}svg .b3{fill:var(--none)}svg .b4{fill:var(--bad)}svg .b5{fill:var(--bad2)}
svg .onbar{fill:var(--onbar);font-weight:600}svg .whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
svg .dot{fill:var(--s0)}svg .range{stroke:var(--s0);stroke-width:2.5;fill:none}svg .dot.vague{fill:var(--paper);stroke:var(--dim);stroke-width:2}svg .range.vague{stroke:var(--dim)}
svg .h0{fill:var(--h0)}svg .h1{fill:var(--h1)}svg .h2{fill:var(--h2)}svg .h3{fill:var(--h3)}svg .h4{fill:var(--h4)}svg .h5{fill:var(--h5)}
svg .box{stroke:var(--dim);stroke-width:1}svg .box.hard{stroke:var(--ink);stroke-width:2}svg .on4,svg .on5{fill:var(--onheat)}
svg .arrow{fill:none;stroke:var(--dim)}svg .arrow.loud{stroke:var(--s1)}svg .tip{fill:var(--dim)}svg .tip.loud{fill:var(--s1)}svg .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
svg .cursor{stroke:var(--ink);stroke-width:1;stroke-dasharray:2 2;vector-effect:non-scaling-stroke}svg .paper{fill:var(--paper)}
";

/// The classes of maps over two axes, of curves and of parallel coordinates, which only they need.
pub const STYLE_OF_MAPS: &str = "\
svg .field.nothing{fill:none;stroke:var(--grid)}svg .divide{fill:none;stroke:var(--ink);stroke-width:2.5;stroke-linecap:square}svg .divide.under{stroke:var(--paper);stroke-width:6}
svg .doubt{fill:none;stroke:var(--dim);stroke-dasharray:2 3;pointer-events:none}svg .doubt.on4,svg .doubt.on5{fill:none;stroke:var(--onheat)}svg .inert{pointer-events:none}
svg .level{stroke:var(--ink);stroke-width:1.25;stroke-dasharray:5 4;fill:none}svg .span{fill:none;stroke-width:1.75}svg .spot{stroke-width:1.75}
svg .span.s0,svg .spot.s0,svg .head.s0{stroke:var(--s0)}svg .spot.s0,svg .head.s0{fill:var(--s0)}svg .span.s1,svg .spot.s1,svg .head.s1{stroke:var(--s1)}svg .spot.s1,svg .head.s1{fill:var(--s1)}svg .span.s2,svg .spot.s2,svg .head.s2{stroke:var(--s2)}svg .spot.s2,svg .head.s2{fill:var(--s2)}svg .span.s3,svg .spot.s3,svg .head.s3{stroke:var(--s3)}svg .spot.s3,svg .head.s3{fill:var(--s3)}svg .span.s4,svg .spot.s4,svg .head.s4{stroke:var(--s4)}svg .spot.s4,svg .head.s4{fill:var(--s4)}svg .span.s5,svg .spot.s5,svg .head.s5{stroke:var(--s5)}svg .spot.s5,svg .head.s5{fill:var(--s5)}
svg .span.vague{stroke-dasharray:3 2}svg .spot.vague{fill:var(--paper)}
svg .thread{fill:none;stroke-opacity:.55}svg .thread.k0{stroke:var(--s0);stroke-width:1}svg .thread.k1{stroke:var(--s1);stroke-width:1.5;stroke-dasharray:6 3}svg .thread.key{stroke-opacity:1;stroke-width:2.25}
";
/// The drawings that need them.
const MAPS: [&str; 3] = ["gridmap", "curve", "parallel"];

/// What the variables are on white paper, and in the dark: name, light, dark.
pub(in crate::report) const VARIABLES: [(&str, &str, &str); 34] = [
    ("paper", "#ffffff", "#12171d"),
    ("card", "#f6f8fa", "#1b222b"),
    ("ink", "#1b1f24", "#e8edf2"),
    ("dim", "#57606a", "#a3adb8"),
    ("grid", "#e3e7eb", "#2c3540"),
    ("rule", "#d0d7de", "#3a4450"),
    ("link", "#0060a0", "#7cc4f5"),
    ("s0", "#0072b2", "#56b4e9"),
    ("s1", "#d55e00", "#f5894a"),
    ("s2", "#008a65", "#35c79c"),
    ("s3", "#b24d86", "#e59cc6"),
    ("s4", "#a87400", "#e6a51a"),
    ("s5", "#5b5fc7", "#f0e442"),
    ("twin", "#57606a", "#b6c0ca"),
    ("wanted", "#dfe4e9", "#333d48"),
    ("shade", "#fdeed6", "#3a2c14"),
    ("shade2", "#eef0f3", "#252c35"),
    ("shadeink", "#8a5a00", "#e8b04a"),
    ("good", "#00724f", "#35c79c"),
    ("good2", "#2f8268", "#7fd0b4"),
    ("unclear", "#8a6100", "#e6b84a"),
    ("bad", "#b03a00", "#ff9561"),
    ("bad2", "#7d2900", "#d9743c"),
    ("none", "#6a737d", "#9aa5b1"),
    ("onbar", "#ffffff", "#10151b"),
    ("badge", "#ffffff", "#10151b"),
    ("h0", "#f1f4f7", "#222a33"),
    ("h1", "#fde7c8", "#3d3120"),
    ("h2", "#fbc98d", "#6b4a1e"),
    ("h3", "#f09a52", "#8f5522"),
    ("h4", "#b8480a", "#e58a4b"),
    ("h5", "#7a2a00", "#ffc79f"),
    ("onheat", "#ffffff", "#10151b"),
    ("focus", "#0060a0", "#7cc4f5"),
];

/// The variables, as declarations.
pub(in crate::report) fn variables(dark: bool) -> String {
    let declared = VARIABLES.iter().map(|(name, light, night)| {
        let colour = if dark { night } else { light };
        format!("--{name}:{colour};")
    });
    declared.collect()
}

/// Around a drawing that stands alone, in pixels.
const MARGIN: f64 = 10.0;

/// A drawing as a file of its own: on white, whatever program opens it, with colours in place of variables.
pub fn alone(drawing: &str) -> String {
    let is_map = MAPS.iter().any(|class| drawing.contains(&format!("class=\"{class}\"")));
    let style = [STYLE, if is_map { STYLE_OF_MAPS } else { "" }].concat();
    let style = VARIABLES
        .iter()
        .fold(style, |style, (name, light, _)| style.replace(&format!("var(--{name})"), light));
    let (head, rest) = drawing.split_once('>').unwrap_or((drawing, ""));
    // What is drawn says how large it is, before anything else.
    let (view, attributes) = head
        .strip_prefix("<svg viewBox=\"")
        .and_then(|head| head.split_once('"'))
        .expect("invariant: a drawing begins with its view");
    let view: Vec<f64> = view.split(' ').filter_map(|number| number.parse().ok()).collect();
    let [x, y, width, height] = view[..] else { unreachable!("a view has four numbers") };
    let attributes = attributes.split_once(" class=").map_or("", |(_, attributes)| attributes);
    let [x, y] = [x - MARGIN, y - MARGIN].map(number);
    let [width, height] = [width + 2.0 * MARGIN, height + 2.0 * MARGIN].map(number);
    let mut whole = Markup::new();
    whole.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    whole.raw(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{x} {y} {width} {height}\" width=\"{width}\" height=\"{height}\" class={attributes}>\n<style>"
    ));
    whole.raw(&style.replace('>', "&gt;"));
    whole.raw("</style>\n");
    let paper = [("class", "paper"), ("x", x.as_str()), ("y", &y), ("width", &width), ("height", &height)];
    whole.empty("rect", &paper);
    whole.line();
    whole.raw(rest);
    whole.line();
    whole.into_string()
}
