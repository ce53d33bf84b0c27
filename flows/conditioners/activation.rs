//! The functions between the layers of a network, in lanes, with their derivatives.

use mcflow_base::{Elementary, Lane};
use serde::{Deserialize, Serialize};

/// The function between the layers of a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activation {
    /// tanh a.
    Tanh,
    /// max(a, 0).
    Relu,
    /// a / (1 + e^-a).
    #[default]
    Silu,
}

/// Activations in place, and their derivatives. All three functions are zero at zero, so padding stays zero.
#[inline(always)]
pub(super) fn activate<L: Lane, const RECORD: bool>(
    activation: Activation,
    values: &mut [f64],
    slopes: &mut [f64],
    stride: usize,
    width: usize,
) {
    match activation {
        Activation::Tanh => apply::<L, RECORD, TANH>(values, slopes, stride, width),
        Activation::Relu => apply::<L, RECORD, RELU>(values, slopes, stride, width),
        Activation::Silu => apply::<L, RECORD, SILU>(values, slopes, stride, width),
    }
}

const TANH: u8 = 0;
const RELU: u8 = 1;
const SILU: u8 = 2;

#[inline(always)]
fn apply<L: Lane, const RECORD: bool, const KIND: u8>(values: &mut [f64], slopes: &mut [f64], stride: usize, width: usize) {
    if RECORD {
        for (values, slopes) in values.chunks_exact_mut(stride).zip(slopes.chunks_exact_mut(stride)) {
            for (v, s) in values[..width].chunks_exact_mut(L::WIDTH).zip(slopes[..width].chunks_exact_mut(L::WIDTH)) {
                let (h, slope) = value_and_slope::<L, KIND>(L::load(v));
                h.store(v);
                slope.store(s);
            }
        }
    } else {
        for values in values.chunks_exact_mut(stride) {
            for v in values[..width].chunks_exact_mut(L::WIDTH) {
                value_and_slope::<L, KIND>(L::load(v)).0.store(v);
            }
        }
    }
}

#[inline(always)]
fn value_and_slope<L: Lane, const KIND: u8>(a: L) -> (L, L) {
    let (zero, one) = (L::splat(0.0), L::splat(1.0));
    match KIND {
        TANH => {
            let h = a.tanh();
            (h, one - h * h)
        }
        RELU => (a.select_lt(zero, zero, a), zero.select_lt(a, one, zero)),
        _ => {
            let sigmoid = a.sigmoid();
            (a * sigmoid, sigmoid * a.mul_add(one - sigmoid, one))
        }
    }
}
