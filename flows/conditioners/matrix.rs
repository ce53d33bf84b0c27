//! Products of small dense matrices, outputs in lanes, in register tiles.
//!
//! Every output is one chain of fused additions in the order of the inner index, whatever the tile: a row's result does not
//! depend on the number of rows.

use mcflow_base::Lane;

/// Outputs are padded to a multiple of this many.
pub(crate) const PANEL: usize = 8;

/// Eight weights or activations that lie together, one cache line.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub(crate) struct Panel(pub [f64; PANEL]);

/// `n` rounded up to whole panels.
#[inline(always)]
pub(crate) fn padded(n: usize) -> usize {
    n.next_multiple_of(PANEL)
}

/// Distance of rows of `n` numbers: whole cache lines, an odd number of them, so that a column does not fall into few cache sets.
#[inline(always)]
pub(crate) fn row_stride(n: usize) -> usize {
    if n == 0 { 0 } else { padded(n) + if padded(n).is_multiple_of(2 * PANEL) { PANEL } else { 0 } }
}

/// Copies `weights` `[n_in, n_out]` into panels `[n_out / 8, n_in]` of 8 outputs, zero beyond `n_out`.
pub(crate) fn pack(weights: &[f64], n_in: usize, n_out: usize, panels: &mut Vec<Panel>) {
    panels.resize(padded(n_out) / PANEL * n_in, Panel::default());
    for (i, row) in weights.chunks_exact(n_out).enumerate() {
        for (p, part) in row.chunks(PANEL).enumerate() {
            let panel = &mut panels[p * n_in + i];
            panel.0[..part.len()].copy_from_slice(part);
        }
    }
}

/// Copies the transpose of `weights` `[n_in, n_out]` into panels `[n_in / 8, n_out]` of 8 inputs, zero beyond `n_in`.
pub(crate) fn pack_transposed(weights: &[f64], n_in: usize, n_out: usize, panels: &mut Vec<Panel>) {
    panels.resize(padded(n_in) / PANEL * n_out, Panel::default());
    for (q, rows) in weights.chunks(PANEL * n_out).enumerate() {
        let target = &mut panels[q * n_out..(q + 1) * n_out];
        for (k, row) in rows.chunks_exact(n_out).enumerate() {
            for (panel, &w) in target.iter_mut().zip(row) {
                panel.0[k] = w;
            }
        }
    }
}

/// A product `y = x W (+ bias)`: `x` `[n, stride]` of which `n_in` columns count, `panels` `[n_out / 8, n_in]`, `y` `[n, out_stride]` of
/// which the first `n_out`, rounded up to whole panels, are written.
#[derive(Clone, Copy)]
pub(crate) struct Product<'a> {
    pub x: &'a [f64],
    pub stride: usize,
    pub n_in: usize,
    pub panels: &'a [Panel],
    pub bias: &'a [Panel],
    pub n_out: usize,
    pub out_stride: usize,
}

/// Rows that pass through all panels before the next ones: they stay in the first cache.
const BLOCK: usize = 24;

/// Writes the product for `n` rows to `y`.
#[inline(always)]
pub(crate) fn multiply<L: Lane>(product: Product, n: usize, y: &mut [f64]) {
    let n_vectors = padded(product.n_out) / L::WIDTH;
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        let main = if L::WIDTH == PANEL { (end - start) / 8 * 8 } else { (end - start) / 6 * 6 };
        if L::WIDTH == PANEL {
            rows_of::<L, 8, 2>(product, n_vectors, start, start + main, y);
        } else {
            rows_of::<L, 6, 2>(product, n_vectors, start, start + main, y);
        }
        remainder::<L>(product, n_vectors, start + main, end, y);
    }
}

#[inline(always)]
fn remainder<L: Lane>(product: Product, n_vectors: usize, start: usize, n: usize, y: &mut [f64]) {
    let fours = start + (n - start) / 4 * 4;
    rows_of::<L, 4, 2>(product, n_vectors, start, fours, y);
    rows_of::<L, 1, 8>(product, n_vectors, fours, n, y);
}

/// Rows `start..end` in tiles of R rows and P vectors, the last vectors one by one.
#[inline(always)]
fn rows_of<L: Lane, const R: usize, const P: usize>(product: Product, n_vectors: usize, start: usize, end: usize, y: &mut [f64]) {
    if start == end {
        return;
    }
    let mut vector = 0;
    while vector + P <= n_vectors {
        for row in (start..end).step_by(R) {
            tile::<L, R, P>(product, row, vector, y);
        }
        vector += P;
    }
    while vector < n_vectors {
        for row in (start..end).step_by(R) {
            tile::<L, R, 1>(product, row, vector, y);
        }
        vector += 1;
    }
}

