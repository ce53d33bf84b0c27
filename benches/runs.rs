//! What does a whole run cost beside its moves? The double well, shortened, through the engine with all files.

use criterion::{Criterion, criterion_group, criterion_main};
use mcflow::build::build_changed;
use mcflow::commands::run::carry_out;
use mcflow::output::directory::{Existing, prepare};
use mcflow_engine::{Monitor, Progress};
use std::path::Path;

struct Silent;
impl Monitor for Silent {
    fn progress(&mut self, _: &Progress) {}
}

fn runs(criterion: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/double_well/system.ron");
    let mut group = criterion.benchmark_group("double well");
    group.sample_size(10);
    for (name, with_flow) in [("local moves", false), ("with a flow, training included", true)] {
        let built = build_changed(&path, |input| {
            input.run.equilibration = 100;
            input.run.production = 500;
            for (_, flow) in &mut input.flows.0 {
                flow.assessment_draws = 1000;
                flow.training.iter_mut().flat_map(|t| &mut t.stages).for_each(|stage| stage.steps = 100);
            }
            if !with_flow {
                input.flows.0.clear();
                input.sweep.retain(|entry| entry.flow().is_none());
            }
        });
        let mut built = built.unwrap_or_else(|report| panic!("{report}"));
        group.bench_function(name, |b| {
            b.iter(|| {
                let folder = tempfile::tempdir().expect("a folder");
                let _folder = prepare(folder.path(), Existing::Refuse, &built).expect("an empty folder");
                carry_out(&mut built, folder.path(), false, &mut Silent).unwrap_or_else(|f| panic!("{}", f.message()))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, runs);
criterion_main!(benches);
