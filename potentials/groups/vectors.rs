//! Vector algebra in lanes.

use mcflow_base::{Lane, polynomial};

/// Less than every square that means something: keeps divisions by lengths from giving NaN where a length is 0.
const TINY: f64 = 1e-300;

/// a . b
#[inline(always)]
pub(super) fn dot<L: Lane>(a: [L; 3], b: [L; 3]) -> L {
    a[0].mul_add(b[0], a[1].mul_add(b[1], a[2] * b[2]))
}

/// a x b
#[inline(always)]
pub(super) fn cross<L: Lane>(a: [L; 3], b: [L; 3]) -> [L; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// factor a
#[inline(always)]
pub(super) fn scaled<L: Lane>(factor: L, a: [L; 3]) -> [L; 3] {
    [factor * a[0], factor * a[1], factor * a[2]]
}

/// |a|^2, above 0 always.
#[inline(always)]
pub(super) fn square<L: Lane>(a: [L; 3]) -> L {
    dot(a, a) + L::splat(TINY)
}

/// The angle between 0 and pi whose tangent is y / x, y not below 0; absolute error below 1e-15.
///
/// The rational function is that of `atan` in Cephes (Moshier, 1989), good up to 0.66.
#[inline(always)]
pub(super) fn arctangent<L: Lane>(y: L, x: L) -> L {
    const P: [f64; 5] = [
        -6.485_021_904_942_025e1,
        -1.228_866_684_490_136_2e2,
        -7.500_855_792_314_705e1,
        -1.615_753_718_733_365e1,
        -8.750_608_600_031_904e-1,
    ];
    const Q: [f64; 6] = [
        1.945_506_571_482_614e2,
        4.853_903_996_359_137e2,
        4.328_810_604_912_902_7e2,
        1.650_270_098_316_988_5e2,
        2.485_846_490_142_306_3e1,
        1.0,
    ];
    const TAN_PI_8: f64 = std::f64::consts::SQRT_2 - 1.0;
    let one = L::splat(1.0);
    let size = x.abs();
    let steep = size.select_lt(y, one, L::default());
    // The slope of the smaller side to the larger, at most 1, and its angle less pi / 4 where it is above pi / 8.
    let slope = size.min(y) / (size.max(y) + L::splat(TINY));
    let middle = L::splat(TAN_PI_8).select_lt(slope, one, L::default());
    let t = L::splat(TAN_PI_8).select_lt(slope, (slope - one) / (slope + one), slope);
    let z = t * t;
    let angle = (t * z).mul_add(polynomial(z, P) / polynomial(z, Q), t) + middle * L::splat(std::f64::consts::FRAC_PI_4);
    let angle = L::splat(0.5).select_lt(steep, L::splat(std::f64::consts::FRAC_PI_2) - angle, angle);
    x.select_lt(L::default(), L::splat(std::f64::consts::PI) - angle, angle)
}

#[cfg(test)]
mod tests {
    use super::arctangent;
    use mcflow_base::{InstructionSet, Kernel, Lane, dispatch_with};

    struct Angle(f64, f64);
    impl Kernel for Angle {
        type Output = f64;
        #[inline(always)]
        fn run<L: Lane>(self) -> f64 {
            arctangent(L::splat(self.0), L::splat(self.1)).get(0)
        }
    }

    #[test]
    fn angles_are_those_of_the_standard_library() {
        for set in [InstructionSet::Portable, InstructionSet::Avx2, InstructionSet::Avx512] {
            for k in 0..=20_000 {
                let angle = std::f64::consts::PI * f64::from(k) / 20_000.0;
                for size in [1e-7, 1.0, 3e4] {
                    let (y, x) = (size * angle.sin().max(0.0), size * angle.cos());
                    let found = dispatch_with(set, Angle(y, x));
                    assert!((found - y.atan2(x)).abs() < 1e-15, "{set:?}: {y}, {x}: {found} against {}", y.atan2(x));
                }
            }
            assert_eq!(dispatch_with(set, Angle(0.0, 0.0)), 0.0);
        }
    }
}