#[inline(always)]
fn tile<L: Lane, const R: usize, const P: usize>(product: Product, row: usize, vector: usize, y: &mut [f64]) {
    let Product { x, stride, n_in, panels, bias, out_stride, .. } = product;
    let parts = PANEL / L::WIDTH;
    let mut rows: [&[f64]; R] = [&[]; R];
    for r in 0..R {
        rows[r] = &x[(row + r) * stride..(row + r) * stride + n_in];
    }
    let mut weights: [&[Panel]; P] = [&[]; P];
    let mut offsets = [0; P];
    for p in 0..P {
        let start = (vector + p) / parts * n_in;
        weights[p] = &panels[start..start + n_in];
        offsets[p] = (vector + p) % parts * L::WIDTH;
    }
    let mut sums = [[L::default(); P]; R];
    if !bias.is_empty() {
        for p in 0..P {
            let value = L::load(&bias[(vector + p) / parts].0[offsets[p]..]);
            for r in 0..R {
                sums[r][p] = value;
            }
        }
    }
    for i in 0..n_in {
        let mut w = [L::default(); P];
        for p in 0..P {
            w[p] = L::load(&weights[p][i].0[offsets[p]..]);
        }
        for r in 0..R {
            let value = L::splat(rows[r][i]);
            for p in 0..P {
                sums[r][p] = w[p].mul_add(value, sums[r][p]);
            }
        }
    }
    for r in 0..R {
        for p in 0..P {
            sums[r][p].store(&mut y[(row + r) * out_stride + (vector + p) * L::WIDTH..]);
        }
    }
}

/// Writes `x^T g`, summed over the rows, to `gradient` `[n_in, n_out]`; `x` `[n, stride]`, `g` `[n, out_stride]`, both padded with zeros.
#[inline(always)]
pub(crate) fn outer<L: Lane>(x: &[f64], stride: usize, n_in: usize, g: &[f64], out_stride: usize, n_out: usize, gradient: &mut [f64]) {
    let n_vectors = n_out.div_ceil(L::WIDTH);
    let mut vector = 0;
    while vector + 3 <= n_vectors {
        columns_of::<L, 3>(x, stride, n_in, g, out_stride, n_out, vector, gradient);
        vector += 3;
    }
    while vector < n_vectors {
        columns_of::<L, 1>(x, stride, n_in, g, out_stride, n_out, vector, gradient);
        vector += 1;
    }
}

#[inline(always)]
fn columns_of<L: Lane, const P: usize>(
    x: &[f64],
    stride: usize,
    n_in: usize,
    g: &[f64],
    out_stride: usize,
    n_out: usize,
    vector: usize,
    gradient: &mut [f64],
) {
    if L::WIDTH == PANEL {
        for i in (0..n_in).step_by(8) {
            outer_tile::<L, 8, P>(x, stride, n_in, g, out_stride, n_out, i, vector, gradient);
        }
    } else {
        for i in (0..n_in).step_by(4) {
            outer_tile::<L, 4, P>(x, stride, n_in, g, out_stride, n_out, i, vector, gradient);
        }
    }
}

#[inline(always)]
fn outer_tile<L: Lane, const I: usize, const P: usize>(
    x: &[f64],
    stride: usize,
    n_in: usize,
    g: &[f64],
    out_stride: usize,
    n_out: usize,
    first: usize,
    vector: usize,
    gradient: &mut [f64],
) {
    let mut sums = [[L::default(); P]; I];
    let column = vector * L::WIDTH;
    for (x_row, g_row) in x.chunks_exact(stride).zip(g.chunks_exact(out_stride)) {
        let x_part = &x_row[first..first + I];
        let g_part = &g_row[column..column + P * L::WIDTH];
        let mut v = [L::default(); P];
        for p in 0..P {
            v[p] = L::load(&g_part[p * L::WIDTH..]);
        }
        for i in 0..I {
            let value = L::splat(x_part[i]);
            for p in 0..P {
                sums[i][p] = v[p].mul_add(value, sums[i][p]);
            }
        }
    }
    for i in 0..I {
        if first + i < n_in {
            for p in 0..P {
                let start = column + p * L::WIDTH;
                let count = (n_out - start).min(L::WIDTH);
                let target = &mut gradient[(first + i) * n_out + start..(first + i) * n_out + start + count];
                if count == L::WIDTH {
                    sums[i][p].store(target);
                } else {
                    sums[i][p].store_partial(target, count);
                }
            }
        }
    }
}

/// Writes the column sums of `g` `[n, out_stride]` to `gradient` `[n_out]`.
#[inline(always)]
pub(crate) fn column_sums<L: Lane>(g: &[f64], out_stride: usize, n_out: usize, gradient: &mut [f64]) {
    for (v, target) in gradient[..n_out].chunks_mut(L::WIDTH).enumerate() {
        let mut sum = L::default();
        for row in g.chunks_exact(out_stride) {
            sum += L::load(&row[v * L::WIDTH..]);
        }
        sum.store_partial(target, target.len());
    }
}
