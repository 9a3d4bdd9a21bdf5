//! Whether numbers that belong to neighbouring places, words and draws look as if they had nothing to do with each other.
//!
//! Seeds are fixed, so every test always passes or always fails. Were the numbers perfectly random, each p-value would leave the
//! interval asked for with probability 2 x 10^-4, and each whole avalanche matrix its bounds with probability 10^-3.

use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::*;

const SEED: u64 = 20_260;
const SAMPLES: u64 = 1 << 17;

fn site(name: &str) -> SiteKey {
    SiteKey::new(SEED, hash64(name))
}

/// The probability of counts at least as uneven as these, if all were equally likely.
fn uniformity(counts: &[u64]) -> f64 {
    let expected = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
    let statistic: f64 =
        counts.iter().map(|&count| (count as f64 - expected) * (count as f64 - expected) / expected).sum();
    ChiSquared::new((counts.len() - 1) as f64).expect("there are two cells").sf(statistic)
}

fn assert_plausible(what: &str, p: f64) {
    assert!((1e-4..=1.0 - 1e-4).contains(&p), "{what}: p = {p}");
}

/// Every byte of the words on its own.
fn assert_uniform(what: &str, words: impl Iterator<Item = u64>) {
    let mut counts = [[0; 256]; 8];
    for word in words {
        for (byte, counts) in word.to_le_bytes().into_iter().zip(&mut counts) {
            counts[usize::from(byte)] += 1;
        }
    }
    for (byte, counts) in counts.iter().enumerate() {
        assert_plausible(&format!("{what}, byte {byte}"), uniformity(counts));
    }
}

/// Pairs of the leading 4 bits, and of the trailing 4 bits, each of which must fill a 16 x 16 table evenly; and the correlation.
fn assert_independent(what: &str, pairs: impl Iterator<Item = (u64, u64)>) {
    let (mut high, mut low) = ([0; 256], [0; 256]);
    let (mut products, mut count) = (0.0, 0.0_f64);
    for (a, b) in pairs {
        high[((a >> 60) << 4 | b >> 60) as usize] += 1;
        low[((a & 15) << 4 | b & 15) as usize] += 1;
        products +=
            ((a >> 11) as f64 / (1_u64 << 53) as f64 - 0.5) * ((b >> 11) as f64 / (1_u64 << 53) as f64 - 0.5);
        count += 1.0;
    }
    assert_plausible(&format!("{what}, leading bits"), uniformity(&high));
    assert_plausible(&format!("{what}, trailing bits"), uniformity(&low));
    // The product of two independent numbers around 0 has variance 1 / 144.
    let z = products * 12.0 / count.sqrt();
    assert!(z.abs() < 3.9, "{what}: the correlation is {z} standard errors");
}

#[test]
fn draws_are_uniform_over_words_draws_sites_and_seeds() {
    let here = site("services.db.handler.work.0");
    let requests = site("workloads.shoppers");
    assert_uniform("words", (0..SAMPLES).map(|n| Word::root(requests, n).at(here).next_u64()));
    let mut draws = Word::root(requests, 7).at(here);
    assert_uniform("draws", (0..SAMPLES).map(|_| draws.next_u64()));
    let word = Word::root(requests, 7);
    assert_uniform("sites", (0..SAMPLES).map(|n| word.at(site(&format!("services.s{n}.work"))).next_u64()));
    let seeded = |seed| Word::root(SiteKey::new(seed, 1), 0).at(SiteKey::new(seed, 2)).next_u64();
    assert_uniform("seeds", (0..SAMPLES).map(seeded));
    assert_uniform("children", (0..SAMPLES).map(|n| word.child(n).raw()));
    assert_uniform("hashes", (0..SAMPLES).map(|n| hash64(&format!("faults.f{n}"))));
    let mut stream = Stream::new(SEED, hash64("workloads.shoppers.arrivals"));
    assert_uniform("stream", (0..SAMPLES).map(|_| stream.next_u64()));
}

