// SPDX-License-Identifier: BSD-2-Clause

//! The image tool: a .system file and ELF files to one bootable image.

fn main() {
    let board = &tombolo_image::board::QEMU_VIRT_AARCH64;
    let args: Vec<String> = std::env::args().collect();
    let options = tombolo_image::Options { board, search_paths: args[2..].iter().map(Into::into).collect(), read_files: true };
    match tombolo_image::load(args[1].as_ref(), &options) {
        Ok(_) => println!("ok"),
        Err(d) => print!("{}", d.render(false)),
    }
}
