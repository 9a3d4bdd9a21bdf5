//! The sequence of Sobol, as `scipy.stats.qmc.Sobol(scramble=False)` gives it.
//!
//! Direction numbers: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30 (2008), the table
//! new-joe-kuo-6. Order: Antonov and Saleev, "An economic method of computing LP-tau sequences" (1979).

/// How many dimensions there are numbers for.
pub(crate) const DIMENSIONS: usize = 21;

/// Of dimensions 2 and further: degree and inner coefficients of a primitive polynomial, and the first odd numbers.
const POLYNOMIALS: [(u32, u32, &[u32]); DIMENSIONS - 1] = [
    (1, 0, &[1]),
    (2, 1, &[1, 3]),
    (3, 1, &[1, 3, 1]),
    (3, 2, &[1, 1, 1]),
    (4, 1, &[1, 1, 3, 3]),
    (4, 4, &[1, 3, 5, 13]),
    (5, 2, &[1, 1, 5, 5, 17]),
    (5, 4, &[1, 1, 5, 5, 5]),
    (5, 7, &[1, 1, 7, 11, 19]),
    (5, 11, &[1, 1, 5, 1, 1]),
    (5, 13, &[1, 1, 1, 3, 11]),
    (5, 14, &[1, 3, 5, 5, 31]),
    (6, 1, &[1, 3, 3, 9, 7, 49]),
    (6, 13, &[1, 1, 1, 15, 21, 21]),
    (6, 16, &[1, 3, 1, 13, 27, 49]),
    (6, 19, &[1, 1, 1, 15, 7, 5]),
    (6, 22, &[1, 3, 1, 15, 13, 25]),
    (6, 25, &[1, 1, 5, 5, 19, 61]),
    (7, 1, &[1, 3, 7, 11, 23, 15, 103]),
    (7, 4, &[1, 3, 7, 13, 13, 15, 69]),
];

const BITS: usize = 32;

/// Coordinate `dimension` of the point `index`, in `[0, 1)`.
pub(crate) fn coordinate(index: u32, dimension: usize) -> f64 {
    let directions = directions(dimension);
    let gray = index ^ (index >> 1);
    let bits = (0..BITS).filter(|bit| gray >> bit & 1 == 1).fold(0, |sum, bit| sum ^ directions[bit]);
    f64::from(bits) / 4_294_967_296.0
}

fn directions(dimension: usize) -> [u32; BITS] {
    let mut directions = [0; BITS];
    let Some((degree, inner, first)) = dimension.checked_sub(1).map(|other| POLYNOMIALS[other]) else {
        return std::array::from_fn(|bit| 1 << (BITS - 1 - bit));
    };
    let degree = degree as usize;
    for bit in 0..BITS {
        directions[bit] = if bit < degree {
            first[bit] << (BITS - 1 - bit)
        } else {
            let earliest = directions[bit - degree];
            (1..degree)
                .filter(|k| inner >> (degree - 1 - k) & 1 == 1)
                .fold(earliest ^ (earliest >> degree), |sum, k| sum ^ directions[bit - k])
        };
    }
    directions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From scipy 1.17.1, `qmc.Sobol(21, scramble=False).random(32)`.
    const SCIPY: [(u32, [f64; DIMENSIONS]); 3] = [
        (
            3,
            [
                0.25, 0.75, 0.75, 0.75, 0.25, 0.25, 0.75, 0.25, 0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.25,
                0.75, 0.25, 0.75, 0.25, 0.75, 0.75,
            ],
        ),
        (
            9,
            [
                0.6875, 0.8125, 0.4375, 0.9375, 0.0625, 0.8125, 0.9375, 0.4375, 0.4375, 0.8125, 0.1875,
                0.5625, 0.4375, 0.4375, 0.3125, 0.4375, 0.3125, 0.3125, 0.4375, 0.8125, 0.6875,
            ],
        ),
        (
            31,
            [
                0.03125, 0.53125, 0.90625, 0.96875, 0.96875, 0.78125, 0.34375, 0.53125, 0.15625, 0.59375,
                0.03125, 0.34375, 0.96875, 0.21875, 0.65625, 0.84375, 0.21875, 0.40625, 0.59375, 0.71875,
                0.40625,
            ],
        ),
    ];

    #[test]
    fn the_points_are_those_of_scipy() {
        for (index, expected) in SCIPY {
            let found: Vec<f64> = (0..DIMENSIONS).map(|dimension| coordinate(index, dimension)).collect();
            assert_eq!(found, expected, "point {index}");
        }
    }

    /// What the sequence is for: each of 2^k equal parts of every axis has one of the first 2^k points.
    #[test]
    fn every_part_of_every_axis_has_one_point() {
        for dimension in 0..DIMENSIONS {
            let mut parts: Vec<u32> =
                (0..256).map(|index| (coordinate(index, dimension) * 256.0) as u32).collect();
            parts.sort_unstable();
            assert!(parts.into_iter().eq(0..256), "dimension {dimension}");
        }
    }
}
