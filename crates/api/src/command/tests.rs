//! What a shell makes of what is printed for it.

use std::process;

use proptest::prelude::*;
use serde_json::json;

use super::*;

const NASTY: &str = "[ -~äß‘’€\u{7f}\n\t]{0,12}";

fn echoing(words: &[String]) -> Command {
    let run = ["printf", "%s\\0"].into_iter().map(Word::from).chain(words.iter().map(Word::from));
    Command::Run { run: run.collect() }
}

/// What a text becomes on its way into a command.
fn cleaned(text: &str) -> String {
    match Word::from(text) {
        Word::Text(text) => text,
        Word::Joined(_) => unreachable!("a text is a text"),
    }
}

/// What PowerShell reads: words in single marks or plain, and texts that are added.
fn read_powershell(line: &str) -> Vec<String> {
    let (mut words, mut word, mut characters) = (Vec::new(), None::<String>, line.chars().peekable());
    let is_mark = |c: char| matches!(c, '\'' | '\u{2018}'..='\u{201b}');
    while let Some(character) = characters.next() {
        if character == ' ' {
            words.extend(word.take());
        } else if is_mark(character) {
            let word = word.get_or_insert_default();
            while let Some(inner) = characters.next() {
                // A mark ends the word, two stand for one.
                if is_mark(inner) && characters.next_if(|next| is_mark(*next)).is_none() {
                    break;
                }
                word.push(inner);
            }
        } else {
            assert!(!"@$`{}()|;,&<>\"".contains(character), "{character} stands open in {line}");
            word.get_or_insert_default().push(character);
        }
    }
    words.extend(word);
    words
}

/// What the command prompt hands on: outside of marks a caret takes the meaning of the next character away.
fn read_prompt(line: &str) -> String {
    let (mut read, mut is_quoted, mut characters) = (String::new(), false, line.chars());
    while let Some(character) = characters.next() {
        match character {
            '^' if !is_quoted => read.extend(characters.next()),
            '"' => {
                is_quoted = !is_quoted;
                read.push('"');
            }
            '&' | '|' | '<' | '>' | '(' | ')' if !is_quoted => panic!("{character} stands open in {line}"),
            '%' => panic!("a % without a caret in {line}"),
            _ => read.push(character),
        }
    }
    read
}

/// What a program of Windows takes as its arguments (the rules of Microsoft's C runtime).
fn arguments(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted, mut backslashes) = (Vec::new(), None::<String>, false, 0);
    let flush = |word: &mut Option<String>, count: usize| {
        word.get_or_insert_default().push_str(&"\\".repeat(count));
    };
    for character in line.chars() {
        match character {
            '\\' => backslashes += 1,
            '"' => {
                flush(&mut word, backslashes / 2);
                if backslashes % 2 == 1 {
                    flush(&mut word, 0);
                    word.get_or_insert_default().push('"');
                } else {
                    is_quoted = !is_quoted;
                }
                backslashes = 0;
            }
            _ => {
                if backslashes > 0 {
                    flush(&mut word, backslashes);
                    backslashes = 0;
                }
                if character == ' ' && !is_quoted {
                    words.extend(word.take());
                } else {
                    word.get_or_insert_default().push(character);
                }
            }
        }
    }
    if backslashes > 0 {
        flush(&mut word, backslashes);
    }
    words.extend(word);
    words
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_posix_shell_reads_what_was_meant(words in proptest::collection::vec(NASTY, 1..5)) {
        let line = echoing(&words).text(Shell::Bash);
        let output = process::Command::new("sh").arg("-c").arg(&line).output().unwrap();
        let expected: String = words.iter().map(|word| cleaned(word) + "\0").collect();
        prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{}", line);
    }

    #[test]
    fn powershell_reads_what_was_meant(words in proptest::collection::vec(NASTY, 1..5)) {
        let command = words.iter().fold(Command::az("x"), Command::arg);
        let line = command.text(Shell::PowerShell);
        let expected: Vec<String> = words.iter().map(|word| cleaned(word)).collect();
        // What the batch file gets is read once more, as any program's line is.
        let read: Vec<String> = read_powershell(&line)[2..]
            .iter()
            .map(|word| word.strip_prefix('"').and_then(|w| w.strip_suffix('"')).unwrap_or(word).replace("\\\"", "\""))
            .collect();
        let is_doubtful = |word: &&String| word.contains(['"', '\\']);
        prop_assume!(!expected.iter().any(|word| is_doubtful(&word)));
        prop_assert_eq!(read, expected, "{}", line);
    }

    #[test]
    fn the_prompt_reads_what_was_meant(words in proptest::collection::vec(NASTY, 1..5)) {
        let command = words.iter().fold(Command::az("x"), Command::arg);
        let line = command.text(Shell::Cmd).replace("^%", "\u{1}");
        let expected: Vec<String> = words.iter().map(|word| cleaned(word)).collect();
        let read = arguments(&read_prompt(&line).replace('\u{1}', "%"));
        prop_assert_eq!(&read[2..], &expected[..], "{}", line);
    }

    #[test]
    fn json_in_a_file_means_the_same_and_has_nothing_for_a_shell(text in ".{0,20}") {
        let value = json!({ "name": text, "list": [text, 1, null] });
        let Command::File { content, .. } = Command::file("x.json", &value, &[]) else { unreachable!() };
        let [Piece::Text(content)] = &content.pieces()[..] else { unreachable!() };
        prop_assert!(content.is_ascii() && !content.contains(['\'', '&', '|', '<', '>', '^', '%', '!', '$', '`', '\n']));
        prop_assert_eq!(&serde_json::from_str::<Value>(content).unwrap(), &value);
        let printed = process::Command::new("sh").arg("-c").arg(format!("printf '%s' '{content}'")).output().unwrap();
        prop_assert_eq!(&serde_json::from_slice::<Value>(&printed.stdout).unwrap(), &value);
    }
}

