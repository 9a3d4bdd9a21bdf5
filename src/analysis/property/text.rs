//! Properties as text.

use std::fmt;
use std::str::FromStr;

use super::{Against, Property};
use crate::model::{closest_name, listed_names};
use crate::quantity::{Duration, Factor, ParseError, Share};

/// Every property with an example of what it takes.
const EXAMPLES: [(&str, Option<&str>); 7] = [
    ("recovers", None),
    ("recovers_within", Some("30s")),
    ("goodput_at_least", Some("99%")),
    ("amplification_at_most", Some("1.5")),
    ("queue_bounded", Some("200")),
    ("nothing_lost", None),
    ("meets_objectives", None),
];

/// Parentheses and `not`s inside each other; more are a slip of the hand.
const DEPTH_MAX: usize = 100;

/// A text that is no property.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct PropertyError {
    message: String,
    help: String,
}

impl PropertyError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }

    /// What to write instead.
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recovers => f.write_str("recovers"),
            Self::RecoversWithin(time) => write!(f, "recovers_within({time})"),
            Self::GoodputAtLeast(share, Against::Offered) => write!(f, "goodput_at_least({share})"),
            Self::GoodputAtLeast(share, Against::Twin) => write!(f, "goodput_at_least({share} of twin)"),
            Self::AmplificationAtMost(factor) => write!(f, "amplification_at_most({factor})"),
            Self::QueueBounded(bound) => write!(f, "queue_bounded({bound})"),
            Self::NothingLost => f.write_str("nothing_lost"),
            Self::MeetsObjectives => f.write_str("meets_objectives"),
            Self::And(first, second) => {
                write_in(f, first, matches!(**first, Self::Or(..)))?;
                f.write_str(" and ")?;
                write_in(f, second, matches!(**second, Self::Or(..) | Self::And(..)))
            }
            Self::Or(first, second) => {
                write_in(f, first, false)?;
                f.write_str(" or ")?;
                write_in(f, second, matches!(**second, Self::Or(..)))
            }
            Self::Not(inner) => {
                f.write_str("not ")?;
                write_in(f, inner, matches!(**inner, Self::And(..) | Self::Or(..)))
            }
        }
    }
}

fn write_in(f: &mut fmt::Formatter<'_>, property: &Property, in_parentheses: bool) -> fmt::Result {
    if in_parentheses { write!(f, "({property})") } else { write!(f, "{property}") }
}

impl FromStr for Property {
    type Err = PropertyError;

    fn from_str(text: &str) -> Result<Self, PropertyError> {
        let mut reader = Reader { rest: text.trim_start(), depth: 0 };
        if reader.rest.is_empty() {
            return Err(PropertyError::new("no property is written", every_property()));
        }
        let property = reader.alternatives()?;
        if reader.rest.is_empty() {
            return Ok(property);
        }
        let message = format!("`{}` follows a property that is complete", short(reader.rest));
        let help = "combine properties with `and`, `or`, `not` and parentheses, as in `recovers and not queue_bounded(10)`";
        Err(PropertyError::new(message, help))
    }
}

