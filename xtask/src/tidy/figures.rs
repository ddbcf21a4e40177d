//! How long the files and functions of the programs are, all together. Tests are left out.

use std::fmt;

use super::Source;
use super::sizes::{functions, is_test};

/// Lengths in lines, in ascending order.
struct Lengths(Vec<usize>);

/// Prints the figures.
pub(super) fn print(sources: &[Source]) {
    let programs: Vec<&Source> = sources.iter().filter(|source| is_program(source)).collect();
    let files = Lengths::of(programs.iter().map(|source| source.program().count()));
    let functions = Lengths::of(programs.iter().flat_map(|source| {
        let foot = source.program().count();
        functions(source).into_iter().filter(move |function| function.line <= foot).map(|one| one.lines)
    }));
    println!("lines of files:     {files}");
    println!("lines of functions: {functions}");
}

fn is_program(source: &Source) -> bool {
    source.path.ends_with(".rs") && !source.package().is_empty() && !is_test(source)
}

impl Lengths {
    fn of(lengths: impl Iterator<Item = usize>) -> Self {
        let mut lengths: Vec<usize> = lengths.collect();
        lengths.sort_unstable();
        Self(lengths)
    }

    /// The length that so many of a hundred do not exceed.
    fn percentile(&self, percent: usize) -> usize {
        let place = (self.0.len() * percent).div_ceil(100).max(1) - 1;
        self.0.get(place).copied().unwrap_or_default()
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (median, most, longest) = (self.percentile(50), self.percentile(99), self.percentile(100));
        let count = self.0.len();
        write!(f, "{count:5}, median {median}, 99th percentile {most}, longest {longest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_lengths_that_are_there() {
        let lengths = Lengths::of((1..=200).rev());
        assert_eq!([50, 99, 100].map(|percent| lengths.percentile(percent)), [100, 198, 200]);
        assert_eq!(Lengths::of(std::iter::empty()).percentile(50), 0);
        assert_eq!(
            Lengths::of([8, 2, 48].into_iter()).to_string(),
            "    3, median 8, 99th percentile 48, longest 48"
        );
    }
}
