//! The text of an input that was changed in memory: what is written beside a run is what ran.

use crate::schema::{Input, SamplesInput, Start};
use mcflow_potentials::Term;
use std::path::{Component, Path, PathBuf};

/// How the comment on its making begins.
const MADE: &str = "// Made from";

/// Who changes an input, and where the changed one is written.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// What the new text says of its making: "`mcflow compare`, plain MC, run 1".
    pub by: &'a str,
    /// The folder that it is written into, from which names of files are then seen; `None` where it is not written.
    pub folder: Option<&'a Path>,
}

/// The text of `input`, which was made of the file `path` with the text `original`: the comment that this began with, a comment on who changed
/// it, and all keys with their values. A function of these alone, so that a resumed run finds the same text.
pub fn text_of(input: &Input, path: &Path, original: &str, change: Change) -> String {
    let mut input = input.clone();
    if let Some(to) = change.folder {
        let (from, to) = (real(path.parent().unwrap_or(Path::new(""))), real(to));
        for_each_file(&mut input, |name| *name = seen_from(&to, &from.join(&*name), name));
    }
    let head = original.lines().take_while(|line| line.trim_start().starts_with("//") && !line.starts_with(MADE));
    let mut text: String = head.flat_map(|line| [line.trim_end(), "\n"]).collect();
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    text.push_str(&format!("{MADE} {name:?} by {}: what ran, with all defaults.\n", change.by));
    let pretty = ron::ser::PrettyConfig::default().struct_names(false);
    let written = ron::ser::to_string_pretty(&input, pretty).expect("an input that was read can be written");
    text.push_str(&written);
    text.push('\n');
    text
}

/// The names of all files that an input reads.
pub(super) fn for_each_file(input: &mut Input, mut rename: impl FnMut(&mut String)) {
    let starts = input.start.iter_mut().chain(input.states.0.iter_mut().filter_map(|(_, state)| state.start.as_mut()));
    for start in starts {
        if let Start::File(frames) = start {
            rename(&mut frames.path);
        }
    }
    for (_, flow) in &mut input.flows.0 {
        flow.file.iter_mut().for_each(&mut rename);
        if let SamplesInput::File(name) = &mut flow.samples {
            rename(name);
        }
    }
    for term in &mut input.system.potential {
        if let Term::TabulatedPair(table) = term {
            rename(&mut table.file);
        }
    }
}

/// The path without links and detours, as far as it is there.
fn real(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    for there in path.ancestors() {
        if let (Ok(found), Ok(rest)) = (there.canonicalize(), path.strip_prefix(there)) {
            return found.join(rest);
        }
    }
    path
}

/// The name of `file` as seen from `folder`, both of them whole paths; `name` itself where that is a whole path, too.
fn seen_from(folder: &Path, file: &Path, name: &str) -> String {
    if Path::new(name).is_absolute() {
        return name.to_string();
    }
    let common = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(common).map(|_| Component::ParentDir);
    let seen: PathBuf = up.chain(file.components().skip(common)).collect();
    seen.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    const ORIGINAL: &str = "// A well.\n// With files.\n(\n    // The seed.\n    seed: 7, system: (cell: Open(dimension: 2), potential: [\
        DoubleWell(linear: 0.1, quadratic: -6.0, quartic: 1.0), TabulatedPair(file: \"u.dat\")]),\n    start: File(\"a/s.xyz\"), ladder: \
        [(temperature: 0.1)], flows: {\"g\": (file: \"/w/g.safetensors\", samples: File(\"../t.xyz\"))}, sweep: [Displacement(step: 0.5)], \
        run: (equilibration: 1, production: 30000000000000))";

    #[test]
    fn a_changed_input_is_written_whole_and_sees_the_same_files() {
        let read = |text: &str| Document::parse("system.ron", text).expect("an input").read::<Input>().expect("an input");
        let mut input = read(ORIGINAL);
        input.seed = 8;
        let change = Change { by: "`mcflow compare`", folder: Some(Path::new("/nowhere/x/compare/plain_MC-1")) };
        let text = text_of(&input, Path::new("/nowhere/x/in.ron"), ORIGINAL, change);
        let head = "// A well.\n// With files.\n// Made from \"in.ron\" by `mcflow compare`: what ran, with all defaults.\n(";
        assert!(text.starts_with(head), "{text}");
        let mut again = read(&text);
        let mut names = Vec::new();
        for_each_file(&mut again, |name| names.push(name.clone()));
        assert_eq!(names, ["../../a/s.xyz", "/w/g.safetensors", "../../../t.xyz", "../../u.dat"]);
        // But for the names of files it is the same input, to the last digit.
        for_each_file(&mut again, String::clear);
        for_each_file(&mut input, String::clear);
        assert_eq!(again, input);
    }
}
