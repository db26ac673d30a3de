//! Files that are replaced only when their successor is complete.
//!
//! A file is written under a temporary name in the folder of its target, synced to the disk and
//! renamed over the target; then the folder is synced, so that the new name survives a power cut.
//! Whoever reads the target sees the old file or the new one, never a mixture, and a failure leaves
//! nothing behind but the old file. This module holds all code that differs between operating systems.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;
use thiserror::Error;

/// Why a file could not be written or read. Every variant names the path as the user gave it.
#[derive(Debug, Error)]
pub enum FileError {
    /// The folder that should hold the file does not exist.
    #[error("cannot write `{}`: the folder `{}` does not exist", path.display(), folder.display())]
    NoFolder {
        /// The file that was to be written.
        path: PathBuf,
        /// The folder that is missing.
        folder: PathBuf,
    },
    /// The path names a folder.
    #[error("cannot write `{}`: it is a folder, not a file", path.display())]
    IsFolder {
        /// The path that was to be written.
        path: PathBuf,
    },
    /// The path names a device, a pipe or the like, which must not be replaced by a file.
    #[error("cannot write `{}`: it is not a file", path.display())]
    NotAFile {
        /// The path that was to be written.
        path: PathBuf,
    },
    /// The folder or the file may not be written, or the file may not be read.
    #[error("cannot {action} `{}`: permission denied", path.display())]
    Denied {
        /// `write` or `read`.
        action: &'static str,
        /// The file concerned.
        path: PathBuf,
    },
    /// What is there is not the writer's to replace.
    #[error("`{}` exists and was not written by `lixivia {command}`; give another name, or --overwrite", path.display())]
    NotOwn {
        /// The file that is there.
        path: PathBuf,
        /// The command whose files may be replaced.
        command: String,
    },
    /// The disk holds no more.
    #[error("cannot write `{}`: the disk is full; the file was left as it was", path.display())]
    DiskFull {
        /// The file that was to be written.
        path: PathBuf,
    },
    /// The file to be read does not exist.
    #[error("cannot read `{}`: no such file", path.display())]
    NotFound {
        /// The file that was to be read.
        path: PathBuf,
    },
    /// The file is not of the expected format, or is damaged.
    #[error("cannot read `{}`: {reason}", path.display())]
    Malformed {
        /// The file that was to be read.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Any other failure of the operating system or of a library that writes the file.
    #[error("cannot {action} `{}`: {reason}", path.display())]
    Other {
        /// `write` or `read`.
        action: &'static str,
        /// The file concerned.
        path: PathBuf,
        /// The system's or the library's own words.
        reason: String,
    },
}

impl FileError {
    /// The failure `error` met while writing `path`.
    pub fn writing(path: &Path, error: &io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FileError::DiskFull { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                FileError::Denied { action: "write", path }
            }
            io::ErrorKind::IsADirectory => FileError::IsFolder { path },
            _ => FileError::Other { action: "write", path, reason: error.to_string() },
        }
    }

    /// The failure `error` met while reading `path`.
    pub fn reading(path: &Path, error: &io::Error) -> Self {
        let path = path.to_path_buf();
        match error.kind() {
            io::ErrorKind::NotFound => FileError::NotFound { path },
            io::ErrorKind::PermissionDenied => FileError::Denied { action: "read", path },
            _ => FileError::Other { action: "read", path, reason: error.to_string() },
        }
    }
}

/// A file being written beside its target; [`Pending::commit`] puts it in the target's place, dropping
/// it removes it.
#[derive(Debug)]
pub struct Pending {
    temporary: TempPath,
    target: PathBuf,
}

impl Pending {
    /// An empty temporary file in the folder of `target`.
    ///
    /// # Errors
    /// [`FileError`] if the folder is missing or may not be written, or if `target` is a folder.
    pub fn beside(target: &Path) -> Result<Self, FileError> {
        // What a link points to is replaced, not the link.
        let resolved = fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
        let target = resolved.as_path();
        match fs::metadata(target) {
            Ok(there) if there.is_dir() => return Err(FileError::IsFolder { path: target.to_path_buf() }),
            Ok(there) if !there.is_file() => return Err(FileError::NotAFile { path: target.to_path_buf() }),
            _ => {}
        }
        let folder = folder_of(target);
        if !folder.is_dir() {
            return Err(FileError::NoFolder { path: target.to_path_buf(), folder: folder.to_path_buf() });
        }
        let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut builder = tempfile::Builder::new();
        let prefix = format!(".{name}.");
        builder.prefix(&prefix).suffix(".part");
        ordinary_permissions(&mut builder);
        let file = builder.tempfile_in(folder).map_err(|error| FileError::writing(target, &error))?;
        Ok(Pending { temporary: file.into_temp_path(), target: target.to_path_buf() })
    }

