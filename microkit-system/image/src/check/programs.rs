// SPDX-License-Identifier: BSD-2-Clause

//! Programs: they are there, are for this machine, have the symbols, and leave
//! room for the maps.

use crate::board::overlap;
use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::program::{Program, SymbolError, SymbolSize};
use crate::system::{ProgramImage, ProtectionDomain, SearchPath, System};

/// Symbols that every program has, with their sizes.
const MICROKIT_SYMBOLS: [(&str, SymbolSize); 6] = [
    ("microkit_name", SymbolSize::AtLeast(1)),
    ("microkit_passive", SymbolSize::AtLeast(1)),
    ("microkit_irqs", SymbolSize::AtLeast(8)),
    ("microkit_notifications", SymbolSize::AtLeast(8)),
    ("microkit_pps", SymbolSize::AtLeast(8)),
    ("microkit_ioports", SymbolSize::AtLeast(8)),
];

/// Loads and checks the program of every domain.
pub fn load_programs(system: &mut System, files: &SearchPath, diagnostics: &mut Vec<Diagnostic>) {
    let mut domains = std::mem::take(&mut system.domains);
    for domain in &mut domains {
        let Some(image) = domain
            .image
            .as_ref()
            .filter(|image| !image.path.value.is_empty())
        else {
            continue;
        };
        let Some(mut program) = load(image, files, diagnostics) else {
            continue;
        };
        check_symbols(domain, image, &mut program, diagnostics);
        check_addresses(system, domain, &program, diagnostics);
        if let Some(image) = &mut domain.image {
            image.program = Some(program);
        }
    }
    system.domains = domains;
}

fn load(
    image: &ProgramImage,
    files: &SearchPath,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Program> {
    let mut read = |path| {
        let (found, bytes) = files
            .read("program", path)
            .map_err(|diagnostic| diagnostics.push(diagnostic))
            .ok()?;
        let wrong = |reason: String| {
            let title = format!("the program {} {reason}", found.display());
            diagnostics.push(Diagnostic::error(title).at(&path.span, ""));
        };
        Program::read(&bytes).map_err(wrong).ok()
    };
    let program = read(&image.path);
    let symbols = image.path_for_symbols.as_ref().map(read);
    let mut program = program?;
    if let Some(symbols) = symbols {
        program.use_symbols_of(symbols?);
    }
    Some(program)
}

fn check_symbols(
    domain: &ProtectionDomain,
    image: &ProgramImage,
    program: &mut Program,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let source = image.path_for_symbols.as_ref().unwrap_or(&image.path);
    let microkit = MICROKIT_SYMBOLS.map(|(name, size)| (name, size, &source.span));
    let setvars = domain.setvars.iter().map(|setvar| {
        (
            setvar.symbol.value.as_str(),
            SymbolSize::Exactly(8),
            &setvar.symbol.span,
        )
    });
    let mut missing = Vec::new();
    for (name, size, span) in microkit.into_iter().chain(setvars) {
        match program.symbol(name, size) {
            Ok(symbol) => program.will_patch(symbol),
            Err(SymbolError::Missing) if span == &source.span => missing.push(name),
            Err(error) => diagnostics.push(symbol_mistake(
                program,
                (name, size),
                span,
                &error,
                &source.value,
            )),
        }
    }
    if !missing.is_empty() {
        diagnostics.push(
            Diagnostic::error(format!(
                "the program `{}` lacks {}",
                source.value,
                missing.join(", ")
            ))
            .at(&source.span, "not a program for Microkit, or stripped")
            .help("link it with sel4-microkit (or libmicrokit) and keep the symbol table"),
        );
    }
}

fn symbol_mistake(
    program: &Program,
    wanted: (&str, SymbolSize),
    span: &Span,
    error: &SymbolError,
    file: &str,
) -> Diagnostic {
    let (name, size) = wanted;
    let (SymbolSize::Exactly(size) | SymbolSize::AtLeast(size)) = size;
    match error {
        SymbolError::Missing => Diagnostic::error(format!("the program `{file}` has no symbol `{name}`"))
            .at(span, "unknown symbol")
            .help_if(did_you_mean(name, program.symbol_names()))
            .help("define it with sel4_microkit::var! (or as a global, unmangled variable), and keep the symbol table"),
        SymbolError::Ambiguous => Diagnostic::error(format!("the program `{file}` has several symbols `{name}`"))
            .at(span, "which one is meant?")
            .help("rename the others; local symbols count too"),
        SymbolError::Size(found) => Diagnostic::error(format!("the symbol `{name}` of `{file}` has {found} bytes, not {size}"))
            .at(span, "wrong size")
            .help("make it a 64-bit variable: usize, u64 or a pointer"),
        SymbolError::Outside(address) => {
            Diagnostic::error(format!("the symbol `{name}` of `{file}` is at {address:#x}, in no loaded segment"))
                .at(span, "cannot be set")
                .help("put it in .data, and see that the linker keeps it")
        }
    }
}

/// The program lies below the stack and overlaps no map.
fn check_addresses(
    system: &System,
    domain: &ProtectionDomain,
    program: &Program,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(image) = &domain.image else { return };
    if !program
        .segments
        .iter()
        .any(|segment| segment.range().contains(&program.entry) && segment.permissions.execute)
    {
        let title = format!(
            "the program `{}` starts at {:#x}, in no executable segment",
            image.path.value, program.entry
        );
        diagnostics.push(
            Diagnostic::error(title)
                .at(&image.path.span, "its entry is wrong")
                .help("name the entry in the linker script: ENTRY(_start)"),
        );
    }
    for segment in &program.segments {
        let pages = segment.pages();
        let show = format!(
            "the program has a segment at [{:#x}, {:#x})",
            pages.start, pages.end
        );
        if pages.end > domain.stack_bottom() {
            diagnostics.push(
                Diagnostic::error(format!(
                    "the program `{}` reaches into the stack of `{}`",
                    image.path.value, domain.name.value
                ))
                .at(&image.path.span, show.clone())
                .note(format!("the stack starts at {:#x}", domain.stack_bottom())),
            );
        }
        for map in &domain.maps {
            let Some(region) = map.region.map(|index| &system.regions[index]) else {
                continue;
            };
            let range = map.vaddr.value..map.vaddr.value.saturating_add(region.size);
            if !region.broken && overlap(&pages, &range) {
                diagnostics.push(
                    Diagnostic::error(format!(
                        "the map of `{}` overlaps the program of `{}`",
                        region.name.value, domain.name.value
                    ))
                    .at(
                        &map.vaddr.span,
                        format!("the map is [{:#x}, {:#x})", range.start, range.end),
                    )
                    .also(&image.path.span, show.clone())
                    .help("move the map above the program"),
                );
            }
        }
    }
}
