//! The command line.

use clap::{Args, Parser, Subcommand};
use mcflow::commands::{Failure, check, compare, energy, run, train};
use mcflow::output::directory::Existing;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Hybrid Monte Carlo and molecular dynamics with moves proposed by normalizing flows, accepted exactly.
///
/// Exit codes: 0 done, 1 the run failed or was stopped, 2 bad input.
#[derive(Parser)]
#[command(version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    /// Threads to use; all cores unless given. Results do not depend on it.
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
}

#[derive(Subcommand)]
enum Command {
    /// Equilibrate, train what is not trained, produce, report.
    Run {
        #[command(flatten)]
        input: InputArguments,
        #[command(flatten)]
        folder: FolderArguments,
    },
    /// Read and validate an input, list every problem at once, or say what would run. Writes nothing.
    Check {
        #[command(flatten)]
        input: InputArguments,
        /// Also print the input with all its defaults.
        #[arg(long)]
        resolved: bool,
    },
    /// Only train the flows, and write them.
    Train {
        #[command(flatten)]
        input: InputArguments,
        #[command(flatten)]
        folder: FolderArguments,
    },
    /// Energies by term, and forces, of the frames of a file.
    Energy {
        /// The input whose potential is used.
        input: PathBuf,
        /// XYZ or DCD file; the starting configuration unless given.
        #[arg(long, value_name = "FILE")]
        frames: Option<PathBuf>,
        /// Also forces.
        #[arg(long)]
        forces: bool,
        /// How to write.
        #[arg(long, value_enum, default_value = "json")]
        format: energy::Format,
        /// Write to this file instead of the terminal.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// The hybrid against plain Monte Carlo and plain dynamics at equal wall time.
    Compare {
        #[command(flatten)]
        input: InputArguments,
        /// Folder of the comparison; `compare` beside the input unless given.
        #[arg(long, value_name = "DIR")]
        output: Option<PathBuf>,
        /// Replace a comparison that is already there.
        #[arg(long)]
        force: bool,
        /// Wall time of each run, in seconds, in place of the input's.
        #[arg(long, value_name = "S", allow_negative_numbers = true)]
        seconds: Option<f64>,
        /// Runs of each kind, in place of the input's.
        #[arg(long, value_name = "N")]
        seeds: Option<usize>,
    },
}

#[derive(Args)]
struct InputArguments {
    /// The input, a RON file.
    input: PathBuf,
    /// In place of the input's seed.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,
}

#[derive(Args)]
struct FolderArguments {
    /// Folder of the run; `output` beside the input unless given.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Go on with a run that was stopped.
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Replace a run that is already there.
    #[arg(long)]
    force: bool,
}

impl FolderArguments {
    fn existing(&self) -> Existing {
        match (self.resume, self.force) {
            (true, _) => Existing::Resume,
            (_, true) => Existing::Force,
            _ => Existing::Refuse,
        }
    }
}

fn main() -> ExitCode {
    mcflow::progress::respect_nohup();
    let line = CommandLine::parse();
    match carry_out(line) {
        Ok(text) => {
            // A closed pipe is no failure of the run.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{}", failure.message().trim_end());
            ExitCode::from(failure.code())
        }
    }
}

fn carry_out(line: CommandLine) -> Result<String, Failure> {
    if let Some(threads) = line.threads {
        if !(1..=4096).contains(&threads) {
            return Err(Failure::Input(format!("--threads: found {threads}; expected a whole number from 1 to 4096")));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.map_err(|error| Failure::Run(error.to_string()))?;
    }
    match line.command {
        Command::Run { input, folder } => run::run(&run::Arguments {
            input: &input.input,
            output: folder.output.as_deref(),
            existing: folder.existing(),
            seed: input.seed,
        }),
        Command::Check { input, resolved } => check::check(&input.input, input.seed, resolved),
        Command::Train { input, folder } => train::train(&input.input, folder.output.as_deref(), folder.existing(), input.seed),
        Command::Energy { input, frames, forces, format, output } => {
            let arguments = energy::Arguments { input: &input, frames: frames.as_deref(), forces, format, output: output.as_deref() };
            energy::energy(&arguments).map(|()| String::new())
        }
        Command::Compare { input, output, force, seconds, seeds } => compare::compare(&compare::Arguments {
            input: &input.input,
            output: output.as_deref(),
            force,
            seed: input.seed,
            seconds,
            seeds,
        }),
    }
}