    /// Where to write until the file is complete.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// The file that [`Pending::commit`] will replace.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Syncs the file, renames it over its target and syncs the folder.
    ///
    /// # Errors
    /// [`FileError`] if the disk is full or the system refuses; the target is then as it was.
    pub fn commit(self) -> Result<(), FileError> {
        let failed = |error: &io::Error| FileError::writing(&self.target, error);
        // Windows syncs only through a handle that may write.
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(&self.temporary)
            .and_then(|file| file.sync_all())
            .map_err(|error| failed(&error))?;
        let target = self.target.clone();
        self.temporary.persist(&target).map_err(|refused| FileError::writing(&target, &refused.error))?;
        sync_folder(folder_of(&target)).map_err(|error| FileError::writing(&target, &error))
    }
}

/// Whether `target` can be written, before the work is done that it is to hold.
///
/// # Errors
/// [`FileError`] if the folder is missing or read-only; the target is left as it is.
pub fn check(target: &Path) -> Result<(), FileError> {
    Pending::beside(target).map(drop)
}

/// Writes `bytes` to `target`, which is replaced only when complete.
///
/// # Errors
/// [`FileError`] if the folder is missing or read-only or the disk is full; the target is then as it was.
pub fn replace(target: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let pending = Pending::beside(target)?;
    OpenOptions::new()
        .write(true)
        .open(pending.path())
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| FileError::writing(target, &error))?;
    pending.commit()
}

/// Whether `error` is the operating system's number for a full disk or an exhausted quota.
pub(crate) fn is_disk_full(error: i32) -> bool {
    let kind = io::Error::from_raw_os_error(error).kind();
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Makes the names in `folder` durable. Only Unix lets a folder be synced; elsewhere the rename suffices.
///
/// # Errors
/// The system's error.
#[cfg(unix)]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some network file systems cannot sync a folder and say so; the file itself is safe.
        Err(error) if matches!(error.raw_os_error(), Some(22 | 95)) => Ok(()),
        result => result,
    }
}

/// Makes the names in `folder` durable. Only Unix lets a folder be synced; elsewhere the rename suffices.
///
/// # Errors
/// None outside Unix.
#[cfg(not(unix))]
pub fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Temporary files are private by default; ours become results, so they take the user's usual mode.
#[cfg(unix)]
fn ordinary_permissions(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666)); // the system takes the umask off
}

#[cfg(not(unix))]
fn ordinary_permissions(_builder: &mut tempfile::Builder<'_, '_>) {}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn replaces_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.csv");
        fs::write(&target, "old").unwrap();
        replace(&target, b"new").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(names(folder.path()), ["a.csv"]);
    }

    #[test]
    fn an_abandoned_file_vanishes() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.h5");
        fs::write(&target, "old").unwrap();
        drop(Pending::beside(&target).unwrap());
        assert_eq!(names(folder.path()), ["a.h5"]);
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
    }

    #[test]
    fn says_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let missing = replace(&folder.path().join("no/a.csv"), b"").unwrap_err();
        assert!(missing.to_string().contains("does not exist"), "{missing}");
        let is_folder = replace(folder.path(), b"").unwrap_err();
        assert!(matches!(is_folder, FileError::IsFolder { .. }), "{is_folder}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_devices_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("a.h5"), folder.path().join("link.h5"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let device = replace(Path::new("/dev/null"), b"x").unwrap_err();
        assert!(matches!(device, FileError::NotAFile { .. }), "{device}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_named() {
        let error = fs::File::options().write(true).open("/dev/full").unwrap().write_all(b"x").unwrap_err();
        assert!(is_disk_full(error.raw_os_error().unwrap()));
        assert!(matches!(FileError::writing(Path::new("a"), &error), FileError::DiskFull { .. }));
    }
}
