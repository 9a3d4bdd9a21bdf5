//! From a distribution as written to what the engine draws from: parameters in nanoseconds, or in whatever the amount is counted in.

use super::{Amount, Distribution};
use crate::kernel::sampler::Sampler;
use crate::kernel::{Duration, num};
use crate::quantity::Files;

/// The 99 % quantile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326_347_874_040_840_8;

impl<T: Amount> Distribution<T> {
    /// What draws from this distribution; reads the files that it refers to. Where it is not one of durations, each nanosecond of what is drawn stands for one of what the amount is counted in.
    ///
    /// # Errors
    ///
    /// If a number is out of its range (only possible in values built by hand), or a file cannot be read or is not a list of durations.
    pub fn sampler(&self, files: &dyn Files) -> Result<Sampler, String> {
        self.check()?;
        self.compile(files)
    }

    fn compile(&self, files: &dyn Files) -> Result<Sampler, String> {
        Ok(match self {
            Self::Constant(value) => Sampler::constant(Duration::from_ns(value.whole())),
            Self::Exponential { mean } => Sampler::exponential(units(*mean)),
            Self::Uniform { low, high } => Sampler::uniform(units(*low), units(*high)),
            Self::Normal { mean, sd } => Sampler::normal(units(*mean), units(*sd)),
            Self::LognormalByQuantiles { p50, p99 } => {
                Sampler::lognormal(num::ln(units(*p50)), num::ln(units(*p99) / units(*p50)) / NORMAL_P99)
            }
            Self::LognormalByMoments { mean, cv } => lognormal_by_moments(units(*mean), cv.get()),
            Self::Gamma { mean, cv } => {
                let variation = cv.get() * cv.get();
                Sampler::gamma(1.0 / variation, units(*mean) * variation)
            }
            Self::Erlang { k, mean } => Sampler::erlang(*k, units(*mean)),
            Self::Weibull { shape, mean } => {
                // The mean is scale · Γ(1 + 1/shape).
                let gamma = num::exp(num::ln_gamma(1.0 + 1.0 / shape.get()));
                Sampler::weibull(shape.get(), units(*mean) / gamma)
            }
            Self::Pareto { min, alpha, max } => Sampler::pareto(units(*min), alpha.get(), max.map(units)),
            Self::Hyperexponential { mean, cv } => Sampler::hyperexponential(units(*mean), cv.get()),
            Self::Mixture(parts) => {
                let compiled = parts.iter().map(|(share, part)| Ok((share.as_f64(), part.compile(files)?)));
                Sampler::mixture(compiled.collect::<Result<_, String>>()?)
            }
            Self::Quantiles(points) => Sampler::quantiles(
                points.iter().map(|(share, value)| (share.as_f64(), units(*value))).collect(),
            ),
            Self::Empirical { path } => Sampler::empirical(read_values::<T>(path, files)?),
        })
    }
}

fn units(value: impl Amount) -> f64 {
    value.whole() as f64
}

/// `sigma² = ln(1 + cv²)`, `mu = ln(mean) − sigma²/2` (the moments of the lognormal distribution, solved for its parameters).
fn lognormal_by_moments(mean: f64, cv: f64) -> Sampler {
    let variance = num::ln_1p(cv * cv);
    Sampler::lognormal(num::ln(mean) - variance / 2.0, variance.sqrt())
}

