// SPDX-License-Identifier: BSD-2-Clause

//! The protection_domain attribute.
