//! A folder of letters, one file each: what a new installation sends its mails to.

use std::{
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use mail_parser::MessageParser;

use crate::{Letter, Mailer, Refusal};

/// A folder with one `.eml` file per letter. The file's name follows from the letter's id, so that
/// a letter sent twice lies there once.
#[derive(Clone, Debug)]
pub struct Mailbox(PathBuf);

/// A letter read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMail {
    /// Name of the file without its ending.
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Mailbox {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// Every letter, the oldest first.
    pub fn list(&self) -> io::Result<Vec<StoredMail>> {
        if !self.0.exists() {
            return Ok(Vec::new());
        }
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(&self.0)? {
            let path = entry?.path();
            if path.extension().is_some_and(|it| it == "eml") {
                paths.push(path);
            }
        }
        // Ids are of their moment and count up.
        paths.sort();
        paths.iter().map(|it| read(it)).collect()
    }

    /// The newest letter to an address.
    pub fn newest_to(&self, address: &str) -> io::Result<Option<StoredMail>> {
        let mut mails = self.list()?;
        mails.retain(|it| it.to.eq_ignore_ascii_case(address));
        Ok(mails.pop())
    }
}

impl StoredMail {
    /// A letter read out of its bytes, as a mail reader would.
    pub fn parse(id: &str, bytes: &[u8]) -> Option<Self> {
        let message = MessageParser::default().parse(bytes)?;
        let to = message.to().and_then(|it| it.first()).and_then(|it| it.address());
        Some(Self {
            id: id.to_owned(),
            to: to.unwrap_or_default().to_owned(),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).unwrap_or_default().into_owned(),
            html: message.body_html(0).unwrap_or_default().into_owned(),
        })
    }

    /// The secret of the letter's link, if it carries one.
    pub fn secret(&self) -> Option<&str> {
        let rest = self.text.split_once('#')?.1;
        rest.split_whitespace().next()
    }
}

fn read(path: &Path) -> io::Result<StoredMail> {
    let bytes = std::fs::read(path)?;
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    let unreadable = || io::Error::new(io::ErrorKind::InvalidData, path.display().to_string());
    StoredMail::parse(&id, &bytes).ok_or_else(unreadable)
}

#[async_trait::async_trait]
impl Mailer for Mailbox {
    async fn send(&self, letter: &Letter) -> Result<(), Refusal> {
        let (folder, id, bytes) = (self.0.clone(), letter.id.to_string(), letter.bytes.clone());
        let written = tokio::task::spawn_blocking(move || write(&folder, &id, &bytes)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(err)) => Err(Refusal::Later(err.kind().to_string())),
            Err(_) => Err(Refusal::Later("the writer stopped".to_owned())),
        }
    }
}

/// Whole or not at all: the letter gets its name once it is on the disk.
fn write(folder: &Path, id: &str, bytes: &[u8]) -> io::Result<()> {
    // Letters carry secrets: they are for the server's own user.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unnamed = folder.join(format!("{id}.part"));
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unnamed)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unnamed, folder.join(format!("{id}.eml")))?;
    // The name is on the disk too, before anybody says that the mail was sent.
    std::fs::File::open(folder)?.sync_all()
}
