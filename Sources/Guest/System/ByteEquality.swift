extension String {
    /// Whether two names are the same to the kernel: byte by byte.
    ///
    /// Equality by Unicode's rules (`==`) would call names the same that are not, and link 60 KB of tables and code.
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
