//! The layers once more, in plain candle operations: an independent statement of values, log-determinants and gradients.

use crate::conditioners::{AnyConditioner, Dense};
use crate::direction::Direction;
use crate::flow::Placed;
use crate::layers::{AnyLayer, Coupling, Standardise};
use crate::transforms::{AnyTransform, Edges, MINIMUM, RationalSpline};
use crate::{Activation, Generator};
use candle_core::{D, DType, Device, Result, Tensor};

/// Whether all layers of a generator are stated here; the others are judged by differences.
pub(super) fn states(generator: &Generator) -> bool {
    let known = |placed: &Placed| match &placed.layer {
        AnyLayer::Coupling(coupling) => coupling.given.circles.is_empty() && !matches!(coupling.transform, AnyTransform::CircularSpline(_)),
        AnyLayer::Standardise(_) => !generator.axes().iter().any(|axis| axis.is_circle()),
        _ => false,
    };
    generator.flow.layers.iter().all(known)
}

/// Rows and log-determinants `[n, dim + 1]` of `rows` `[n, dim]`.
pub(super) fn flow(generator: &Generator, direction: Direction, parameters: &Tensor, rows: &Tensor) -> Result<Tensor> {
    let mut log_det = Tensor::zeros(rows.dims2()?.0, DType::F64, &Device::Cpu)?;
    let mut x = rows.clone();
    let mut order: Vec<&Placed> = generator.flow.layers.iter().collect();
    if direction == Direction::Inverse {
        order.reverse();
    }
    for Placed { layer, reversed, parameters: range } in order {
        let way = if *reversed { direction.reversed() } else { direction };
        let (next, part) = match layer {
            AnyLayer::Coupling(coupling) => half_update(coupling, way, &parameters.narrow(0, range.start, range.len())?, &x)?,
            AnyLayer::Standardise(layer) => standardise(layer, way, &x)?,
            other => panic!("{other:?} has no plain form"),
        };
        x = next;
        log_det = (log_det + part)?;
    }
    Tensor::cat(&[x, log_det.unsqueeze(1)?], 1)
}

fn standardise(layer: &Standardise, direction: Direction, x: &Tensor) -> Result<(Tensor, Tensor)> {
    let (n, dim) = x.dims2()?;
    let mean = Tensor::from_slice(layer.mean(), (1, dim), &Device::Cpu)?;
    let spread = Tensor::from_slice(layer.spread(), (1, dim), &Device::Cpu)?;
    let constant = (Tensor::ones(n, DType::F64, &Device::Cpu)? * layer.spread().iter().map(|s| s.ln()).sum::<f64>())?;
    Ok(match direction {
        Direction::Forward => (x.broadcast_mul(&spread)?.broadcast_add(&mean)?, constant),
        Direction::Inverse => (x.broadcast_sub(&mean)?.broadcast_div(&spread)?, constant.neg()?),
    })
}

fn half_update(coupling: &Coupling, direction: Direction, parameters: &Tensor, x: &Tensor) -> Result<(Tensor, Tensor)> {
    let (n, dim) = x.dims2()?;
    let m = coupling.changed.len();
    let index = |list: &[usize]| Tensor::from_vec(list.iter().map(|&i| i as u32).collect::<Vec<_>>(), list.len(), &Device::Cpu);
    let changed = x.index_select(&index(&coupling.changed)?, 1)?;
    let AnyConditioner::Dense(network) = &coupling.conditioner;
    let network: &Dense = network;
    let given = &coupling.given.lines;
    let mut h = if given.is_empty() { None } else { Some(x.index_select(&index(given)?, 1)?) };
    for l in 0..network.n_layers() {
        let (weights, biases) = network.ranges(l);
        let b = parameters.narrow(0, biases.start, biases.len())?.unsqueeze(0)?;
        let sum = match h {
            Some(h) => {
                let w = parameters.narrow(0, weights.start, weights.len())?.reshape((network.widths[l], network.widths[l + 1]))?;
                h.matmul(&w)?.broadcast_add(&b)?
            }
            None => b.broadcast_as((n, b.dims()[1]))?.contiguous()?,
        };
        h = Some(if l + 1 == network.n_layers() {
            sum
        } else {
            match network.activation {
                Activation::Tanh => sum.tanh()?,
                Activation::Relu => sum.relu()?,
                Activation::Silu => (&sum / (sum.neg()?.exp()? + 1.0)?)?,
            }
        });
    }
    let n_raw = crate::transforms::Transform::n_raw(&coupling.transform);
    let raw = h.unwrap().reshape((n, n_raw, m))?.transpose(1, 2)?.contiguous()?.reshape((n * m, n_raw))?;
    let v = changed.contiguous()?.reshape(n * m)?;
    let (y, items) = match coupling.transform {
        AnyTransform::Affine(affine) => {
            let bound = affine.bound;
            let s = ((raw.narrow(1, 0, 1)?.squeeze(1)? / bound)?.tanh()? * bound)?;
            let t = raw.narrow(1, 1, 1)?.squeeze(1)?;
            match direction {
                Direction::Forward => (((&v * s.exp()?)? + t)?, s),
                Direction::Inverse => (((&v - t)? * s.neg()?.exp()?)?, s.neg()?),
            }
        }
        AnyTransform::RationalSpline(spline) => spline_items(spline, direction, &raw, &v)?,
        other => panic!("{other:?} has no plain form"),
    };
    // Back to the order of the coordinates.
    let unchanged: Vec<usize> = (0..dim).filter(|i| !coupling.changed.contains(i)).collect();
    let kept = if unchanged.is_empty() { None } else { Some(x.index_select(&index(&unchanged)?, 1)?) };
    let parts: Vec<Tensor> = kept.into_iter().chain([y.reshape((n, m))?]).collect();
    let places: Vec<usize> = unchanged.iter().chain(&coupling.changed).copied().collect();
    let back: Vec<usize> = (0..dim).map(|i| places.iter().position(|&p| p == i).unwrap()).collect();
    Ok((Tensor::cat(&parts, 1)?.index_select(&index(&back)?, 1)?, items.reshape((n, m))?.sum(1)?))
}

