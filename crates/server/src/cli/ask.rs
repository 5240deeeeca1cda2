//! Questions at the terminal, and their answers from standard input where there is none.

use secrecy::{ExposeSecret as _, SecretString};
use std::{
    error::Error,
    io::{BufRead as _, IsTerminal as _, Write as _},
};

type Fault = Box<dyn Error + Send + Sync>;

/// Shortest password that is taken, in characters.
const MIN_PASSWORD_CHARS: usize = 12;

/// Whether somebody can be asked.
pub(super) fn at_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// A password: typed unseen, or the first line of standard input.
pub(super) fn password(prompt: &str) -> Result<SecretString, Fault> {
    if at_terminal() {
        return Ok(rpassword::prompt_password(prompt)?.into());
    }
    let mut text = String::new();
    std::io::stdin().read_line(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned().into())
}

/// A new password: long enough, and at a terminal typed twice.
pub(super) fn new_password(whose: &str) -> Result<SecretString, Fault> {
    let prompt = format!("Password for {whose} ({MIN_PASSWORD_CHARS} or more characters): ");
    let given = password(&prompt)?;
    if given.expose_secret().chars().count() < MIN_PASSWORD_CHARS {
        return Err(format!(
            "a password needs {MIN_PASSWORD_CHARS} characters or more; nothing was written"
        )
        .into());
    }
    if at_terminal() && password("Once more: ")?.expose_secret() != given.expose_secret() {
        return Err("the two passwords differ; nothing was written".into());
    }
    Ok(given)
}

/// Asks for a yes; anything else is a no.
pub(super) fn yes(question: &str) -> Result<bool, Fault> {
    let answer = line(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// One typed line without the blanks around it.
pub(super) fn line(prompt: &str) -> Result<String, Fault> {
    print!("{prompt}");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}
