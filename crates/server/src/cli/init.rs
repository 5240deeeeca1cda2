//! `journeyman init`: a commented configuration and the first administrator.

use super::{CliResult, ask};
use crate::{
    app::{load_model, open_store},
    clock,
    config::{Answers, Config, DirectoryKind, PsaKind, render},
    web::password,
};
use domain::PersonId;
use secrecy::ExposeSecret as _;
use std::{error::Error, io::Write as _, path::PathBuf, process::ExitCode};
use store::{Person, Role};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to write the configuration.
    #[arg(long, value_name = "FILE", default_value = "journeyman.toml")]
    config: PathBuf,
    /// Ask nothing: take defaults for what is not given here. The administrator's password is made
    /// up and printed once.
    #[arg(long)]
    defaults: bool,
    /// Name that answers to users are signed with.
    #[arg(long)]
    msp_name: Option<String>,
    /// How users reach the console.
    #[arg(long)]
    public_url: Option<String>,
    /// Id of the first client: a-z, 0-9 and dashes.
    #[arg(long)]
    client_id: Option<String>,
    /// Name of the first client.
    #[arg(long)]
    client_name: Option<String>,
    /// Help desk.
    #[arg(long, value_enum)]
    psa: Option<PsaKind>,
    /// Directory of the first client.
    #[arg(long, value_enum)]
    directory: Option<DirectoryKind>,
    /// Sign-in name of the administrator.
    #[arg(long)]
    admin: Option<String>,
    /// Mail address of the administrator.
    #[arg(long)]
    admin_email: Option<String>,
}

type Fault = Box<dyn Error + Send + Sync>;

pub(crate) async fn run(args: Args) -> CliResult {
    let ask = !args.defaults && ask::at_terminal();
    if args.config.exists() {
        return Err(format!(
            "{} exists; nothing was changed. Name another file with --config, or move that one away",
            args.config.display()
        )
        .into());
    }
    let q =
        |given: &Option<String>, label: &str, default: &str| question(ask, given, label, default);
    let answers = Answers {
        msp_name: q(&args.msp_name, "Name of your company, as users should read it", "Your MSP")?,
        public_url: q(&args.public_url, "Address of the console", "http://127.0.0.1:7300")?,
        client_id: q(&args.client_id, "Id of your first client (a-z, 0-9, -)", "acme")?,
        client_name: q(&args.client_name, "Its name", "Acme")?,
        psa: choice(ask, args.psa, "Help desk", PsaKind::RequestTracker)?,
        directory: choice(ask, args.directory, "Its directory", DirectoryKind::ActiveDirectory)?,
    };
    let admin = PersonId::new(q(&args.admin, "Sign-in name of the administrator", "admin")?)?;
    let email = q(&args.admin_email, "The administrator's mail address", "admin@example.net")?;
    let text = render(&answers);
    // Checked before anything is written: nothing half done.
    let checked: Config =
        toml::from_str(&text).map_err(|e| format!("these answers do not fit: {}", e.message()))?;
    checked.check().map_err(|e| format!("these answers do not fit: {e}"))?;
    let (secret, shown) = admin_password(ask)?;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.config)
        .and_then(|mut f| f.write_all(text.as_bytes()))
        .map_err(|e| format!("cannot write {}: {e}", args.config.display()))?;
    let config = Config::load(&args.config)?;
    let store = open_store(&config).await?;
    let person = Person {
        id: admin.clone(),
        name: admin.to_string(),
        email,
        role: Role::Admin,
        password_hash: password::hash(&secret)?,
        away: None,
        deputy: None,
    };
    store.put_person(person, clock::now()).await?;
    store.close().await;
    // Trained once, so that every start is quick.
    load_model(&config.data_dir.join("model.bin"))?;
    println!("wrote {}", args.config.display());
    println!("administrator {admin} is in {}", config.data_dir.display());
    if shown {
        println!("password, shown once: {secret}");
    }
    println!("next: fill in the marked values, then");
    println!("  journeyman doctor --config {}", args.config.display());
    println!("  journeyman serve --config {}", args.config.display());
    println!("who else signs in:");
    println!(
        "  journeyman people add NAME --role technician|auditor|admin --email ADDRESS --config {}",
        args.config.display()
    );
    Ok(ExitCode::SUCCESS)
}

fn question(
    ask: bool,
    given: &Option<String>,
    label: &str,
    default: &str,
) -> Result<String, Fault> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    if !ask {
        return Ok(default.to_owned());
    }
    let line = ask::line(&format!("{label} [{default}]: "))?;
    Ok(if line.is_empty() { default.to_owned() } else { line })
}

fn choice<T: clap::ValueEnum>(
    ask: bool,
    given: Option<T>,
    label: &str,
    default: T,
) -> Result<T, Fault> {
    if let Some(given) = given {
        return Ok(given);
    }
    let name = |v: &T| v.to_possible_value().map(|p| p.get_name().to_owned()).unwrap_or_default();
    let names: Vec<String> = T::value_variants().iter().map(name).collect();
    let label = format!("{label} ({})", names.join(" or "));
    let text = question(ask, &None, &label, &name(&default))?;
    T::from_str(&text, true).map_err(|_| format!("{text:?} is none of {}", names.join(", ")).into())
}

/// The administrator's password, and whether it was made up and has to be shown.
fn admin_password(ask: bool) -> Result<(String, bool), Fault> {
    if ask {
        let typed = ask::new_password("the administrator")?;
        return Ok((typed.expose_secret().to_owned(), false));
    }
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| format!("the system gives no randomness: {e}"))?;
    Ok((hex::encode(bytes), true))
}