/// Reads a file of one column: the header `duration` or `size`, then one of them with its unit per line.
fn read_values<T: Amount>(path: &str, files: &dyn Files) -> Result<Vec<u64>, String> {
    let (noun, example) = (T::NOUN, T::EXAMPLE);
    let text = files.read(path).map_err(|error| format!("cannot read `{path}`: {error}"))?;
    // Spreadsheets begin a CSV file with a byte order mark.
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(&text).lines().map(str::trim_end).zip(1_u64..);
    match lines.next() {
        Some((header, _)) if header == noun => {}
        Some((header, _)) => {
            return Err(format!("`{path}` line 1: the header is `{header}`: write \"{noun}\""));
        }
        None => {
            return Err(format!("`{path}` is empty: write the header \"{noun}\" and a {noun} per line"));
        }
    }
    let mut values = Vec::new();
    for (line, number) in lines.filter(|(line, _)| !line.is_empty()) {
        let value: T = line.parse().map_err(|error| format!("`{path}` line {number}: {error}"))?;
        values.push(value.whole());
    }
    if values.is_empty() {
        return Err(format!(
            "`{path}` has no {noun}s: write one per line under the header, such as \"{example}\""
        ));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::quantity::{Factor, NoFiles};

    /// One file with this text.
    struct OneFile(&'static str);

    impl Files for OneFile {
        fn read(&self, path: &str) -> io::Result<String> {
            assert_eq!(path, "times.csv");
            Ok(self.0.to_owned())
        }
    }

    fn durations_ns(text: &'static str) -> Result<Vec<u64>, String> {
        read_values::<Duration>("times.csv", &OneFile(text))
    }

    #[test]
    fn samplers_have_the_mean_that_is_written() {
        for (text, mean_ns) in [
            ("5ms", 5e6),
            ("exponential(5ms)", 5e6),
            ("uniform(1ms, 9ms)", 5e6),
            ("normal(mean=5s, sd=1ms)", 5e9),
            ("lognormal(mean=5ms, cv=1.5)", 5e6),
            ("gamma(mean=5ms, cv=0.5)", 5e6),
            ("erlang(k=3, mean=5ms)", 5e6),
            ("weibull(shape=0.5, mean=5ms)", 5e6),
            ("pareto(min=1ms, alpha=2)", 2e6),
            ("hyperexponential(mean=5ms, cv=2)", 5e6),
            ("mixture(99%: 1ms, 1%: exponential(100ms))", 1.99e6),
            ("quantiles(0%: 1ms, 50%: 5ms, 100%: 9ms)", 5e6),
            // exp(mu + sigma²/2) with mu = ln 5e6, sigma = ln 8 / 2.3263478740408408.
            ("lognormal(p50=5ms, p99=40ms)", 7_455_376.588),
        ] {
            let sampler = text.parse::<Distribution>().unwrap().sampler(&NoFiles).unwrap();
            let error = (sampler.mean_ns() - mean_ns).abs() / mean_ns;
            assert!(error < 1e-7, "{text}: {} instead of {mean_ns}", sampler.mean_ns());
        }
    }

    #[test]
    fn the_ends_of_every_range_compile() {
        for text in [
            "exponential(1ns)",
            "normal(mean=0s, sd=0s)",
            "normal(mean=0s, sd=213503d)",
            "lognormal(p50=1ns, p99=1ns)",
            "lognormal(p50=1ns, p99=213503d)",
            "lognormal(mean=1ns, cv=1000)",
            "lognormal(mean=213503d, cv=0.001)",
            "gamma(mean=1ns, cv=0.001)",
            "gamma(mean=213503d, cv=1000)",
            "erlang(k=1000, mean=1ns)",
            "weibull(shape=0.1, mean=1ns)",
            "weibull(shape=1000, mean=213503d)",
            "pareto(min=1ns, alpha=0.01, max=213503d)",
            "pareto(min=213503d, alpha=1000)",
            "hyperexponential(mean=1ns, cv=1)",
            "hyperexponential(mean=213503d, cv=1000)",
            "mixture(0%: 1ms, 100%: mixture(100%: 2ms))",
            "quantiles(0%: 1ms, 0%: 2ms, 50%: 2ms, 50%: 3ms, 100%: 3ms, 100%: 4ms)",
        ] {
            let sampler = text.parse::<Distribution>().unwrap().sampler(&NoFiles).unwrap();
            assert!(sampler.mean_ns() >= 0.0, "{text}");
        }
    }

    #[test]
    fn a_file_is_a_column_of_durations() {
        assert_eq!(durations_ns("duration\n5ms\n1us\n"), Ok(vec![5_000_000, 1_000]));
        assert_eq!(durations_ns("\u{feff}duration\r\n5ms\r\n\r\n"), Ok(vec![5_000_000]));
        let distribution: Distribution = Distribution::Empirical { path: "times.csv".to_owned() };
        let sampler = distribution.sampler(&OneFile("duration\n1ms\n3ms")).unwrap();
        assert_eq!(sampler.mean_ns(), 2e6);
    }

    #[test]
    fn mistakes_in_a_file_name_its_line() {
        for (text, message) in [
            ("", r#"`times.csv` is empty: write the header "duration" and a duration per line"#),
            ("5ms\n", r#"`times.csv` line 1: the header is `5ms`: write "duration""#),
            (
                "duration\n",
                r#"`times.csv` has no durations: write one per line under the header, such as "5ms""#,
            ),
            (
                "duration\n5ms\n\n7\n",
                r#"`times.csv` line 4: bare number `7`: a duration needs a unit, such as "7ms" or "7s""#,
            ),
        ] {
            assert_eq!(durations_ns(text), Err(message.to_owned()), "{text}");
        }
        let refused = read_values::<Duration>("times.csv", &NoFiles);
        assert_eq!(refused, Err("cannot read `times.csv`: no files can be read here".to_owned()));
    }

    #[test]
    fn values_built_by_hand_are_checked() {
        let distribution = Distribution::Gamma { mean: Duration::from_ns(5), cv: Factor::from(0) };
        let message = "`cv` is not from 0.001 to 1000 in `gamma(mean=5ns, cv=0)`";
        assert_eq!(distribution.sampler(&NoFiles).err().as_deref(), Some(message));
    }
}
