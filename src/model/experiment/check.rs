//! Whether an experiment makes sense, without looking at its model.

use super::metric::{Bound, Unit};
use super::settings::{ExpectSettings, Experiment, SeedSettings};
use crate::mechanism::Problems;
use crate::model::codes;
use crate::model::path::{is_name, written};
use crate::model::spelling::{closest, listed};

/// An interval needs two numbers.
const SEEDS_MIN: u64 = 2;
/// More seeds than this are a slip of the hand.
const SEEDS_MAX: u64 = 1_000_000;

impl Experiment {
    /// Notes everything that is wrong.
    pub(crate) fn check(&self, problems: &mut Problems) {
        self.check_seeds(problems);
        problems.at("variants", |problems| self.check_variants(problems));
        self.check_sweep(problems);
        if let Some(name) = &self.baseline {
            problems.at("baseline", |problems| self.check_name(name, problems));
        }
        for (name, expect) in self.expect.iter() {
            problems.at("expect", |problems| {
                problems.at(&written(name), |problems| self.check_expect(expect, problems));
            });
        }
    }

    fn check_seeds(&self, problems: &mut Problems) {
        let count = self.seeds.at_most();
        let field = if matches!(self.seeds, SeedSettings::Until(_)) { "at_most" } else { "" };
        let mut at_field = |message: String, help: &str| {
            problems.at("seeds", |problems| {
                let note = |problems: &mut Problems| {
                    problems.error_with_code(codes::OUT_OF_RANGE, message.clone(), help);
                };
                if field.is_empty() { note(problems) } else { problems.at(field, note) }
            });
        };
        if count < SEEDS_MIN && (self.sweep.is_empty() || count == 0) {
            at_field(
                format!("{count} is too few seeds to compare anything"),
                "20 of 20 seeds prove 86 %, 59 of 59 prove 95 %: write `seeds = 20` or more",
            );
        } else if count > SEEDS_MAX {
            at_field(format!("{count} seeds are too many"), "a million is the most");
        } else if self.first_seed.checked_add(count).is_none() {
            problems.at("first_seed", |problems| {
                problems.error_with_code(
                    codes::OUT_OF_RANGE,
                    "the last seed is too large",
                    "write `first_seed = 1`",
                );
            });
        }
    }

    fn check_variants(&self, problems: &mut Problems) {
        if self.variants.is_empty() && self.sweep.is_empty() {
            problems.error_with_code(
                codes::OUT_OF_RANGE,
                "there is no variant",
                "write a table for each: `[variants.as_it_is]`, and `[variants.no_retries]` with `set = { \"policies.db.retry.max_attempts\" = 1 }`",
            );
        }
        for (name, variant) in self.variants.iter() {
            problems.at(&written(name), |problems| {
                if !is_name(name) {
                    problems.error_with_code(
                        codes::INVALID_NAME,
                        format!("`{name}` cannot be the name of a variant"),
                        "a name has letters, digits, `_` and `-`",
                    );
                }
                let is_seed = |path: &String| path == "run.seed";
                if variant.set.paths().iter().chain(&variant.unset).any(is_seed) {
                    problems.error_with_code(
                        codes::MALFORMED_EXPECTATION,
                        "all variants run under the same seeds, or they could not be compared",
                        "leave `run.seed` alone, and write `first_seed` beside `seeds`",
                    );
                }
            });
        }
    }

    pub(super) fn check_name(&self, name: &str, problems: &mut Problems) {
        if self.variants.position(name).is_some() {
            return;
        }
        let names = self.variants.names();
        let help = match closest(name, &names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the variants are {}", listed(&names)),
        };
        problems.error_with_code(codes::UNKNOWN_NAME, format!("there is no variant `{name}`"), help);
    }

    fn check_expect(&self, expect: &ExpectSettings, problems: &mut Problems) {
        if !self.sweep.is_empty() {
            return self.check_trend(expect, problems);
        }
        for (field, axis) in [("rises_with", &expect.rises_with), ("falls_with", &expect.falls_with)] {
            if axis.is_some() {
                let message = format!("`{field}` is about a sweep, and this experiment has none");
                let help = "write `[sweep]` with the axis, or leave it out";
                problems.at(field, |problems| {
                    problems.error_with_code(codes::MALFORMED_EXPECTATION, message, help);
                });
            }
        }
        problems.at("variant", |problems| self.check_name(&expect.variant, problems));
        if let Some(versus) = &expect.versus {
            problems.at("versus", |problems| {
                self.check_name(versus, problems);
                if *versus == expect.variant {
                    problems.error_with_code(
                        codes::MALFORMED_EXPECTATION,
                        "a variant does not differ from itself",
                        "name another variant",
                    );
                }
            });
        }
        let unit = match (expect.verdict, expect.metric) {
            (Some(_), None) => Unit::Ratio,
            (None, Some(metric)) => metric.unit(),
            (Some(_), Some(_)) | (None, None) => {
                problems.error_with_code(
                    codes::MALFORMED_EXPECTATION,
                    "it has to be about a `verdict` or about a `metric`",
                    "write `verdict = \"recovered\"` with `at_least = \"90%\"`, or `metric = \"p99\"` with `at_most = \"800ms\"`",
                );
                return;
            }
        };
        if expect.verdict.is_some() && expect.versus.is_some() {
            problems.at("versus", |problems| {
                problems.error_with_code(
                    codes::MALFORMED_EXPECTATION,
                    "only metrics have differences",
                    "leave `versus` out, or write a `metric` instead of the `verdict`",
                );
            });
        }
        check_bounds(expect, unit, problems);
    }
}

fn check_bounds(expect: &ExpectSettings, unit: Unit, problems: &mut Problems) {
    let bounds = [("at_least", &expect.at_least), ("at_most", &expect.at_most)];
    if bounds.iter().all(|(_, bound)| bound.is_none()) {
        problems.error_with_code(
            codes::MALFORMED_EXPECTATION,
            "it has no bound",
            format!("write `at_least` or `at_most`: {}", unit.example()),
        );
    }
    for (field, bound) in bounds {
        let Some(bound) = bound else { continue };
        problems.at(field, |problems| {
            if bound.unit() != unit {
                problems.error_with_code(
                    codes::MALFORMED_EXPECTATION,
                    format!("`{bound}` is not in the unit of what is expected"),
                    format!("write {}", unit.example()),
                );
            } else if expect.verdict.is_some() && !is_provable(field, bound) {
                problems.error_with_code(
                    codes::MALFORMED_EXPECTATION,
                    "no number of seeds proves that",
                    "59 of 59 seeds prove 95 %: write `at_least = \"95%\"`, or `at_most = \"5%\"` of the contrary",
                );
            }
        });
    }
    if let (Some(low), Some(high)) = (&expect.at_least, &expect.at_most)
        && low.value() > high.value()
    {
        problems.error_with_code(
            codes::MALFORMED_EXPECTATION,
            format!("nothing is at least {low} and at most {high}"),
            "exchange the two bounds, or leave one out",
        );
    }
}

/// All or none can never be shown by a sample, and less than none or more than all is nothing.
fn is_provable(field: &str, bound: &Bound) -> bool {
    let value = bound.value();
    if field == "at_least" { (0.0..1.0).contains(&value) } else { value > 0.0 && value <= 1.0 }
}
