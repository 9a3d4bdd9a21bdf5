//! That the functions are the ones they are named after, and that their bits do not move.

use super::*;

type Golden = (&'static str, fn(f64) -> f64, f64, u64);

/// (name, function, argument, bits of the result). Produced by our own build: they pin stability, not correctness.
const GOLDEN: [Golden; 14] = [
    ("ln", ln, 0.1, 0xc002_6bb1_bbb5_5515),
    ("ln", ln, 12_345.678_9, 0x4022_d795_5beb_52fe),
    ("ln_1p", ln_1p, 1e-3, 0x3f50_6035_4f8c_3ebf),
    ("ln_1p", ln_1p, -0.7, 0xbff3_4378_fcbd_a720),
    ("exp", exp, -7.697, 0x3f3d_c401_55f5_203a),
    ("exp", exp, 13.1, 0x411d_d7b9_a890_f482),
    ("pow(x, 0.3)", |x| pow(x, 0.3), 5.5, 0x3ffa_aec1_7739_96ce),
    ("pow(x, -1.7)", |x| pow(x, -1.7), 0.013, 0x4099_2026_e344_d56f),
    ("tanh", tanh, 0.4, 0x3fd8_5115_73c2_42d6),
    ("tanh", tanh, -2.3, 0xbfef_5cf3_1e1c_8103),
    ("ln_gamma", ln_gamma, 0.3, 0x3ff1_8863_7a6c_4196),
    ("ln_gamma", ln_gamma, 17.2, 0x403f_3bd8_540f_958e),
    ("erfc", erfc, 0.7, 0x3fd4_9ee7_bdd1_d374),
    ("erfc", erfc, 2.583_876, 0x3f30_e912_d5b9_4240),
];

#[test]
fn golden_bits_stay() {
    for (name, function, x, bits) in GOLDEN {
        let value = function(x);
        assert_eq!(value.to_bits(), bits, "{name} of {x} is {value} = {:#018x}", value.to_bits());
    }
}

#[test]
fn logarithm_and_exponential_undo_each_other() {
    for step in -700..=700_i32 {
        let x = f64::from(step);
        assert!((ln(exp(x)) - x).abs() <= 1e-13 * x.abs().max(1.0), "at {x}");
        assert!((ln_1p(exp(x)) - ln(1.0 + exp(x))).abs() <= 1e-14 * x.abs().max(1.0), "at {x}");
    }
    assert_eq!(ln_1p(1e-20), 1e-20);
    assert_eq!(ln(std::f64::consts::E), 1.0);
}

#[test]
fn known_values_are_met() {
    let close = |value: f64, expected: f64| (value / expected - 1.0).abs() < 1e-14;
    assert_eq!(pow(2.0, 10.0), 1024.0);
    assert!(close(pow(2.0, 0.5), std::f64::consts::SQRT_2));
    assert!(close(ln_gamma(6.0), ln(120.0)));
    assert!(close(ln_gamma(0.5), ln(std::f64::consts::PI.sqrt())));
    let e = exp(0.5);
    assert!(close(tanh(0.5), (e - 1.0 / e) / (e + 1.0 / e)));
    assert_eq!(erfc(0.0), 1.0);
    // Abramowitz and Stegun, table 7.1.
    assert!((erfc(0.5) - 0.479_500_122_2).abs() < 5e-11);
    assert!((erfc(-0.5) - 1.520_499_877_8).abs() < 5e-11);
}
