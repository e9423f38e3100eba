// SPDX-License-Identifier: BSD-2-Clause

//! `memory_region`.

use std::path::PathBuf;

use roxmltree::Node;

use super::element::Element;
use super::model::{MemoryRegion, PageSize, Prefill};
use super::parse::Parser;
use crate::board::{IPA_TOP, LARGE_PAGE, PAGE, round_up};
use crate::diagnostic::{Diagnostic, Located, Span};

const ATTRIBUTES: &[&str] = &[
    "name",
    "size",
    "page_size",
    "phys_addr",
    "prefill_path",
    "prefill_bootinfo",
];

/// Reads a `memory_region`. Without a name there is nothing to refer to.
pub fn memory_region(parser: &mut Parser<'_>, node: Node<'_, '_>) -> Option<MemoryRegion> {
    let mut diagnostics = Vec::new();
    let mut element = Element::leaf(node, parser.text, ATTRIBUTES, &mut diagnostics);
    let name = element.required_name("name");
    let (page_size, page_size_given) = page_size(&mut element);
    let prefill_path = element.get("prefill_path");
    refuse_bootinfo(&mut element, prefill_path.is_some());
    let prefill = prefill_path
        .as_ref()
        .and_then(|path| prefill(parser, &mut element, path));
    let filled = prefill_path.is_some() || element.get("prefill_bootinfo").is_some();
    let size = size(&mut element, page_size, filled, prefill.as_ref());
    let phys_addr = phys_addr(&mut element, page_size, size);
    let span = element.span();
    let broken = element.broken();
    parser.diagnostics.append(&mut diagnostics);
    Some(MemoryRegion {
        name: name?,
        size,
        page_size,
        page_size_given,
        phys_addr,
        prefill,
        span,
        broken,
    })
}

fn page_size(element: &mut Element<'_, '_>) -> (PageSize, bool) {
    let Some(given) = element.optional_number("page_size") else {
        return (PageSize::Small, false);
    };
    match given.value {
        PAGE => (PageSize::Small, true),
        LARGE_PAGE => (PageSize::Large, true),
        other => {
            let title = format!("there are no pages of {other:#x} bytes");
            element.report(
                Diagnostic::error(title).at(&given.span, "use 0x1000 or 0x200000, or leave it out"),
            );
            (PageSize::Small, true)
        }
    }
}

/// Boot information is what seL4 hands its initial task; the embedded kernel has
/// no initial task and passes none on.
fn refuse_bootinfo(element: &mut Element<'_, '_>, prefilled: bool) {
    let Some(kind) = element.get("prefill_bootinfo") else {
        return;
    };
    let mut diagnostic = Diagnostic::error(
        "`prefill_bootinfo` is not supported by the embedded kernel",
    )
    .at(&kind.span, "the kernel gets no boot information")
    .help(
        "put the device tree in a file and use `prefill_path`, or build for seL4 with MICROKIT_SDK",
    );
    if prefilled {
        diagnostic =
            diagnostic.note("`prefill_path` and `prefill_bootinfo` exclude each other anyway");
    }
    element.report(diagnostic);
}

fn prefill(
    parser: &Parser<'_>,
    element: &mut Element<'_, '_>,
    path: &Located<String>,
) -> Option<Prefill> {
    let Some(files) = parser.files else {
        return Some(Prefill {
            path: PathBuf::from(&path.value),
            bytes: Vec::new(),
        });
    };
    match files.read("prefill file", path) {
        Ok((_, bytes)) if bytes.is_empty() => {
            let title = format!("the prefill file `{}` is empty", path.value);
            element.report(
                Diagnostic::error(title)
                    .at(&path.span, "leave `prefill_path` out for a region of zeros"),
            );
            None
        }
        Ok((path, bytes)) => Some(Prefill { path, bytes }),
        Err(diagnostic) => {
            element.report(diagnostic);
            None
        }
    }
}

/// Bytes of the region: as given, or as the file needs.
fn size(
    element: &mut Element<'_, '_>,
    page_size: PageSize,
    prefilled: bool,
    prefill: Option<&Prefill>,
) -> u64 {
    let unit = page_size.bytes();
    let length = prefill.map_or(0, |prefill| prefill.bytes.len() as u64);
    let Some(text) = element.get("size") else {
        if !prefilled {
            let diagnostic = Diagnostic::error("a region without `prefill_path` needs a `size`")
                .at(&element.span(), "add size=\"0x...\"");
            element.report(diagnostic);
        }
        return round_up(length.max(1), unit);
    };
    let Some(size) = element.optional_number("size") else {
        return unit;
    };
    if let Some((title, label)) = size_mistake(size.value, unit, length) {
        let title = format!("{title}: `size` is \"{}\"", text.value);
        element.report(Diagnostic::error(title).at(&size.span, label));
        return unit;
    }
    size.value
}

fn size_mistake(size: u64, unit: u64, length: u64) -> Option<(&'static str, String)> {
    if size == 0 {
        Some((
            "a region cannot be empty",
            format!("use at least {unit:#x}"),
        ))
    } else if !size.is_multiple_of(unit) {
        let next = size.checked_next_multiple_of(unit).unwrap_or(unit);
        Some((
            "the size is no multiple of the page size",
            format!("the next multiple of {unit:#x} is {next:#x}"),
        ))
    } else if size > IPA_TOP {
        Some((
            "the region is larger than the address space",
            format!("use at most {IPA_TOP:#x}"),
        ))
    } else if length > size {
        Some((
            "the prefill file is larger than the region",
            format!("the file needs {:#x}", round_up(length, unit)),
        ))
    } else {
        None
    }
}

fn phys_addr(
    element: &mut Element<'_, '_>,
    page_size: PageSize,
    size: u64,
) -> Option<Located<u64>> {
    let address = element.optional_number("phys_addr")?;
    let unit = page_size.bytes();
    if !address.value.is_multiple_of(unit) {
        let down = address.value / unit * unit;
        report_address(
            element,
            &address.span,
            "`phys_addr` is not aligned to the page size",
            format!("{unit:#x}-aligned below it: {down:#x}"),
        );
        return None;
    }
    if address
        .value
        .checked_add(size)
        .is_none_or(|end| end > IPA_TOP)
    {
        report_address(
            element,
            &address.span,
            "the region ends beyond physical memory",
            format!("it must end by {IPA_TOP:#x}"),
        );
        return None;
    }
    Some(address)
}

fn report_address(element: &mut Element<'_, '_>, span: &Span, title: &str, label: String) {
    element.report(Diagnostic::error(title).at(span, label));
}
