// SPDX-License-Identifier: BSD-2-Clause

//! Files that guests name: there, bootable, and not too large for their memory.

use crate::files::{find, image_header};
use crate::manifest::{Guest, Manifest};
use crate::plan::guest_layout;
use guest_vmm::loader::{ImageHeader, Layout, LayoutError};
use guest_vmm::virtio_blk::SECTOR;
use std::path::{Path, PathBuf};
use tombolo_image::diagnostic::{Diagnostic, nearest};
use toml::Spanned;

/// Checks the files of all guests.
pub fn check(manifest: &Manifest, search: &[PathBuf], found: &mut Vec<Diagnostic>) {
    for guest in &manifest.guests {
        let image = existing(&guest.image, search, found);
        let initramfs = match &guest.initramfs {
            Some(name) => existing(name, search, found).map(Some),
            None => Some(None),
        };
        if let Some(disk) = &guest.disk {
            sectors(&disk.file, search, found);
        }
        let Some(image) = image else { continue };
        let Some(header) = header(guest, &image, found) else {
            continue;
        };
        if let Some(initramfs) = initramfs {
            fits(guest, &image, header, initramfs.as_deref(), found);
        }
    }
}

fn existing(
    name: &Spanned<String>,
    search: &[PathBuf],
    found: &mut Vec<Diagnostic>,
) -> Option<PathBuf> {
    let path = find(name.get_ref(), search);
    if path.is_none() {
        let names: Vec<String> = search
            .iter()
            .filter_map(|directory| std::fs::read_dir(directory).ok())
            .flat_map(|entries| entries.filter_map(Result::ok))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        let similar = nearest(name.get_ref(), names.iter().map(String::as_str));
        let note = if search.is_empty() {
            "no directory was searched".to_owned()
        } else {
            let shown: Vec<_> = search
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            format!("searched in: {}", shown.join(", "))
        };
        found.push(
            Diagnostic::error(format!("there is no file `{}`", name.get_ref()))
                .at(&name.span(), "not found")
                .note(note)
                .help(match similar {
                    Some(file) => format!("there is `{file}`: is that it?"),
                    None => "build it first, or name its directory with --search-path".into(),
                }),
        );
    }
    path
}

/// A disk has whole sectors, and one at least.
fn sectors(file: &Spanned<String>, search: &[PathBuf], found: &mut Vec<Diagnostic>) {
    let Some(path) = existing(file, search, found) else {
        return;
    };
    let bytes = path.metadata().map_or(0, |data| data.len());
    if bytes == 0 || !bytes.is_multiple_of(SECTOR) {
        let better = bytes.max(1).next_multiple_of(SECTOR);
        found.push(
            Diagnostic::error(format!(
                "`{}` has {bytes} bytes, which are no whole sectors",
                file.get_ref()
            ))
            .at(&file.span(), "not a disk")
            .help(format!(
                "make it a multiple of {SECTOR}: truncate --size={better} {}",
                path.display()
            )),
        );
    }
}

fn header(guest: &Guest, image: &Path, found: &mut Vec<Diagnostic>) -> Option<ImageHeader> {
    match image_header(image) {
        Ok(header) => Some(header),
        Err(error) => {
            let title = format!("guest image `{}` {error}", guest.image.get_ref());
            found.push(
                Diagnostic::error(title)
                    .at(&guest.image.span(), "not bootable")
                    .help(
                        "name an uncompressed arm64 `Image`, as `make ARCH=arm64 Image` builds it",
                    ),
            );
            None
        }
    }
}

/// The VMM's own loader plans where all of it goes.
fn fits(
    guest: &Guest,
    image: &Path,
    header: ImageHeader,
    initramfs: Option<&Path>,
    found: &mut Vec<Diagnostic>,
) {
    let bytes = |path: &Path| path.metadata().map_or(0, |data| data.len());
    let memory = guest.memory.get_ref().0;
    let layout = Layout::plan(
        guest_layout::RAM,
        memory,
        &header,
        bytes(image),
        initramfs.map(bytes),
    );
    match layout {
        Err(LayoutError::TooSmall { needed, .. }) => found.push(
            Diagnostic::error(format!(
                "guest `{}` does not fit its memory",
                guest.name.get_ref()
            ))
            .at(
                &guest.memory.span(),
                format!("at least {}M are needed", needed.div_ceil(2 << 20) * 2),
            )
            .also(
                &guest.image.span(),
                "kernel, with what it needs beyond its file",
            )
            .note("kernel, initial RAM disk and 2M for the device tree must fit")
            .help("give the guest more `memory`, or smaller files"),
        ),
        Err(LayoutError::TextOffset(_)) => found.push(
            Diagnostic::error(format!(
                "guest image `{}`: {}",
                guest.image.get_ref(),
                layout.unwrap_err()
            ))
            .at(&guest.image.span(), "not bootable")
            .help("name an arm64 `Image` that can be loaded at any 2 MiB boundary"),
        ),
        // Memory that is no multiple of 2M has its own error.
        Err(LayoutError::Ram) | Ok(_) => {}
    }
}