#[test]
fn neighbours_are_independent() {
    let (here, there) = (site("services.db.handler.work.0"), site("services.db.handler.work.1"));
    let requests = site("workloads.shoppers");
    let draw = |n, at| Word::root(requests, n).at(at).next_u64();
    assert_independent("words n and n + 1", (0..SAMPLES).map(|n| (draw(n, here), draw(n + 1, here))));
    assert_independent("two sites", (0..SAMPLES).map(|n| (draw(n, here), draw(n, there))));
    let attempts = |n, k| Word::root(requests, n).child(k).at(here).next_u64();
    assert_independent("attempts 0 and 1", (0..SAMPLES).map(|n| (attempts(n, 0), attempts(n, 1))));
    assert_independent("a word and its child", (0..SAMPLES).map(|n| (draw(n, here), attempts(n, 0))));
    let mut draws = Word::root(requests, 0).at(here);
    assert_independent("draws i and i + 1", (0..SAMPLES).map(|_| (draws.next_u64(), draws.next_u64())));
    let seeded = |seed| Word::root(SiteKey::new(seed, 1), 0).at(SiteKey::new(seed, 2)).next_u64();
    assert_independent("seeds n and n + 1", (0..SAMPLES).map(|seed| (seeded(seed), seeded(seed + 1))));
}

/// Every input bit must flip every output bit in half of all cases.
fn assert_avalanche(what: &str, function: impl Fn(u64) -> u64, inputs: &[u64]) {
    for input_bit in 0..64 {
        let mut flips = [0_u32; 64];
        let mut trials = 0.0_f64;
        // Each pair once: among small inputs both of its ends occur.
        for &input in inputs.iter().filter(|&input| input >> input_bit & 1 == 0) {
            trials += 1.0;
            let changed = function(input) ^ function(input | 1 << input_bit);
            for (output_bit, flips) in flips.iter_mut().enumerate() {
                *flips += (changed >> output_bit) as u32 & 1;
            }
        }
        // The quantile of the normal distribution at 1 - 10^-3 / (2 x 4096).
        let bound = 5.16 * 0.5 * trials.sqrt();
        for (output_bit, &flips) in flips.iter().enumerate() {
            let off = f64::from(flips) - trials / 2.0;
            assert!(
                off.abs() < bound,
                "{what}: bit {input_bit} flips bit {output_bit} {flips} of {trials} times"
            );
        }
    }
}

#[test]
fn every_bit_that_goes_in_moves_every_bit_that_comes_out() {
    let mut stream = Stream::new(SEED, hash64("avalanche"));
    let inputs: Vec<u64> = (0..8192).map(|_| stream.next_u64()).collect();
    let small: Vec<u64> = (0..16_384).collect();
    let key = site("services.db.handler.work.0").raw();
    assert_avalanche("finalise", finalise, &inputs);
    assert_avalanche("the first argument of mix", |a| mix(a, key), &inputs);
    assert_avalanche("the second argument of mix", |b| mix(key, b), &inputs);
    assert_avalanche("a small first argument of mix", |a| mix(a, key), &small);
    assert_avalanche("a small second argument of mix", |b| mix(key, b), &small);
}

/// Bits that were written down beforehand.
struct Scripted(std::vec::IntoIter<u64>);

impl Bits for Scripted {
    fn next_u64(&mut self) -> u64 {
        self.0.next().expect("the script is long enough")
    }
}

fn scripted(words: &[u64]) -> Scripted {
    Scripted(Vec::from(words).into_iter())
}

#[test]
fn units_stay_inside_their_ends() {
    assert_eq!(scripted(&[0]).unit(), 0.0);
    assert_eq!(scripted(&[u64::MAX]).unit(), 1.0 - f64::EPSILON / 2.0);
    assert_eq!(scripted(&[0]).unit_open(), f64::EPSILON / 2.0);
    assert_eq!(scripted(&[u64::MAX]).unit_open(), 1.0);
}

#[test]
fn below_has_no_bias() {
    // For 3 x 2^62 a mere remainder, or a mere product, would draw some thirds twice as often as others.
    let large = 3_u64 << 62;
    let mut draws = Word::root(site("below"), 0).at(site("below"));
    let (mut dice, mut parts) = ([0; 6], [0; 48]);
    for _ in 0..SAMPLES {
        dice[draws.below(6) as usize] += 1;
        parts[(draws.below(large) / (large / 48)) as usize] += 1;
    }
    assert_plausible("below(6)", uniformity(&dice));
    assert_plausible("below(3 x 2^62)", uniformity(&parts));
    let mut remainders = [0; 3];
    (0..SAMPLES).for_each(|_| remainders[(draws.below(large) % 3) as usize] += 1);
    assert_plausible("below(3 x 2^62) mod 3", uniformity(&remainders));
}

