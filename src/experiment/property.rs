//! Properties, judged on trials.

use super::Trial;
use crate::analysis::{Judged, Property, PropertyEvidence};
use crate::model::Model;

impl Trial {
    /// Whether a property holds for this trial of `model`, how nearly, and why.
    ///
    /// So a test of one's own is four steps: a model, a plan, a trial, a property.
    ///
    /// ```
    /// use metastable::analysis::Property;
    /// use metastable::experiment::{Progress, Trial, TrialOptions};
    /// use metastable::model::{Model, Overrides};
    /// use metastable::plan::Plan;
    /// use metastable::quantity::NoFiles;
    ///
    /// let text = std::fs::read_to_string("models/three-tier.toml")?;
    /// let model = Model::parse("three-tier.toml", &text, &Overrides::new())?.model;
    /// let plan = Plan::compile(&model, &NoFiles).expect("a checked model without files has a plan");
    /// let options = TrialOptions { with_twin: true, check: false };
    /// let trial = Trial::conduct(&model, &plan, 1, options, &Progress::default()).expect("nobody cancels it");
    ///
    /// let property: Property = "recovers_within(30s) and goodput_at_least(80% of twin)".parse()?;
    /// let judged = trial.judge(&model, &property);
    /// assert!(judged.holds, "{judged}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn judge(&self, model: &Model, property: &Property) -> Judged {
        property.judge(&PropertyEvidence {
            model,
            run: &self.run,
            twin: self.twin.as_ref(),
            judgement: self.judgement.as_ref(),
            objectives: &self.objectives,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Verdict;
    use crate::experiment::{Progress, TrialOptions};
    use crate::model::Overrides;
    use crate::plan::Plan;
    use crate::quantity::NoFiles;

    const MODEL: &str = r#"name = "shop"
[run]
duration = "4min"
[objectives]
availability = "50%"
recovery = "10s"
[workloads.shoppers]
arrivals = { open = { rate = "50/s" } }
to = "web"
policy = "web"
[policies.web]
per_try_timeout = "500ms"
timeout = "2s"
retry = { max_attempts = 3, backoff = "none", budget = "unlimited" }
[services.web]
threads = 1
queue = { capacity = 100 }
handler = [{ work = "exponential(10ms)" }]
[faults.slow]
at = "60s"
duration = "10s"
degrade = { service = "web", factor = 10 }
"#;

    fn trial(overrides: &[&str]) -> (Model, Trial) {
        let mut edits = Overrides::new();
        for edit in overrides {
            edits.set(edit);
        }
        let loaded = Model::parse("shop", MODEL, &edits).unwrap_or_else(|found| panic!("{found}"));
        let plan = Plan::compile(&loaded.model, &NoFiles).expect("a model without files");
        let options = TrialOptions { with_twin: true, check: false };
        let trial = Trial::conduct(&loaded.model, &plan, 7, options, &Progress::default());
        (loaded.model, trial.expect("nobody cancels it"))
    }

    fn judged(of: &(Model, Trial), property: &str) -> Judged {
        let judged = of.1.judge(&of.0, &property.parse().expect("a property"));
        assert_eq!(judged.holds, judged.margin > 0.0 || (judged.holds && judged.margin == 0.0), "{judged:?}");
        assert!((-1.0..=1.0).contains(&judged.margin), "{judged:?}");
        judged
    }

    const EVERYTHING: [&str; 8] = [
        "recovers",
        "recovers_within(10s)",
        "goodput_at_least(60%)",
        "goodput_at_least(60% of twin)",
        "amplification_at_most(1.9)",
        "queue_bounded(99)",
        "nothing_lost",
        "meets_objectives",
    ];

    #[test]
    fn a_run_that_stays_down_keeps_nothing() {
        let down = trial(&[]);
        let verdict = down.1.judgement.as_ref().expect("it has a twin").verdict;
        assert_eq!(verdict, Verdict::Metastable);
        for property in EVERYTHING {
            let judged = judged(&down, property);
            assert!(!judged.holds, "{property} {judged}");
            assert!(
                judged.why.chars().any(|c| c.is_ascii_digit()),
                "{property}: no number in `{}`",
                judged.why
            );
        }
    }

    #[test]
    fn a_run_that_is_not_tried_keeps_everything() {
        let up = trial(&["faults.slow.degrade.factor=1.01"]);
        for property in EVERYTHING {
            let judged = judged(&up, property);
            assert!(judged.holds, "{property} {judged}");
        }
    }

    #[test]
    fn the_margin_falls_as_the_fault_grows() {
        let margins: Vec<f64> = ["20ms", "200ms", "10s"]
            .map(|duration| judged(&trial(&[&format!("faults.slow.duration={duration}")]), "recovers").margin)
            .to_vec();
        assert!(margins.is_sorted_by(|longer, shorter| longer >= shorter), "{margins:?}");
        assert!(margins[0] > 0.5 && margins[2] < 0.0, "{margins:?}");
    }

    #[test]
    fn combinations_are_those_of_logic() {
        let down = trial(&[]);
        let (yes, no) = ("goodput_at_least(1%)", "recovers");
        for (property, holds) in [
            (format!("{yes} and {no}"), false),
            (format!("{yes} and {yes}"), true),
            (format!("{yes} or {no}"), true),
            (format!("{no} or {no}"), false),
            (format!("not {no}"), true),
            (format!("not ({yes} and {no})"), true),
        ] {
            assert_eq!(judged(&down, &property).holds, holds, "{property}");
        }
        assert_eq!(judged(&down, &format!("{no} and {yes}")).why, judged(&down, no).why);
    }

    #[test]
    fn a_trial_without_its_twin_proves_nothing() {
        let (model, mut trial) = trial(&["faults.slow.degrade.factor=1.01"]);
        (trial.twin, trial.judgement) = (None, None);
        for property in ["recovers", "recovers_within(1h)", "goodput_at_least(1% of twin)", "nothing_lost"] {
            let judged = trial.judge(&model, &property.parse().expect("a property"));
            assert!(!judged.holds && judged.why.contains("the twin was not run"), "{property} {judged}");
        }
    }
}