#[test]
fn each_shell_has_its_own_form() {
    let role = Command::az("role definition create --role-definition @role.json");
    let named = Command::az("role assignment create --role").arg("Postern mail (o'brien, 50%)");
    let id = Command::az("ad sp show --query id --output tsv").into_variable("SP");
    let url = Word::Joined(vec![
        Piece::Text("https://graph/".into()),
        Piece::Variable("SP".into()),
        Piece::Text("/roles".into()),
    ]);
    let rest = Command::az("rest --url").arg_word(url);
    let file = Command::file("body.json", &json!({ "id": "@SP", "of": "a&b" }), &["SP"]);
    let all = [role, named, id, rest, file];
    let lines = |shell: Shell| all.each_ref().map(|command| command.text(shell));
    assert_eq!(
        lines(Shell::Bash),
        [
            "az role definition create --role-definition @role.json",
            "az role assignment create --role 'Postern mail (o'\\''brien, 50%)'",
            "SP=$(az ad sp show --query id --output tsv)",
            "az rest --url https://graph/\"$SP\"/roles",
            "printf '%s\\n' '{\"id\":\"'\"$SP\"'\",\"of\":\"a\\u0026b\"}' > body.json",
        ]
    );
    assert_eq!(
        lines(Shell::PowerShell),
        [
            "az role definition create --role-definition '@role.json'",
            "az role assignment create --role 'Postern mail (o''brien, 50%)'",
            "$SP = az ad sp show --query id --output tsv",
            "az rest --url ('https://graph/' + $SP + '/roles')",
            "Set-Content -Encoding ascii -Path 'body.json' -Value ('{\"id\":\"' + $SP + '\",\"of\":\"a\\u0026b\"}')",
        ]
    );
    assert_eq!(
        lines(Shell::Cmd),
        [
            "az role definition create --role-definition @role.json",
            "az role assignment create --role \"Postern mail (o'brien, 50\"^%\")\"",
            "for /f \"usebackq delims=\" %i in (`az ad sp show --query id --output tsv`) do set SP=%i",
            "az rest --url https://graph/\"%SP%\"/roles",
            ">body.json echo {\"id\":\"%SP%\",\"of\":\"a\\u0026b\"}",
        ]
    );
    let ours = Command::postern("account edit").arg("o'brien");
    assert_eq!(ours.text(Shell::Cmd), "postern account edit 'o'\\''brien'", "the server has a POSIX shell");
}

#[test]
fn json_has_arguments_one_by_one() {
    let command = Command::az("account set --subscription").arg("a b");
    let expected = json!({ "run": ["az", "account", "set", "--subscription", "a b"] });
    assert_eq!(serde_json::to_value(&command).unwrap(), expected);
    let variable = Command::az("x").into_variable("SP");
    for command in
        [command, variable, Command::server("a | b"), Command::file("f", &json!({ "x": "@SP" }), &["SP"])]
    {
        let text = serde_json::to_string(&command).unwrap();
        assert_eq!(serde_json::from_str::<Command>(&text).unwrap(), command, "{text}");
    }
}
