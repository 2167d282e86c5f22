/** ELF64 and DWARF, read and written. Depends on nothing. */
module dev.pulpo.elf {
    requires static org.jspecify;

}