struct Reader<'a> {
    /// What is not read yet, without space in front.
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn alternatives(&mut self) -> Result<Property, PropertyError> {
        let mut property = self.conjunction()?;
        while self.takes_word("or") {
            property = property.or(self.conjunction()?);
        }
        Ok(property)
    }

    fn conjunction(&mut self) -> Result<Property, PropertyError> {
        let mut property = self.single()?;
        while self.takes_word("and") {
            property = property.and(self.single()?);
        }
        Ok(property)
    }

    fn single(&mut self) -> Result<Property, PropertyError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(PropertyError::new("nested too deeply", "no property needs that many parentheses"));
        }
        let property = if self.takes_word("not") {
            !self.single()?
        } else if self.takes('(') {
            let property = self.alternatives()?;
            if !self.takes(')') {
                return Err(PropertyError::new(
                    "`(` is not closed",
                    "write a `)` behind what it holds together",
                ));
            }
            property
        } else {
            self.named()?
        };
        self.depth -= 1;
        Ok(property)
    }

    fn named(&mut self) -> Result<Property, PropertyError> {
        let name = self.word();
        if name.is_empty() {
            let message = if self.rest.is_empty() {
                "a property is missing at the end".to_owned()
            } else {
                format!("`{}` is no property", short(self.rest))
            };
            return Err(PropertyError::new(message, every_property()));
        }
        self.skip(name.len());
        let argument = self.argument(name)?;
        let Some((_, example)) = EXAMPLES.iter().find(|(known, _)| *known == name) else {
            return Err(unknown(name, argument));
        };
        match (argument, example) {
            (None, None) => Ok(()),
            (Some(text), Some(_)) if !text.is_empty() => Ok(()),
            (_, Some(example)) => Err(PropertyError::new(
                format!("`{name}` needs a value"),
                format!("write `{name}({example})`"),
            )),
            (Some(_), None) => {
                Err(PropertyError::new(format!("`{name}` takes no value"), format!("write `{name}`")))
            }
        }?;
        of_name(name, argument.unwrap_or_default())
    }

    /// What stands in parentheses behind a name.
    fn argument(&mut self, name: &str) -> Result<Option<&'a str>, PropertyError> {
        if !self.takes('(') {
            return Ok(None);
        }
        let Some((argument, _)) = self.rest.split_once(')') else {
            let help = format!("write a `)` behind the value of `{name}`");
            return Err(PropertyError::new(format!("`{name}(` is not closed"), help));
        };
        self.skip(argument.len() + 1);
        Ok(Some(argument.trim()))
    }

    /// The word at the front.
    fn word(&self) -> &'a str {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        &self.rest[..self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len())]
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_next = self.word() == word;
        if is_next {
            self.skip(word.len());
        }
        is_next
    }

    fn takes(&mut self, sign: char) -> bool {
        let is_next = self.rest.starts_with(sign);
        if is_next {
            self.skip(sign.len_utf8());
        }
        is_next
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest[bytes..].trim_start();
    }
}

fn of_name(name: &str, argument: &str) -> Result<Property, PropertyError> {
    let misfit = |error: &ParseError, example: &str| {
        PropertyError::new(error.to_string(), format!("write for example `{name}({example})`"))
    };
    Ok(match name {
        "recovers_within" => {
            Property::RecoversWithin(argument.parse::<Duration>().map_err(|error| misfit(&error, "30s"))?)
        }
        "goodput_at_least" => {
            let (share, against) = share_of(argument)?;
            Property::GoodputAtLeast(share.parse::<Share>().map_err(|error| misfit(&error, "99%"))?, against)
        }
        "amplification_at_most" => {
            Property::AmplificationAtMost(argument.parse::<Factor>().map_err(|error| misfit(&error, "1.5"))?)
        }
        "queue_bounded" => Property::QueueBounded(argument.parse().map_err(|_| {
            let message = format!("`{}` is not a number of attempts", short(argument));
            PropertyError::new(message, "write a whole number, as in `queue_bounded(200)`")
        })?),
        "nothing_lost" => Property::NothingLost,
        "meets_objectives" => Property::MeetsObjectives,
        _ => Property::Recovers,
    })
}

/// `90%`, `90% of offered` or `90% of twin`.
fn share_of(argument: &str) -> Result<(&str, Against), PropertyError> {
    let Some((share, of)) = argument.split_once(" of ") else { return Ok((argument, Against::Offered)) };
    match of.trim() {
        "offered" => Ok((share.trim(), Against::Offered)),
        "twin" | "the twin" => Ok((share.trim(), Against::Twin)),
        other => Err(PropertyError::new(
            format!("goodput cannot be held against `{}`", short(other)),
            "write `goodput_at_least(99%)`, of the requests offered, or `goodput_at_least(90% of twin)`",
        )),
    }
}

fn unknown(name: &str, argument: Option<&str>) -> PropertyError {
    let names = EXAMPLES.map(|(name, _)| name);
    let help = closest_name(name, &names).map(|meant| {
        let takes = EXAMPLES.iter().find(|(known, _)| *known == meant).and_then(|(_, example)| *example);
        match (takes, argument) {
            (None, _) => format!("did you mean `{meant}`?"),
            (Some(_), Some(argument)) if !argument.is_empty() => {
                format!("did you mean `{meant}({argument})`?")
            }
            (Some(example), _) => format!("did you mean `{meant}({example})`?"),
        }
    });
    PropertyError::new(format!("unknown property `{}`", short(name)), help.unwrap_or_else(every_property))
}

fn every_property() -> String {
    let written: Vec<String> = EXAMPLES
        .iter()
        .map(|(name, example)| {
            example.map_or_else(|| (*name).to_owned(), |example| format!("{name}({example})"))
        })
        .collect();
    let names: Vec<&str> = written.iter().map(String::as_str).collect();
    format!("there are {}", listed_names(&names))
}

/// What is quoted in a message: one line, and not all of a long text.
fn short(text: &str) -> String {
    text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
