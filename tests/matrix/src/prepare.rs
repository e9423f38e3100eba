// SPDX-License-Identifier: BSD-2-Clause

//! The system of probes: the `.system` file with other programs, and a judge above.
//!
//! Regions, mappings, channels, interrupts, priorities and budgets stay as they are,
//! to the letter: they are what is tried.

use crate::matrix::{Kind, Matrix};
use crate::plan::{PROGRAM, ranges};
use roxmltree::{Document, Node};
use std::collections::BTreeMap;
use std::ops::Range;

/// First word of the plan, as `tests/suites/matrix/src/judge/plan.rs` has it.
const MAGIC: u64 = 0x3178_6972_7461_6d01;
/// Bytes of the plan's region.
const PLAN_BYTES: usize = 0x1_0000;
/// The board's PL011.
const UART: u64 = 0x0900_0000;
/// First slots of TCBs: of children, and of those in `<cspace>`.
const CHILD_TCB: u64 = 202;
const USER_SHIFT: u32 = 58;

/// Why there is no system of probes.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// No XML.
    #[error("the `.system` file cannot be read: {0}")]
    Xml(#[from] roxmltree::Error),
    /// Something is not as the generator writes it.
    #[error("{0}")]
    Shape(String),
}

fn shape(text: impl Into<String>) -> PrepareError {
    PrepareError::Shape(text.into())
}

/// The system of probes.
#[derive(Debug)]
pub struct Probes {
    /// The `.system` file.
    pub system: String,
    /// The plan, which it names `matrix.plan`.
    pub plan: Vec<u8>,
}

/// Somebody to drive.
struct Driven {
    is_machine: bool,
    tcb: u64,
    parent: u64,
    id: u64,
    ram: (u64, u64),
    name: String,
}

/// Makes the system of probes of `text`, whose matrix is `matrix`.
pub fn prepare(text: &str, matrix: &Matrix) -> Result<Probes, PrepareError> {
    if let Some(map) = matrix
        .mappings_in(Kind::ProtectionDomain)
        .find(|map| map.address < PROGRAM.end)
    {
        return Err(shape(format!(
            "`{}` of {} lies where the probe's program is",
            map.region, map.who
        )));
    }
    let document = Document::parse(text)?;
    let root = document.root_element();
    let domains: Vec<Node<'_, '_>> = elements(root, "protection_domain").collect();
    let driven = driven(&document, &domains, matrix)?;
    Ok(Probes {
        system: rewrite(text, root, &domains, &driven)?,
        plan: plan(matrix, &driven)?,
    })
}

fn elements<'a, 'd>(node: Node<'a, 'd>, name: &'static str) -> impl Iterator<Item = Node<'a, 'd>> {
    node.children()
        .filter(move |child| child.has_tag_name(name))
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Result<&'a str, PrepareError> {
    let missing = || shape(format!("<{}> has no `{name}`", node.tag_name().name()));
    node.attribute(name).ok_or_else(missing)
}

fn driven(
    document: &Document<'_>,
    top: &[Node<'_, '_>],
    matrix: &Matrix,
) -> Result<Vec<Driven>, PrepareError> {
    let mut nodes = BTreeMap::new();
    for node in document.descendants() {
        if node.has_tag_name("protection_domain") || node.has_tag_name("virtual_machine") {
            nodes.insert(attribute(node, "name")?, node);
        }
    }
    let position = |name: &str| matrix.subjects.iter().position(|s| s.name == name);
    let (mut own, mut nested) = (0, 0);
    let mut driven = Vec::new();
    for subject in &matrix.subjects {
        let node = nodes.get(subject.name.as_str());
        let node =
            node.ok_or_else(|| shape(format!("`{}` is in the matrix only", subject.name)))?;
        let parent = subject.parent.as_deref().and_then(position);
        let number = |node: Node<'_, '_>| -> Result<u64, PrepareError> {
            let id = attribute(node, "id")?;
            id.parse().map_err(|_| shape(format!("`{id}` is no id")))
        };
        let (tcb, id, ram) = match subject.kind {
            Kind::VirtualMachine => {
                let vcpu = elements(*node, "vcpu").next();
                let vcpu = vcpu.ok_or_else(|| shape("a virtual machine without vCPU"))?;
                (0, number(vcpu)?, ram(matrix, subject)?)
            }
            Kind::ProtectionDomain if top.contains(node) => {
                own += 1;
                (CHILD_TCB + own, own, (0, 0))
            }
            Kind::ProtectionDomain => {
                nested += 1;
                (nested << USER_SHIFT, number(*node)?, (0, 0))
            }
        };
        driven.push(Driven {
            is_machine: subject.kind == Kind::VirtualMachine,
            tcb,
            parent: parent.map_or(u64::MAX, |parent| parent as u64),
            id,
            ram,
            name: subject.name.clone(),
        });
    }
    Ok(driven)
}