#[test]
fn below_draws_again_where_a_word_would_favour_a_number() {
    // 2^64 mod 3 = 1: the word 0 is the one too many.
    assert_eq!(scripted(&[0, u64::MAX]).below(3), 2);
    assert_eq!(scripted(&[0]).below(1), 0);
    assert_eq!(scripted(&[u64::MAX]).below(u64::MAX), u64::MAX - 1);
    assert_eq!(scripted(&[0, 0, 1]).below(u64::MAX), 0);
}

#[test]
#[should_panic(expected = "a number below 0")]
fn below_zero_there_is_nothing() {
    scripted(&[0]).below(0);
}

#[test]
fn no_chance_is_never_and_a_billion_in_a_billion_is_always() {
    let mut draws = Word::root(site("chance"), 0).at(site("chance"));
    assert!((0..10_000).all(|_| !draws.chance(0) && draws.chance(1_000_000_000)));
    assert!(!scripted(&[1 << 33]).chance(0) && scripted(&[u64::MAX]).chance(1_000_000_000));
    assert!(scripted(&[1 << 33]).chance(1) && !scripted(&[u64::MAX]).chance(999_999_999));
    let hits = (0..SAMPLES).filter(|_| draws.chance(100_000_000)).count() as f64;
    let (mean, variance) = (SAMPLES as f64 * 0.1, SAMPLES as f64 * 0.09);
    assert!((hits - mean).abs() < 3.9 * variance.sqrt(), "{hits} hits of {SAMPLES} at 10 %");
}

#[test]
fn a_draw_depends_on_place_word_and_ordinal_alone() {
    let word = Word::root(site("w"), 3);
    let mut once = word.at(site("a"));
    let mut again = word.at(site("a"));
    again.next_u64();
    once.next_u64();
    word.at(site("b")).next_u64();
    assert_eq!(once.next_u64(), again.next_u64());
    assert_ne!(
        Word::root(site("w"), 3).at(site("a")).next_u64(),
        Word::root(site("w"), 4).at(site("a")).next_u64()
    );
}

#[test]
fn a_stream_is_chacha8_with_the_key_of_the_seed_and_the_number_of_the_site() {
    let site_hash = hash64("workloads.shoppers.arrivals");
    let mut key = [0; 32];
    for index in 0..4 {
        key[index * 8..index * 8 + 8].copy_from_slice(&mix(SEED, index as u64).to_le_bytes());
    }
    let mut expected = ChaCha8Rng::from_seed(key);
    expected.set_stream(site_hash);
    let mut stream = Stream::new(SEED, site_hash);
    for _ in 0..1000 {
        assert_eq!(Bits::next_u64(&mut stream), expected.next_u64());
    }
}

/// Produced by our own build: they pin stability (a changed word changes every run), not correctness.
#[test]
fn golden_words_stay() {
    let word = Word::root(SiteKey::new(1, hash64("workloads.w")), 5);
    let mut draws = word.child(2).at(SiteKey::new(1, hash64("services.s.handler.work.0")));
    let mut stream = Stream::new(1, hash64("workloads.w.arrivals"));
    let words = [
        hash64(""),
        hash64("services.db.handler.work.0"),
        finalise(1),
        mix(0, 0),
        mix(1, 2),
        mix(2, 1),
        word.raw(),
        draws.next_u64(),
        draws.next_u64(),
        Bits::next_u64(&mut stream),
        Bits::next_u64(&mut stream),
        Bits::next_u64(&mut stream),
    ];
    let golden = [
        0xf52a_15e9_a9b5_e89b,
        0x870a_9454_3843_e760,
        0x5692_161d_100b_05e5,
        0x4821_8226_ff3c_d4bf,
        0x7add_a25f_cf93_ee03,
        0x2efa_04c3_c73d_887d,
        0xff39_5dff_c6a8_fb54,
        0xed64_1d3b_e345_c089,
        0xeaa5_1057_bd03_1d37,
        0xd5a1_f083_b64b_4894,
        0xe985_95bf_6236_4e90,
        0xed56_636a_c0ff_dc21,
    ];
    assert_eq!(words, golden, "{words:#x?}");
}