fn softplus(x: &Tensor) -> Result<Tensor> {
    (x.exp()? + 1.0)?.log()
}

/// y and log-determinant of items `v` `[items]` with raw parameters `[items, n_raw]`.
fn spline_items(spline: RationalSpline, direction: Direction, raw: &Tensor, v: &Tensor) -> Result<(Tensor, Tensor)> {
    let RationalSpline { bins, bound, edges } = spline;
    let free_edges = edges == Edges::Free;
    let items = v.dims1()?;
    let sizes = |first: usize| -> Result<Tensor> {
        let a = raw.narrow(1, first, bins)?;
        let e = a.broadcast_sub(&a.max_keepdim(1)?.detach())?.exp()?;
        let p = e.broadcast_div(&e.sum_keepdim(1)?)?;
        ((p * (1.0 - MINIMUM * bins as f64))? + MINIMUM)? * (2.0 * bound)
    };
    let (widths, heights) = (sizes(0)?, sizes(bins)?);
    let before =
        Tensor::from_vec((0..bins * bins).map(|i| f64::from(i / bins < i % bins)).collect::<Vec<_>>(), (bins, bins), &Device::Cpu)?;
    let (left, below) = ((widths.matmul(&before)? - bound)?, (heights.matmul(&before)? - bound)?);
    let offset = (1.0f64 - MINIMUM).exp_m1().ln();
    let inner = raw.narrow(1, 2 * bins, raw.dims()[1] - 2 * bins)?;
    let mut derivatives = (softplus(&(inner + offset)?)? + MINIMUM)?;
    if !free_edges {
        let ones = Tensor::ones((items, 1), DType::F64, &Device::Cpu)?;
        derivatives = Tensor::cat(&[ones.clone(), derivatives, ones], 1)?;
    }
    let edges = if direction == Direction::Forward { left.to_vec2::<f64>()? } else { below.to_vec2::<f64>()? };
    let values = v.to_vec1::<f64>()?;
    let mut mask = vec![0.0; items * bins];
    let mut inside = vec![0.0; items];
    for i in 0..items {
        inside[i] = f64::from(values[i].abs() < bound);
        let at = if inside[i] > 0.0 { values[i] } else { 0.0 };
        mask[i * bins + (0..bins).rev().find(|&k| edges[i][k] <= at).unwrap()] = 1.0;
    }
    let mask = Tensor::from_vec(mask, (items, bins), &Device::Cpu)?;
    let inside = Tensor::from_vec(inside, items, &Device::Cpu)?;
    let outside = (inside.ones_like()? - &inside)?;
    let pick = |t: &Tensor| (t * &mask)?.sum(D::Minus1);
    let (w, h, x0, y0) = (pick(&widths)?, pick(&heights)?, pick(&left)?, pick(&below)?);
    let (d0, d1) = (pick(&derivatives.narrow(1, 0, bins)?)?, pick(&derivatives.narrow(1, 1, bins)?)?);
    let s = (&h / &w)?;
    let e = ((&d0 + &d1)? - (&s * 2.0)?)?;
    let v_in = (v * &inside)?;
    let xi = match direction {
        Direction::Forward => ((&v_in - &x0)? / &w)?,
        Direction::Inverse => {
            let rise = (&v_in - &y0)?;
            let a = ((&h * (&s - &d0)?)? + (&rise * &e)?)?;
            let b = ((&h * &d0)? - (&rise * &e)?)?;
            let c = (&s * &rise)?.neg()?;
            let root = (b.sqr()? - ((&a * &c)? * 4.0)?)?.sqrt()?;
            ((c * 2.0)? / (b.neg()? - root)?)?
        }
    };
    let rest = xi.affine(-1.0, 1.0)?;
    let u = (&xi * &rest)?;
    let n = (&s + (&e * &u)?)?;
    let q = (((&d1 * xi.sqr()?)? + (&s * &u)?.affine(2.0, 0.0)?)? + (&d0 * rest.sqr()?)?)?;
    let log_slope = ((s.log()? - n.log()?)?.affine(2.0, 0.0)? + q.log()?)?;
    let (y, log_det) = match direction {
        Direction::Forward => {
            let numerator = ((&s * xi.sqr()?)? + (&d0 * &u)?)?;
            ((y0 + ((h * numerator)? / n)?)?, log_slope)
        }
        Direction::Inverse => ((x0 + (xi * w)?)?, log_slope.neg()?),
    };
    Ok((((y * &inside)? + (v * outside)?)?, (log_det * inside)?))
}