/// RAM of a virtual machine, where its VMM writes it and where it runs it.
fn ram(matrix: &Matrix, subject: &crate::matrix::Subject) -> Result<(u64, u64), PrepareError> {
    let vmm = subject.parent.as_deref().unwrap_or_default();
    let own = matrix
        .mappings_of(&subject.name)
        .filter(|map| map.access.contains('x'));
    let both = own.filter_map(|map| {
        let mut theirs = matrix.mappings_of(vmm);
        let there = theirs.find(|o| o.region == map.region && o.access.contains('w'))?;
        Some((there.address, map.address))
    });
    let none = || shape(format!("`{}` has no RAM that its VMM writes", subject.name));
    both.min().ok_or_else(none)
}

/// A piece of text to put in place of another.
type Edit = (Range<usize>, String);

fn rewrite(
    text: &str,
    root: Node<'_, '_>,
    domains: &[Node<'_, '_>],
    driven: &[Driven],
) -> Result<String, PrepareError> {
    let (Some(first), Some(last)) = (domains.first(), domains.last()) else {
        return Err(shape("there is no protection domain"));
    };
    let mut edits: Vec<Edit> = Vec::new();
    for (id, domain) in (1..).zip(domains) {
        let at = domain.range().start + "<protection_domain".len();
        edits.push((at..at, format!(" id=\"{id}\"")));
    }
    for image in root
        .descendants()
        .filter(|node| node.has_tag_name("program_image"))
    {
        let path = image.attribute_node("path");
        let path = path.ok_or_else(|| shape("a <program_image> without path"))?;
        edits.push((path.range_value(), "matrix-probe.elf".into()));
    }
    let mut devices = elements(root, "memory_region").filter(|region| {
        let address = region.attribute("phys_addr").unwrap_or_default();
        let digits = address.trim_start_matches("0x").replace('_', "");
        u64::from_str_radix(&digits, 16) == Ok(UART)
    });
    let uart = devices
        .next()
        .map(|region| attribute(region, "name"))
        .transpose()?;
    let before = first.range().start;
    edits.push((before..before, above(uart, driven)));
    let behind = last.range().end;
    edits.push((behind..behind, "\n    </protection_domain>".into()));

    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut out = String::new();
    let mut at = 0;
    for (range, new) in &edits {
        out += &text[at..range.start];
        out += new;
        at = range.end;
    }
    Ok(out + &text[at..])
}

/// The judge, up to its children.
fn above(uart: Option<&str>, driven: &[Driven]) -> String {
    let mut out = String::from("<!-- The judge, and probes in place of all programs -->\n");
    out += &format!(
        "    <memory_region name=\"matrix_plan\" size=\"{PLAN_BYTES:#x}\" page_size=\"0x1000\" \
         prefill_path=\"matrix.plan\" />\n"
    );
    if uart.is_none() {
        out += &format!(
            "    <memory_region name=\"matrix_uart\" size=\"0x1000\" phys_addr=\"{UART:#x}\" />\n"
        );
    }
    let uart = uart.unwrap_or("matrix_uart");
    out += &format!(
        "    <protection_domain name=\"matrix_judge\" priority=\"254\" stack_size=\"0x20000\">\n\
         \x20       <program_image path=\"matrix-judge.elf\" />\n\
         \x20       <map mr=\"{uart}\" vaddr=\"0x9000000\" perms=\"rw\" cached=\"false\" \
         setvar_vaddr=\"uart\" />\n\
         \x20       <map mr=\"matrix_plan\" vaddr=\"0xa000000\" perms=\"r\" setvar_vaddr=\"plan\" />\n"
    );
    let nested: Vec<_> = driven
        .iter()
        .filter(|one| one.tcb >> USER_SHIFT != 0)
        .collect();
    if !nested.is_empty() {
        out += "        <cspace>\n";
        for one in nested {
            let slot = one.tcb >> USER_SHIFT;
            out += &format!(
                "            <cap_tcb slot=\"{slot}\" pd=\"{}\" />\n",
                one.name
            );
        }
        out += "        </cspace>\n";
    }
    out + "        <protection_domain name=\"matrix_idle\" id=\"0\" priority=\"1\">\n\
           \x20           <program_image path=\"matrix-probe.elf\" />\n\
           \x20       </protection_domain>\n    "
}

fn plan(matrix: &Matrix, driven: &[Driven]) -> Result<Vec<u8>, PrepareError> {
    let domains = ranges(matrix, Kind::ProtectionDomain);
    let machines = ranges(matrix, Kind::VirtualMachine);
    let mut words = vec![
        MAGIC,
        driven.len() as u64,
        domains.len() as u64,
        machines.len() as u64,
    ];
    for one in driven {
        let mut name = [0; 32];
        let short = one.name.len().min(name.len() - 1);
        name[..short].copy_from_slice(&one.name.as_bytes()[..short]);
        let (here, there) = one.ram;
        words.extend([
            one.is_machine.into(),
            one.tcb,
            one.parent,
            one.id,
            here,
            there,
        ]);
        let parts = name.chunks_exact(8);
        words.extend(parts.map(|part| {
            part.iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u64::from(*byte))
        }));
    }
    for range in domains.iter().chain(&machines) {
        words.extend([range.start, range.end, range.step]);
    }
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    if bytes.len() > PLAN_BYTES {
        return Err(shape(
            "the plan is too long for its region: use fewer guests",
        ));
    }
    bytes.resize(PLAN_BYTES, 0);
    Ok(bytes)
}
