// SPDX-License-Identifier: BSD-2-Clause

//! The commands: one table, from which parsing, help and completion come.

use super::nearest::nearest;
use core::fmt;
use manager_api::Command as Order;

/// What an argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Guest,
    /// A guest that has a console.
    Console,
    Region,
    /// A guest or host.
    Client,
    /// A guest or protection domain that says lines.
    Speaker,
    /// A protection domain that records what it does, or `dump`.
    Trace,
    /// A command.
    Command,
    /// A number.
    Number,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Help,
    List,
    Info,
    Top,
    Console,
    Order(Order),
    Hosts,
    Regions,
    Region,
    Detach,
    Revoke,
    Log,
    Trace,
    Colour,
    Version,
    Exit,
}

/// An argument.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// A command.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) verb: Verb,
    pub(super) arguments: &'static [Argument],
    /// One line, for the list.
    pub(super) short: &'static str,
    /// Further lines, for `help NAME`.
    pub(super) long: &'static [&'static str],
}

const fn must(name: &'static str, kind: Kind) -> Argument {
    Argument {
        name,
        kind,
        required: true,
    }
}

const fn may(name: &'static str, kind: Kind) -> Argument {
    Argument {
        name,
        kind,
        required: false,
    }
}

const fn command(
    name: &'static str,
    verb: Verb,
    arguments: &'static [Argument],
    short: &'static str,
    long: &'static [&'static str],
) -> Command {
    Command {
        name,
        verb,
        arguments,
        short,
        long,
    }
}

const GUEST: &[Argument] = &[must("GUEST", Kind::Guest)];
const REGION: &[Argument] = &[must("REGION", Kind::Region)];

/// All commands, as `help` lists them.
pub(super) static COMMANDS: &[Command] = &[
    command(
        "help",
        Verb::Help,
        &[may("COMMAND", Kind::Command)],
        "this list, or all about one command",
        &[
            "Keys: Tab completes, Up and Down recall lines, Ctrl-C gives up,",
            "Ctrl-A Ctrl-E Ctrl-K Ctrl-U Ctrl-W edit as in other shells.",
        ],
    ),
    command(
        "list",
        Verb::List,
        &[],
        "guests: state, vCPUs, memory, use of the processor",
        &[
            "CPU is an upper bound, as `up to` says: the time from resuming a vCPU to its",
            "next exit or to now, since the system started. VMM is the state of its VMM.",
        ],
    ),
    command(
        "info",
        Verb::Info,
        GUEST,
        "all about one guest",
        &["Its vCPUs, exits by kind, signals, restarts, how long it has been silent."],
    ),
    command(
        "top",
        Verb::Top,
        &[],
        "use of the processor, every second; any key ends it",
        &["What guests say meanwhile is not shown; `log` recalls it."],
    ),
    command(
        "console",
        Verb::Console,
        &[
            must("GUEST", Kind::Console),
            may("alone", Kind::Word(&["alone"])),
        ],
        "type to a guest; `Ctrl-] s` comes back",
        &[
            "`alone` shows this guest only, until `Ctrl-] a`;",
            "what the others say meanwhile is kept for `log`.",
        ],
    ),
    command(
        "pause",
        Verb::Order(Order::Pause),
        GUEST,
        "suspend a guest's vCPUs; its connections stay",
        &["Its clock runs on: timers that have passed fire when it is resumed."],
    ),
    command(
        "resume",
        Verb::Order(Order::Resume),
        GUEST,
        "let a paused guest go on",
        &[],
    ),
    command(
        "reset",
        Verb::Order(Order::Reset),
        GUEST,
        "reset a guest, as its reset button would",
        &["Its connections end and it boots anew."],
    ),
    command(
        "stop",
        Verb::Order(Order::Stop),
        GUEST,
        "turn a guest off; what is in its memory is lost",
        &["Its connections end. It is not asked: to be asked, it has `poweroff`."],
    ),
    command(
        "start",
        Verb::Order(Order::Start),
        GUEST,
        "start a guest that is held, off or failed",
        &[],
    ),
    command(
        "restart",
        Verb::Order(Order::Restart),
        GUEST,
        "restart a guest's VMM, and the guest with it",
        &["As the manager does by itself after the VMM faulted."],
    ),
    command(
        "hosts",
        Verb::Hosts,
        &[],
        "hosts: state, connections, signals",
        &["One that faulted is stopped and attached to nothing; `log manager` says why."],
    ),
    command(
        "regions",
        Verb::Regions,
        &[],
        "regions of shared memory, what slots are in use for",
        &[
            "PENDING counts the clients that have a signal to read. A slot is quarantined",
            "for good when a VMM was lost whose guest may still write to it.",
        ],
    ),
    command(
        "region",
        Verb::Region,
        REGION,
        "all about one region: who is attached, unread signals",
        &[],
    ),
    command(
        "detach",
        Verb::Detach,
        &[must("REGION", Kind::Region), must("CLIENT", Kind::Client)],
        "end a client's connection to a region",
        &[
            "The client is interrupted and reads a status without itself. Its mapping",
            "stays: a slot is memory of all members of its pool.",
        ],
    ),
    command(
        "revoke",
        Verb::Revoke,
        REGION,
        "end all connections of a region, quarantine its slot",
        &[
            "The slot is free again when every guest that could write to it was stopped,",
            "and every host that could has faulted.",
        ],
    ),
    command(
        "log",
        Verb::Log,
        &[may("NAME", Kind::Speaker), may("LINES", Kind::Number)],
        "what was said last: by everybody, or by one",
        &[
            "5 lines of each speaker, 20 of one, or as many as wanted. 32 KiB of each are",
            "kept. They lie in the speaker's ring, and the speaker can write there.",
        ],
    ),
    command(
        "trace",
        Verb::Trace,
        &[may("WHO|dump", Kind::Trace), may("COUNT", Kind::Number)],
        "what the server, the manager and the VMMs did last",
        &[
            "5 records of each, 20 of one, or as many as wanted; milliseconds since the",
            "counter started. `dump` is everything, or COUNT records of each, as",
            "`./build.sh trace` takes it to draw it.",
        ],
    ),
    command(
        "colour",
        Verb::Colour,
        &[must("on|off", Kind::Word(&["on", "off"]))],
        "coloured names, or plain text",
        &[],
    ),
    command(
        "version",
        Verb::Version,
        &[],
        "versions of the console and of the manager's interface",
        &[],
    ),
    command(
        "exit",
        Verb::Exit,
        &[],
        "back to the guest that had the keys (also Ctrl-D)",
        &[],
    ),
];

