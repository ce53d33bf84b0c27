//! The vectors of a lattice that bound the cell of points nearest to its origin.

/// A vector v of a lattice that may be a face of its Voronoi cell, and v / |v|^2; the other face is -v.
pub(crate) type Face = ([f64; 3], [f64; 3]);

/// Faces of a Voronoi cell, half of them: at most 7 in three dimensions.
pub(crate) const FACES: usize = 7;

/// Every face, or its opposite, of the Voronoi cell of the lattice of the first `dimension` of `vectors`; zeros where there are fewer than
/// seven.
///
/// The basis is completed to a superbase, vectors of sum 0, and made obtuse by Selling's steps: where two vectors have a positive product,
/// one is turned round and added to the others. The sums of some but not all vectors of an obtuse superbase are the faces (or touch the cell in
/// less than one).
///
/// Sources: Selling, J. Reine Angew. Math. 77 (1874) 143; Conway and Sloane, Proc. R. Soc. A 436 (1992) 55, theorem 3.
pub(crate) fn voronoi_faces(dimension: usize, vectors: &[[f64; 3]; 3]) -> [Face; FACES] {
    let mut basis = vectors[..dimension].to_vec();
    shorten(&mut basis);
    let rest = std::array::from_fn(|c| -basis.iter().map(|v| v[c]).sum::<f64>());
    let mut superbase = basis;
    superbase.push(rest);
    let n = superbase.len();
    // Each step makes the sum of squares smaller; the bound is for steps that rounding makes go on.
    for _ in 0..10_000 {
        let mut pairs = (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
        let obtuse =
            |(i, j): &(usize, usize)| dot(superbase[*i], superbase[*j]) <= 1e-14 * square(superbase[*i]).min(square(superbase[*j]));
        let Some((i, j)) = pairs.find(|pair| !obtuse(pair)) else { break };
        let turned = superbase[i];
        for k in (0..n).filter(|&k| k != i && k != j) {
            // Of three vectors in a plane the third takes both halves of what the turned one leaves.
            let share = if n == 3 { 2.0 } else { 1.0 };
            superbase[k] = std::array::from_fn(|c| superbase[k][c] + share * turned[c]);
        }
        superbase[i] = turned.map(|v| -v);
    }
    let mut faces = [([0.0; 3], [0.0; 3]); FACES];
    // Every sum without the last vector, one of each pair of opposites.
    for (face, members) in faces.iter_mut().zip(1..1_usize << (n - 1)) {
        let vector: [f64; 3] = std::array::from_fn(|c| (0..n - 1).filter(|k| members & (1 << k) != 0).map(|k| superbase[k][c]).sum());
        *face = (vector, vector.map(|v| v / square(vector)));
    }
    faces
}

/// Makes vectors shorter by whole multiples of each other while that is possible: what brings even the most skewed cell near its shortest
/// basis in few steps.
fn shorten(basis: &mut [[f64; 3]]) {
    for _ in 0..1000 {
        let mut changed = false;
        for i in 0..basis.len() {
            for j in (0..basis.len()).filter(|&j| j != i) {
                let turns = (dot(basis[i], basis[j]) / square(basis[j])).round_ties_even();
                if turns != 0.0 {
                    let shorter: [f64; 3] = std::array::from_fn(|c| basis[i][c] - turns * basis[j][c]);
                    if square(shorter) < square(basis[i]) {
                        (basis[i], changed) = (shorter, true);
                    }
                }
            }
        }
        if !changed {
            return;
        }
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn square(a: [f64; 3]) -> f64 {
    dot(a, a)
}
