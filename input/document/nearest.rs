//! The known name that a misspelled one was meant to be.

/// The candidate nearest to `name`, if one is near enough that a slip of the fingers explains the difference.
///
/// Case and the kind of separator do not count. Up to one edit in three characters is a slip, and a name that begins another,
/// `temp` for `temperature`, is an abbreviation.
#[must_use]
pub fn nearest<'a, S: AsRef<str> + ?Sized + 'a>(name: &str, candidates: impl IntoIterator<Item = &'a S>) -> Option<&'a str> {
    let plain = |text: &str| -> String { text.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect() };
    let wanted = plain(name);
    let length = wanted.chars().count();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.into_iter().map(AsRef::as_ref) {
        let known = plain(candidate);
        let distance = strsim::damerau_levenshtein(&wanted, &known);
        let slips = (length.max(known.chars().count()) / 3).max(usize::from(length > 1));
        let abbreviation = length >= 3 && known.starts_with(&wanted);
        if (distance <= slips || abbreviation) && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `one of a, b, c`; `a` alone.
pub(super) fn one_of(names: &[&str]) -> String {
    match names {
        [name] => (*name).to_string(),
        names => format!("one of {}", names.join(", ")),
    }
}

/// What a struct with the fields `known` looks like.
pub(super) fn keys(known: &[&str]) -> String {
    match known {
        [] => "`()`".to_string(),
        [key] => format!("`({key}: ...)`"),
        keys => format!("`(key: value, ...)` with keys among {}", keys.join(", ")),
    }
}
