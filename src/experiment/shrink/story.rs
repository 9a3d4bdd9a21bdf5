//! A failure in plain words, from the figures of its run and of nothing else.

use crate::analysis::{Sign, Symptoms, Verdict};
use crate::experiment::Trial;
use crate::mechanism::fault::Role;
use crate::model::Model;
use crate::model::schedule::described;

/// A service that is less busy than this is no narrow place.
const TENTH: f64 = 0.1;

/// What happens in a trial of a model, in a few sentences: what it takes, what follows, and what keeps it so. One paragraph per line.
pub fn story(model: &Model, trial: &Trial) -> String {
    let symptoms = Symptoms::of(model, &trial.run, trial.twin.as_ref(), trial.judgement.as_ref());
    let mut paragraphs = vec![what_it_takes(model, trial, &symptoms)];
    paragraphs.extend(background(model));
    paragraphs.push(what_keeps_it(model, &symptoms));
    let sentence = trial.judgement.as_ref().map_or_else(String::new, crate::analysis::Judgement::sentence);
    if let Some((verdict, explained)) = sentence.split_once(": ") {
        paragraphs.push(format!("The verdict is {verdict}: {explained}."));
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n")
}

/// Faults and load: that much is enough.
fn what_it_takes(model: &Model, trial: &Trial, symptoms: &Symptoms) -> String {
    let triggers: Vec<String> =
        model.faults.values().filter(|fault| fault.role() == Role::Trigger).map(described).collect();
    let is_down = trial
        .judgement
        .as_ref()
        .is_some_and(|judgement| matches!(judgement.verdict, Verdict::Metastable | Verdict::Unstable(_)));
    let enough = if is_down { "bring the system down for good" } else { "break the property" };
    let load = match &symptoms.narrow {
        Some(narrow) if narrow.busy_in_twin > TENTH => {
            format!(" At {} load of `{}`", percent(narrow.busy_in_twin), narrow.service)
        }
        _ => " At this load".to_owned(),
    };
    match &triggers[..] {
        [] => format!(
            "No fault is needed.{load} chance alone, under seed {}, is enough to {enough}.",
            model.run.seed
        ),
        [one] => format!("One fault: {one}.{load} that is enough to {enough}."),
        several => {
            let count = several.len();
            format!("{count} faults: {}.{load} they are enough to {enough}.", several.join("; "))
        }
    }
}

fn background(model: &Model) -> Option<String> {
    let world = model.faults.values().filter(|fault| fault.role() == Role::Background);
    let world: Vec<String> = world.map(described).collect();
    (!world.is_empty()).then(|| format!("Part of the world are: {}.", world.join("; ")))
}

/// The numbers of the final window, each beside that of the twin.
fn what_keeps_it(model: &Model, symptoms: &Symptoms) -> String {
    let mut sentences = Vec::new();
    for sign in &symptoms.signs {
        sentences.push(told(model, sign));
    }
    // Who does nothing keeps nobody waiting.
    if let Some(narrow) = symptoms.narrow.as_ref().filter(|narrow| narrow.busy > TENTH) {
        let received = [narrow.received_per_s, narrow.received_per_s_in_twin].map(number);
        let mut sentence = format!(
            "`{}` is {} busy ({} without the fault) and receives {} attempts per second (without: {})",
            narrow.service,
            percent(narrow.busy),
            percent(narrow.busy_in_twin),
            received[0],
            received[1]
        );
        if narrow.busy_in_twin > TENTH {
            let able = narrow.received_per_s_in_twin / narrow.busy_in_twin;
            sentence.extend(["; at its usual cost per attempt it can do about ", &number(able)]);
        }
        sentences.push(sentence);
    }
    if sentences.is_empty() {
        return String::new();
    }
    let seconds = symptoms.window.length().as_secs_f64();
    let sentences: Vec<String> =
        sentences.iter().map(|sentence| format!("{}.", capitalised(sentence))).collect();
    format!("This is how the last {} s look. {}", number(seconds), sentences.join(" "))
}

fn told(model: &Model, sign: &Sign) -> String {
    match sign {
        Sign::Memory { service, stopped } => format!(
            "`{service}` stands still for {} of the time to collect memory (without the fault: {})",
            percent(stopped[0]),
            percent(stopped[1])
        ),
        Sign::ColdCache { cache, hits } => format!(
            "the cache `{cache}` answers {} of the reads (without the fault: {}), and the rest goes to what is behind it",
            percent(hits[0]),
            percent(hits[1])
        ),
        Sign::Rejected { caller, target, by, share } => format!(
            "of the calls of `{caller}` to `{target}` {} are rejected by the {} (without the fault: {})",
            percent(share[0]),
            by.replace('_', " "),
            percent(share[1])
        ),
        Sign::Lock { lock, waiting } => format!(
            "{} wait for the lock `{lock}` (without the fault: {})",
            number(waiting[0]),
            number(waiting[1])
        ),
        Sign::Hedges { caller, target, extra } => format!(
            "`{caller}` sends {} more attempts to `{target}` as hedges (without the fault: {})",
            percent(extra[0]),
            percent(extra[1])
        ),
        Sign::UserRetries { workload, share } => format!(
            "{} of the requests of `{workload}` are repetitions by users (without the fault: {})",
            percent(share[0]),
            percent(share[1])
        ),
        Sign::Retries { caller, target, policy, attempts } => {
            let retry = model.policies.get(policy).and_then(|policy| policy.retry.as_ref());
            let allowed = retry.and_then(|retry| retry.max_attempts.limited());
            let most = match allowed {
                Some(most) => format!(", of which `{policy}` allows {most}"),
                None => format!(", and `{policy}` sets no limit"),
            };
            // Attempts of calls that began earlier count, too.
            let taken = allowed.map_or(attempts[0], |most| attempts[0].min(f64::from(most)));
            format!(
                "each call of `{caller}` to `{target}` takes {} attempts{most} (without the fault: {})",
                number(taken),
                number(attempts[1])
            )
        }
        Sign::Wasted { service, share } => format!(
            "{} of the work of `{service}` is for callers who have left (without the fault: {})",
            percent(share[0]),
            percent(share[1])
        ),
        Sign::Queue { service, waiting } => format!(
            "{} attempts wait at `{service}` (without the fault: {})",
            number(waiting[0]),
            number(waiting[1])
        ),
    }
}

/// In whole percent from 10 % on, and otherwise in tenths.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 10.0 {
        format!("{percent:.0} %")
    } else {
        format!("{} %", number((percent * 10.0).round() / 10.0))
    }
}

/// As a sentence begins, unless it begins with a name.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Whole numbers from 10 on, and otherwise at most two decimals.
fn number(value: f64) -> String {
    if value >= 10.0 {
        return format!("{value:.0}");
    }
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