/// The command called so.
pub(super) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// A command and its arguments.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    pub(super) command: &'static Command,
    /// As many as the command takes at the most.
    pub(super) arguments: [Option<&'a str>; 2],
}

/// Why a line is no command. Each says what to do.
#[derive(Debug)]
pub(super) enum ParseError<'a> {
    Unknown(&'a str),
    Missing(&'static Command, &'static Argument),
    TooMany(&'static Command, &'a str),
    Wrong(&'static Command, &'static Argument, &'a str),
}

/// Reads a line; `None`: there is nothing on it.
pub(super) fn parse(line: &str) -> Option<Result<Parsed<'_>, ParseError<'_>>> {
    let mut words = line.split_ascii_whitespace();
    let name = words.next()?;
    let Some(command) = find(name) else {
        return Some(Err(ParseError::Unknown(name)));
    };
    Some(arguments(command, words))
}

fn arguments<'a>(
    command: &'static Command,
    mut words: impl Iterator<Item = &'a str>,
) -> Result<Parsed<'a>, ParseError<'a>> {
    let mut arguments = [None; 2];
    for (argument, place) in command.arguments.iter().zip(&mut arguments) {
        *place = words.next();
        match *place {
            None if argument.required => return Err(ParseError::Missing(command, argument)),
            Some(word) if !fits(argument.kind, word) => {
                return Err(ParseError::Wrong(command, argument, word));
            }
            _ => {}
        }
    }
    match words.next() {
        Some(word) => Err(ParseError::TooMany(command, word)),
        None => Ok(Parsed { command, arguments }),
    }
}

/// Whether a word can be such an argument at all.
fn fits(kind: Kind, word: &str) -> bool {
    match kind {
        Kind::Word(words) => words.contains(&word),
        Kind::Number => word.parse::<u16>().is_ok(),
        _ => true,
    }
}

/// A command's usage line.
pub(super) struct Usage(pub(super) &'static Command);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)?;
        for argument in self.0.arguments {
            if argument.required {
                write!(f, " {}", argument.name)?;
            } else {
                write!(f, " [{}]", argument.name)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ParseError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => {
                write!(f, "there is no command `{name}`: ")?;
                match nearest(name, COMMANDS.iter().map(|command| command.name)) {
                    Some(near) => write!(f, "did you mean `{near}`?"),
                    None => f.write_str("`help` lists all"),
                }
            }
            Self::Missing(command, argument) => write!(
                f,
                "`{}` wants {}: {}",
                command.name,
                argument.name,
                Usage(command)
            ),
            Self::TooMany(command, word) => {
                write!(f, "`{word}` is one word too many: {}", Usage(command))
            }
            Self::Wrong(command, argument, word) => write!(
                f,
                "`{word}` cannot be {}: {}",
                argument.name,
                Usage(command)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, Verb, parse};
    use proptest::prelude::proptest;

    fn error(line: &str) -> String {
        parse(line).unwrap().unwrap_err().to_string()
    }

    #[test]
    fn a_line_is_a_command_and_its_arguments() {
        assert!(parse("   ").is_none());
        let parsed = parse("  detach moo  guest1 ").unwrap().unwrap();
        assert_eq!(parsed.command.verb, Verb::Detach);
        assert_eq!(parsed.arguments, [Some("moo"), Some("guest1")]);
        assert_eq!(parse("log").unwrap().unwrap().arguments, [None, None]);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_remedy() {
        assert_eq!(
            error("puase guest0"),
            "there is no command `puase`: did you mean `pause`?"
        );
        assert_eq!(
            error("reboot x"),
            "there is no command `reboot`: `help` lists all"
        );
        assert_eq!(error("info"), "`info` wants GUEST: info GUEST");
        assert_eq!(error("list all"), "`all` is one word too many: list");
        assert_eq!(
            error("log guest0 many"),
            "`many` cannot be LINES: log [NAME] [LINES]"
        );
        assert_eq!(error("colour red"), "`red` cannot be on|off: colour on|off");
    }

    #[test]
    fn every_command_is_found_fits_a_row_and_takes_two_arguments_at_most() {
        for command in COMMANDS {
            assert_eq!(super::find(command.name).unwrap().verb, command.verb);
            assert!(command.arguments.len() <= 2, "{}", command.name);
            let usage = super::Usage(command).to_string();
            assert!(usage.len() <= 24, "{usage}");
            assert!(command.short.len() <= 54, "{}", command.short);
            assert!(command.long.iter().all(|line| line.len() <= 78));
        }
    }

    proptest! {
        #[test]
        fn any_line_is_a_command_or_an_error(line in ".{0,120}") {
            if let Some(Err(error)) = parse(&line) {
                assert!(error.to_string().contains('`'));
            }
        }
    }
}
