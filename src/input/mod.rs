//! Files, archives, encodings and HTML in; documents out.
