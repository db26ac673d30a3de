//! The folder of finished chunks beside a result file.

use super::chunk::{Chunk, ChunkError};
use super::manifest::Manifest;
use crate::report::durable::{self, FileError};
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// Folder `<result>.parts` with the description of a sweep and its finished chunks.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    manifest: Manifest,
    identity: [u8; 32],
}

/// Why pieces of a sweep cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// Pieces of another sweep.
    #[error("`{}` holds pieces of another sweep: {difference}. Give another output file, or delete that folder.", folder.display())]
    Foreign {
        /// Folder of the pieces.
        folder: PathBuf,
        /// First difference, ours against theirs.
        difference: String,
    },
    /// Unreadable description.
    #[error("`{}` is no description of a sweep: {reason}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Damaged chunk.
    #[error("chunk {number} in `{}` is unusable: {reason}. Run the sweep again: it recomputes that chunk only.", path.display())]
    Damaged {
        /// Number of the chunk.
        number: u64,
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        reason: ChunkError,
    },
    /// Chunks not there.
    #[error("{count} of {chunks} chunks are missing (first: {first}), in shard(s) still to be run: {shards}")]
    Missing {
        /// Number of missing chunks.
        count: u64,
        /// Number of all chunks.
        chunks: u64,
        /// The first missing one.
        first: u64,
        /// How to get them.
        shards: String,
    },
    /// Another process runs the same piece.
    #[error("another process is running {what} of `{}`", folder.display())]
    Busy {
        /// Shard or sweep.
        what: String,
        /// Folder of the pieces.
        folder: PathBuf,
    },
}

impl Store {
    /// Folder for the pieces of the result file `output`.
    pub fn folder_of(output: &Path) -> PathBuf {
        let mut name = output.as_os_str().to_owned();
        name.push(".parts");
        PathBuf::from(name)
    }

    /// Opens or makes the folder for `manifest`.
    ///
    /// # Errors
    /// [`StoreError`] if the folder cannot be made, or holds pieces of another sweep.
    pub fn open(folder: &Path, manifest: Manifest) -> Result<Store, StoreError> {
        let path = folder.join("manifest.json");
        if path.exists() {
            let found = read_manifest(&path)?;
            if let Some(difference) = manifest.difference(&found) {
                return Err(StoreError::Foreign { folder: folder.to_path_buf(), difference });
            }
        } else {
            match fs::create_dir(folder) {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                    return Err(unwritable(folder, &error).into());
                }
                _ => {}
            }
            durable::replace(&path, manifest.to_json().as_bytes())?;
        }
        Ok(Store::with(folder, manifest))
    }

    /// The folder as it stands, whatever sweep it belongs to.
    ///
    /// # Errors
    /// [`StoreError`] if it holds no description.
    pub fn existing(folder: &Path) -> Result<Store, StoreError> {
        Ok(Store::with(folder, read_manifest(&folder.join("manifest.json"))?))
    }

    fn with(folder: &Path, manifest: Manifest) -> Store {
        let identity = manifest.identity();
        Store { folder: folder.to_path_buf(), manifest, identity }
    }

    /// Description of the sweep.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// File of the chunk `number`.
    pub fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("chunk-{number:07}.bin"))
    }

    /// Numbers of the chunks whose files are there, whole or damaged.
    ///
    /// # Errors
    /// [`FileError`] if the folder cannot be listed.
    pub fn present(&self) -> Result<BTreeSet<u64>, FileError> {
        let unread = |error: std::io::Error| FileError::reading(&self.folder, &error);
        let mut present = BTreeSet::new();
        for entry in fs::read_dir(&self.folder).map_err(unread)? {
            let name = entry.map_err(unread)?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix("chunk-")?.strip_suffix(".bin"));
            if let Some(number) = number.and_then(|digits| digits.parse().ok())
                && number < self.manifest.chunks()
                && self.path(number).file_name() == Some(&name)
            {
                present.insert(number);
            }
        }
        Ok(present)
    }

    /// Takes the right to run `what` until the file is dropped; it falls with the process, however that ends.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if another process holds it. File systems that know no locks give it to everyone.
    pub fn lock(&self, what: &str) -> Result<Option<File>, StoreError> {
        let path = self.folder.join(format!("{}.lock", what.replace([' ', '/'], "-")));
        let file = File::create(&path).map_err(|error| FileError::writing(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => {
                Err(StoreError::Busy { what: what.to_owned(), folder: self.folder.clone() })
            }
            Err(TryLockError::Error(_)) => Ok(None),
        }
    }

    /// Makes a finished chunk durable.
    ///
    /// # Errors
    /// [`FileError`] if the disk is full or the folder may not be written.
    pub fn keep(&self, chunk: &Chunk) -> Result<(), FileError> {
        durable::replace(&self.path(chunk.number), &chunk.to_bytes(&self.identity))
    }

    /// Reads a chunk; `None` if it is not there.
    ///
    /// # Errors
    /// [`StoreError`] if it is damaged or unreadable.
    pub fn read(&self, number: u64) -> Result<Option<Chunk>, StoreError> {
        let path = self.path(number);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::reading(&path, &error).into()),
        };
        let damaged = |reason| StoreError::Damaged { number, path: path.clone(), reason };
        let chunk = Chunk::from_bytes(&bytes, &self.identity).map_err(damaged)?;
        let fits = chunk.number == number && (chunk.first, chunk.cases()) == self.manifest.extent(number);
        if !fits || chunk.width != self.manifest.width() || chunk.factors != self.manifest.factors.len() {
            return Err(damaged(ChunkError::Foreign));
        }
        Ok(Some(chunk))
    }

    /// Removes the folder and all its pieces.
    ///
    /// # Errors
    /// [`FileError`] if the system refuses.
    pub fn remove(self) -> Result<(), FileError> {
        fs::remove_dir_all(&self.folder).map_err(|error| FileError::writing(&self.folder, &error))
    }
}

fn unwritable(folder: &Path, error: &std::io::Error) -> FileError {
    match (error.kind(), folder.parent()) {
        (std::io::ErrorKind::NotFound, Some(parent)) => {
            FileError::NoFolder { path: folder.to_path_buf(), folder: parent.to_path_buf() }
        }
        _ => FileError::writing(folder, error),
    }
}

fn read_manifest(path: &Path) -> Result<Manifest, StoreError> {
    let bytes = fs::read(path).map_err(|error| FileError::reading(path, &error))?;
    Manifest::read(&bytes).map_err(|reason| StoreError::Manifest { path: path.to_path_buf(), reason })
}
